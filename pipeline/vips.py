"""The door to libvips, which decodes images by strips of rows; its wheel is `pyvips-binary` (LGPL, a file of its own).

Only the four loaders named here are ever asked for, each for data whose header was read before by Pillow, so none of
libvips's other parsers sees a foreign file. libvips is spoken to through the wheel's own cffi module: the usual binding
(pyvips) is no wheel, and few calls are needed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiling.mesh import Bytes

_LOADERS = {"JPEG": "jpegload", "PNG": "pngload", "WEBP": "webpload", "TIFF": "tiffload"}
_ready: list[Any] = []
_starting = threading.Lock()


def _library() -> Any:
    """The cffi module, started once. Nothing is cached, and no operation has threads of its own.

    Raises:
        ImportError: the wheel is not installed.
    """
    with _starting:
        if not _ready:
            os.environ.setdefault("VIPS_WARNING", "0")  # what it warns of, it tells by an error, too
            import _libvips

            if _libvips.lib.vips_init(b"chronotope"):
                raise ImportError("libvips does not start")
            _libvips.lib.vips_cache_set_max(0)
            _libvips.lib.vips_concurrency_set(1)
            _libvips.lib.vips_block_untrusted_set(1)
            _ready.append(_libvips)
        return _ready[0]


def is_there() -> bool:
    """Whether images can be decoded by strips here."""
    try:
        _library()
    except ImportError:
        return False
    return True


class _Fault(Exception):
    """What libvips complains of."""


def strips(data: bytes, kind: str, *, size: tuple[int, int], rows: int, what: str) -> Iterator[Bytes]:
    """The image (r, w, bands) in uint8 sRGB, `rows` rows at a time, scaled to `size` (width, height).

    Bands are one (grey) to four (RGBA). `kind` is JPEG, PNG, WEBP or TIFF.

    Raises:
        Malformed: the data breaks off or is damaged.
    """
    vips = _Session()
    try:
        image = vips.loaded(data, _LOADERS[kind])
        if vips.text(image, "interpretation") not in ("srgb", "b-w") or vips.text(image, "format") != "uchar":
            image = vips.run("colourspace", {"in": image}, "space=srgb")
        if vips.text(image, "format") != "uchar":
            image = vips.run("cast", {"in": image}, "format=uchar")
        width, height = vips.number(image, "width"), vips.number(image, "height")
        if (width, height) != size:
            options = f"scale={size[0] / width!r},vscale={size[1] / height!r},kernel=lanczos3"
            image = vips.run("resize", {"in": image}, options)
        yield from vips.rows(image, size, rows)
    except _Fault as fault:
        raise Malformed(f"{what} is a broken image: {fault}") from fault
    finally:
        vips.close()


def upright(data: bytes, kind: str, *, most: int, what: str) -> Bytes:
    """The picture (h, w, 3), or (h, w, 4) with alpha, in uint8 sRGB, turned as its header says, no side above `most`.

    A profile within it is obeyed (CMYK becomes sRGB). `kind` is as in
    `strips`.

    Raises:
        Malformed: the data breaks off or is damaged.
    """
    vips = _Session()
    try:
        image = vips.loaded(data, _LOADERS[kind])
        image = vips.run("thumbnail_image", {"in": image}, f"width={most},height={most},size=down,output-profile=srgb")
        if vips.text(image, "interpretation") != "srgb":
            image = vips.run("colourspace", {"in": image}, "space=srgb")
        if vips.text(image, "format") != "uchar":
            image = vips.run("cast", {"in": image}, "format=uchar")
        size = vips.number(image, "width"), vips.number(image, "height")
        return np.concatenate(list(vips.rows(image, size, 512)))
    except _Fault as fault:
        raise Malformed(f"{what} is a broken image: {fault}") from fault
    finally:
        vips.close()


class _Session:
    """Objects of libvips, let go of together."""

    def __init__(self) -> None:
        module = _library()
        self._ffi, self._lib = module.ffi, module.lib
        self._held: list[Any] = []

    def close(self) -> None:
        """Let go of all objects, the last first."""
        while self._held:
            self._lib.g_object_unref(self._held.pop())
        # A hundred megabytes of a large image's rows are free now, in small parts that the C library would keep.
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)

    def _complaint(self) -> str:
        said = self._ffi.string(self._lib.vips_error_buffer()).decode(errors="replace")
        self._lib.vips_error_clear()
        return " ".join(said.split())[:200]

    def _checked(self, pointer: Any) -> Any:
        if pointer == self._ffi.NULL:
            raise _Fault(self._complaint() or "libvips gives no reason")
        return pointer

    def loaded(self, data: bytes, loader: str) -> Any:
        """An image of encoded bytes, to be read from top to bottom. `data` is kept until the session is closed."""
        self._data = self._ffi.from_buffer(data)
        source = self._checked(self._lib.vips_source_new_from_memory(self._data, len(data)))
        self._held.append(self._ffi.cast("GObject *", source))
        return self.run(f"{loader}_source", {"source": source}, "access=sequential,fail_on=error")

    def run(self, operation: str, objects: dict[str, Any], options: str) -> Any:
        """The image `out` of an operation."""
        ffi, lib = self._ffi, self._lib
        made = self._checked(lib.vips_operation_new(operation.encode()))
        held = ffi.cast("GObject *", made)
        for name, value in objects.items():
            kind = b"VipsSource" if name == "source" else b"VipsImage"
            given = ffi.new("GValue *")
            lib.g_value_init(given, lib.g_type_from_name(kind))
            lib.g_value_set_object(given, ffi.cast("void *", value))
            lib.g_object_set_property(held, name.encode(), given)
            lib.g_value_unset(given)
        if lib.vips_object_set_from_string(ffi.cast("VipsObject *", made), options.encode()):
            lib.g_object_unref(held)
            self._checked(ffi.NULL)
        built = lib.vips_cache_operation_build(made)
        if built == ffi.NULL:
            lib.vips_object_unref_outputs(ffi.cast("VipsObject *", made))
        lib.g_object_unref(held)
        self._checked(built)
        held = ffi.cast("GObject *", built)  # a reference of its own, to the same
        found = ffi.new("GValue *")
        lib.g_value_init(found, lib.g_type_from_name(b"VipsImage"))
        lib.g_object_get_property(held, b"out", found)
        image = lib.g_value_get_object(found)
        lib.g_object_ref(ffi.cast("GObject *", image))
        lib.g_value_unset(found)
        lib.vips_object_unref_outputs(ffi.cast("VipsObject *", built))
        lib.g_object_unref(held)
        self._held.append(ffi.cast("GObject *", image))
        return ffi.cast("VipsImage *", image)

    def _property(self, image: Any, name: str) -> Any:
        value = self._ffi.new("GValue *")
        self._checked(self._ffi.NULL if self._lib.vips_image_get(image, name.encode(), value) else value)
        return value

    def number(self, image: Any, name: str) -> int:
        """A whole number of an image's header."""
        value = self._property(image, name)
        found = int(self._lib.g_value_get_int(value))
        self._lib.g_value_unset(value)
        return found

    def text(self, image: Any, name: str) -> str:
        """An enumeration of an image's header by its name."""
        value = self._property(image, name)
        number = self._lib.g_value_get_enum(value)
        found = self._ffi.string(self._lib.vips_enum_nick(value.g_type, number)).decode()
        self._lib.g_value_unset(value)
        return str(found)

    def rows(self, image: Any, size: tuple[int, int], rows: int) -> Iterator[Bytes]:
        """Strips from top to bottom."""
        ffi, lib = self._ffi, self._lib
        width, height = self.number(image, "width"), self.number(image, "height")
        if (width, height) != size:
            raise _Fault(f"it comes to {width} × {height} pixels instead of {size[0]} × {size[1]}")
        bands = self.number(image, "bands")
        region = self._checked(lib.vips_region_new(image))
        self._held.append(ffi.cast("GObject *", region))
        length = ffi.new("size_t *")
        for top in range(0, height, rows):
            count = min(rows, height - top)
            found = self._checked(lib.vips_region_fetch(region, 0, top, width, count, length))
            try:
                strip = np.frombuffer(ffi.buffer(found, length[0]), np.uint8).reshape(count, width, bands).copy()
            finally:
                lib.g_free(found)
            # Some loaders complain of a strip, and give it all the same, in grey.
            if said := self._complaint():
                raise _Fault(said)
            yield strip
