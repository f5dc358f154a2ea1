import io
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import mapped, source, textures
from scenes.errors import Malformed
from tests.tiling.shapes import sheet
from tiling.mesh import Bytes, Image, Material, Model


def _picture(height: int, width: int) -> Bytes:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x % 256, y % 256, (x + y) % 256], axis=-1).astype(np.uint8)


def _image(pixels: Bytes) -> Image:
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "PNG")
    return Image(out.getvalue(), "image/png")


def _model(picture: Bytes, *, tiles: float = 1.0, **more: Image) -> Model:
    primitive = sheet(4, 4, uvs=True)
    assert primitive.uvs is not None
    primitive = replace(primitive, uvs=primitive.uvs * np.float32(tiles))
    return Model((primitive,), (Material("stone", base_colour_image=_image(picture), **more),))


def _of(model: Model, scratch: Path | None) -> textures.Textures:
    return textures.of(model, source.of(model), scratch)


def test_a_folder_changes_no_texel(tmp_path: Path) -> None:
    model = _model(_picture(600, 900))
    on_disk, in_memory = _of(model, tmp_path).cut_up[0], _of(model, None).cut_up[0]
    assert (on_disk.width, on_disk.height, on_disk.depth) == (900, 600, 11)
    for mine, theirs in zip(on_disk.levels["base_colour"], in_memory.levels["base_colour"], strict=True):
        assert (mine == theirs).all()
    assert (on_disk.levels["base_colour"][0] == _picture(600, 900)).all()


def test_a_digest_changes_with_the_image_and_with_what_is_used_of_it(tmp_path: Path) -> None:
    first, model = _picture(600, 900), _model(_picture(600, 900))
    digests = {_of(model, None).digests[0], _of(model, tmp_path).digests[0]}
    assert len(digests) == 1
    first[0, 0] += 1
    digests.add(_of(_model(first), None).digests[0])
    half = replace(model.primitives[0], indices=model.primitives[0].indices[:16])
    digests.add(_of(replace(model, primitives=(half,)), None).digests[0])
    assert len(digests) == 3


def test_other_arrays_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    other = mapped.Store(tmp_path).empty((1000,), np.uint8)
    other[:] = 7
    _of(_model(_picture(600, 900)), tmp_path)
    assert (other == 7).all()


def test_a_texture_on_the_disk_is_sent_as_a_name(tmp_path: Path) -> None:
    texture = _of(_model(_picture(600, 900)), tmp_path).cut_up[0]
    data = pickle.dumps(texture)
    assert len(data) < 2000
    assert (pickle.loads(data).levels["base_colour"][3] == texture.levels["base_colour"][3]).all()


def test_maps_are_brought_to_the_size_of_the_colours(tmp_path: Path) -> None:
    model = _model(_picture(600, 900), normal_image=_image(np.full((30, 45, 3), (128, 128, 255), np.uint8)))
    levels = _of(model, tmp_path).cut_up[0].levels
    assert list(levels) == ["base_colour", "normal"]
    assert levels["normal"][0].shape == (600, 900, 3)
    assert (levels["normal"][5] == (128, 128, 255)).all()


def test_small_and_repeating_images_stay_whole() -> None:
    for model in (_model(_picture(64, 64)), _model(_picture(600, 900), tiles=3.0)):
        done = _of(model, None)
        assert not done.cut_up
        assert done.shared[0]["base_colour"].data[8:12] == b"WEBP"


def test_a_texel_is_as_large_as_the_surface_says() -> None:
    done = _of(_model(_picture(1000, 1000)), None)
    assert done.texel_sizes[0] == pytest.approx(1e-3, rel=0.05)
    assert done.texels[0] == 1_000_000


def test_a_broken_image_is_refused_and_leaves_no_pyramid(tmp_path: Path) -> None:
    model = _model(_picture(600, 900))
    image = model.materials[0].base_colour_image
    assert image is not None
    cut = replace(model, materials=(Material(base_colour_image=Image(image.data[:-500], image.media_type)),))
    with pytest.raises(Malformed):
        _of(cut, tmp_path)
    assert not list(tmp_path.glob("*.pyramid"))
