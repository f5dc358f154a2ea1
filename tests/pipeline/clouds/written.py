"""Writers of small clouds, by the letter of each format: what the readers are tried on."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZES = (20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67)
COLOURS = {2: 20, 3: 28, 5: 28, 7: 30, 8: 30, 10: 30}


def sample(count: int = 1000, *, seed: int = 1) -> dict[str, NDArray[Any]]:
    """Columns of some points on a wave, in metres of a map."""
    chance = np.random.default_rng(seed)
    flat = chance.uniform(0.0, 10.0, (count, 2))
    height = np.sin(flat[:, 0]) + 0.2 * flat[:, 1]
    places = np.column_stack([flat + np.array([500_000.0, 4_000_000.0]), height])
    normals = np.column_stack([-np.cos(flat[:, 0]), np.full(count, -0.2), np.ones(count)])
    return {
        "places": np.round(places, 3),
        "colours": chance.integers(0, 65536, (count, 3)).astype(np.uint16),
        "intensity": chance.integers(0, 65536, count).astype(np.uint16),
        "classes": chance.integers(0, 19, count).astype(np.uint8),
        "normals": (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
    }


def las(
    of: dict[str, NDArray[Any]],
    *,
    kind: int = 2,
    minor: int = 0,
    scale: float = 0.001,
    records: tuple[tuple[str, int, bytes], ...] = (),
    changes: tuple[tuple[int, str, Any], ...] = (),
    packed: bool = False,
    with_normals: bool = False,
) -> bytes:
    """A LAS or (`packed`) LAZ file; `changes` are written over the header at last: place, format, value."""
    minor = minor or (4 if kind >= 6 else 2)
    count, size = len(of["places"]), SIZES[kind] + (12 if with_normals else 0)
    offset = np.floor(of["places"].min(axis=0)) if count else np.zeros(3)
    steps = np.rint((of["places"] - offset) / scale).astype("<i4")
    points = np.zeros((count, size), np.uint8)
    points[:, :12] = steps.view(np.uint8).reshape(count, 12)
    points[:, 12:14] = of["intensity"].astype("<u2").view(np.uint8).reshape(count, 2)
    # The upper bits of the older formats are flags: synthetic here.
    points[:, 16 if kind >= 6 else 15] = of["classes"] | (0 if kind >= 6 else 0x20)
    if kind in COLOURS:
        at = COLOURS[kind]
        points[:, at : at + 6] = of["colours"].astype("<u2").view(np.uint8).reshape(count, 6)
    if with_normals:
        points[:, SIZES[kind] :] = of["normals"].astype("<f4").view(np.uint8).reshape(count, 12)
        extra = b"".join(struct.pack("<2xBB32s156x", 9, 0, name) for name in (b"NormalX", b"NormalY", b"NormalZ"))
        records = (*records, ("LASF_Spec", 4, extra))
    record = None
    if packed:
        import lazrs

        record = lazrs.LazVlr.new_for_compression(kind, size - SIZES[kind], False)
        records = (*records, ("laszip encoded", 22204, bytes(record.record_data())))
    told = b"".join(
        struct.pack("<H16sHH32s", 0, user.encode(), number, len(data), b"") + data for user, number, data in records
    )
    length = {2: 227, 3: 235, 4: 375}[minor]
    body = points.tobytes()
    if record is not None:
        # The place of its table of chunks counts from the beginning of the file.
        out = io.BytesIO()
        out.seek(length + len(told))
        packer = lazrs.LasZipCompressor(out, record)
        packer.compress_many(points.reshape(-1))
        packer.done()
        body = out.getvalue()[length + len(told) :]
    head = bytearray(length)
    head[:4] = b"LASF"
    head[24], head[25] = 1, minor
    legacy = count if kind < 6 else 0
    struct.pack_into("<HIIBHI", head, 94, length, length + len(told), len(records), kind | 128 * packed, size, legacy)
    real = steps * scale + offset
    low, high = (real.min(axis=0), real.max(axis=0)) if count else (np.zeros(3), np.zeros(3))
    bounds = [value for axis in range(3) for value in (high[axis], low[axis])]
    struct.pack_into("<12d", head, 131, scale, scale, scale, *offset, *bounds)
    if minor == 4:
        struct.pack_into("<QIQ", head, 235, 0, 0, count)
    whole = bytearray(bytes(head) + told + body)
    for place, form, value in changes:
        struct.pack_into(form, whole, place, value)
    return bytes(whole)


def ply(of: dict[str, NDArray[Any]], order: str = "binary_little_endian") -> bytes:
    """A PLY with 16-bit colours, normals and intensity."""
    mark = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}[order]
    columns = [
        *((axis, "double", "f8", of["places"][:, i]) for i, axis in enumerate("xyz")),
        *((f"n{axis}", "float", "f4", of["normals"][:, i]) for i, axis in enumerate("xyz")),
        *((name, "ushort", "u2", of["colours"][:, i]) for i, name in enumerate(("red", "green", "blue"))),
        ("scalar_Intensity", "float", "f4", of["intensity"]),
    ]
    head = [f"ply\nformat {order} 1.0\ncomment units: mm\nelement vertex {len(of['places'])}"]
    head += [f"property {kind} {name}" for name, kind, *_ in columns]
    begin = ("\n".join(head) + "\nend_header\n").encode()
    if not mark:
        rows = zip(*(column.tolist() for *_, column in columns), strict=True)
        return begin + "".join(" ".join(repr(value) for value in row) + "\n" for row in rows).encode()
    table = np.empty(len(of["places"]), [(name, mark + form) for name, _, form, _ in columns])
    for name, *_, column in columns:
        table[name] = column
    return begin + table.tobytes()


def e57(
    scans: list[dict[str, Any]],
    *,
    per_packet: int = 100,
    changes: tuple[tuple[int, str, Any], ...] = (),
    xml: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """An E57; a scan has `fields`, tuples of name, attributes, values (whole numbers where packed), and a `pose`."""
    body = bytearray(48)
    told = []
    for scan in scans:
        count = len(scan["fields"][0][2])
        streams = [_packed(attributes, values) for _, attributes, values in scan["fields"]]
        packets = bytearray()
        for at in range(0, max(map(len, streams)), per_packet):
            parts = [stream[at : at + per_packet] for stream in streams]
            packet = struct.pack(f"<H{len(parts)}H", len(parts), *map(len, parts)) + b"".join(parts)
            packet += b"\0" * (-(len(packet) + 4) % 4)
            packets += struct.pack("<BBH", 1, 0, len(packet) + 3) + packet
        start = len(body)
        body += struct.pack("<B7xQQQ", 1, 32 + len(packets), _physical(start + 32), 0) + packets
        fields = "".join(
            f"<{name} {' '.join(f'{key}={chr(34)}{value}{chr(34)}' for key, value in attributes.items())}/>"
            for name, attributes, _ in scan["fields"]
        )
        told.append(
            f'<vectorChild type="Structure">{scan.get("pose", "")}<points type="CompressedVector" '
            f'fileOffset="{_physical(start)}" recordCount="{count}"><prototype type="Structure">{fields}</prototype>'
            f"</points></vectorChild>"
        )
    document = (
        '<?xml version="1.0"?><e57Root type="Structure" xmlns="http://www.astm.org/COMMIT/E57/2010-e57-v1.0">'
        f'<data3D type="Vector">{"".join(told)}</data3D></e57Root>'
    )
    for old, new in xml:
        assert old in document
        document = document.replace(old, new)
    place = len(body)
    body += document.encode()
    size = -(-len(body) // 1020)
    struct.pack_into(
        "<8sIIQQQQ", body, 0, b"ASTM-E57", 1, 0, size * 1024, _physical(place), len(document.encode()), 1024
    )
    for at, form, value in changes:
        struct.pack_into(form, body, at, value)
    body += b"\0" * (size * 1020 - len(body))
    # The checksums are not looked at: storage has its own.
    return b"".join(bytes(body[at : at + 1020]) + b"\0\0\0\0" for at in range(0, len(body), 1020))


def _physical(logical: int) -> int:
    return logical // 1020 * 1024 + logical % 1020


def _packed(attributes: dict[str, Any], values: NDArray[Any]) -> bytes:
    if attributes["type"] == "Float":
        return np.asarray(values, "<f4" if attributes.get("precision") == "single" else "<f8").tobytes()
    least, bits = attributes["minimum"], int(attributes["maximum"] - attributes["minimum"]).bit_length()
    whole = np.rint(values).astype(np.int64) - least
    return np.packbits((whole[:, None] >> np.arange(bits)).astype(np.uint8) & 1, bitorder="little").tobytes()
