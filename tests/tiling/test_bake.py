from dataclasses import replace

import numpy as np

from tests.tiling.shapes import ball, patch_of, sheet
from tiling import bake, patch
from tiling.error import lattice
from tiling.mesh import Bytes, Material, Model
from tiling.simplify import simplify


def _coloured_ball(bands: int) -> tuple[patch.Patch, patch.Layout]:
    """A ball whose every triangle is a chart: its colour is in the texel that its coordinates name."""
    primitive = ball(bands).primitives[0]
    flat = primitive.indices.reshape(-1)
    corners = primitive.positions[primitive.indices]
    middle = corners.mean(axis=1)
    # Texel (row, column) of a 256² image by the direction of the triangle; see `_image`.
    uvs = np.repeat((middle[:, :2] * 0.499 + 0.5), 3, axis=0).astype(np.float32)
    soup = replace(
        primitive,
        positions=primitive.positions[flat],
        uvs=uvs,
        indices=np.arange(len(flat), dtype=np.uint32).reshape(-1, 3),
    )
    whole, layout, _ = patch_of(Model((soup,)))
    return whole, layout


def _image() -> Bytes:
    """Red is x, green is y."""
    y, x = np.mgrid[0:256, 0:256].astype(np.uint8)
    return np.stack([x, y, np.full_like(x, 9)], axis=-1)


def test_without_coordinates_a_material_has_no_seam_in_either_set_and_others_keep_theirs() -> None:
    primitive = sheet(2, 2, uvs=True)
    assert primitive.uvs is not None
    twice = replace(primitive, second_uvs=primitive.uvs + 3)
    whole, layout, _ = patch_of(Model((twice, replace(twice, material=1)), (Material(), Material())))
    bare = bake.without_uvs(whole, layout, frozenset({1}))
    for columns in (layout.uv_columns, layout.second_columns):
        assert not bare.attributes[whole.material == 1, columns].any()
        kept = whole.material == 0
        assert np.array_equal(bare.attributes[kept, columns], whole.attributes[kept, columns])
    assert whole.attributes[:, layout.second_columns].min() == 3


def test_a_coarse_ball_gets_the_colours_of_the_fine_one_at_every_point() -> None:
    fine, layout = _coloured_ball(24)
    bare = patch.merged([bake.without_uvs(fine, layout, frozenset({0}))])
    coarse = simplify(patch.welded(bare), layout, target_triangles=600, leaves=(0, 0)).patch
    done = bake.bake(
        coarse,
        layout,
        0,
        [bake.Child(fine, {"base_colour": _image()}, (256.0, 256.0))],
        texel=0.02,
        most_texels=1 << 20,
    )
    image = done.images["base_colour"]
    uv = done.patch.attributes[:, layout.uv_columns][done.patch.indices].mean(axis=1)
    assert (uv >= 0).all()
    assert (uv <= 1).all()
    seen = image[(uv[:, 1] * image.shape[0]).astype(int), (uv[:, 0] * image.shape[1]).astype(int)].astype(float)
    middle = done.patch.positions[done.patch.indices].mean(axis=1)
    wanted = (middle[:, :2] * 0.499 + 0.5) * 256
    assert np.abs(seen[:, :2] - wanted).max() < 16
    assert (seen[:, 2] == 9).all()
    assert done.patch.triangles == coarse.triangles


def test_an_atlas_too_large_gets_larger_texels() -> None:
    fine, layout = _coloured_ball(12)
    children = [bake.Child(fine, {"base_colour": _image()}, (256.0, 256.0))]
    done = bake.bake(fine, layout, 0, children, texel=0.001, most_texels=40_000)
    image = done.images["base_colour"]
    assert image.shape[0] * image.shape[1] <= 40_000
    assert done.texel > 0.01


def test_roughness_occlusion_and_light_are_carried_like_colours() -> None:
    fine, layout = _coloured_ball(6)
    roles = ("base_colour", "metallic_roughness", "occlusion", "emissive")
    maps = {role: np.full((256, 256, 3), 40 * number, np.uint8) for number, role in enumerate(roles)}
    done = bake.bake(fine, layout, 0, [bake.Child(fine, maps, (256.0, 256.0))], texel=0.05, most_texels=1 << 20)
    assert set(done.images) == set(roles)
    for number, role in enumerate(roles):
        assert (done.images[role] == 40 * number).all()


def test_a_texel_is_the_mean_of_the_points_that_fall_in_it() -> None:
    """The compiled loop against one that a reader can follow."""
    fine, layout = _coloured_ball(3)
    image = np.random.default_rng(2).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    child = bake.Child(fine, {"occlusion": image}, (256.0, 256.0))
    done = bake.bake(fine, layout, 0, [child], texel=0.05, most_texels=1 << 20)
    out = done.images["occlusion"].astype(float)
    height, width = out.shape[:2]
    places = done.patch.attributes[:, layout.uv_columns][done.patch.indices] * (width, height)
    total, count = np.zeros((height, width, 3)), np.zeros((height, width))
    uvs = fine.attributes[:, layout.uv_columns][fine.indices].astype(float)
    for triangle, corners in enumerate(fine.positions[fine.indices].astype(float)):
        longest = max(np.linalg.norm(corners[i] - corners[i - 1]) for i in range(3))
        weights = lattice(int(np.ceil(longest / (0.7 * 0.05))))
        at = np.floor(weights @ places[triangle]).astype(int)
        u, v = np.floor(weights @ uvs[triangle] * 256).astype(int).T
        np.add.at(total, (at[:, 1], at[:, 0]), image[v, u].astype(float))
        np.add.at(count, (at[:, 1], at[:, 0]), 1)
    hit = count > 0
    difference = np.abs(out[hit] - total[hit] / count[hit][:, None])
    # Texture coordinates are single precision, so that some points fall into the texel beside.
    assert (difference <= 0.51).mean() > 0.98


def _as_viewers_do(done: bake.Baked, layout: patch.Layout) -> np.ndarray:
    """The direction (m, 3) in the middle of each triangle by its normal map: three.js, getTangentFrame, in numpy."""
    indices, columns = done.patch.indices, done.patch.attributes
    corners = done.patch.positions[indices].astype(float)
    uvs = columns[:, layout.uv_columns][indices].astype(float)
    normals = columns[:, layout.normal_columns][indices].mean(axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    q0, q1 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    st0, st1 = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    q1perp, q0perp = np.cross(q1, normals), np.cross(normals, q0)
    tangent = q1perp * st0[:, :1] + q0perp * st1[:, :1]
    bitangent = q1perp * st0[:, 1:] + q0perp * st1[:, 1:]
    scale = 1.0 / np.sqrt(np.maximum((tangent**2).sum(axis=1), (bitangent**2).sum(axis=1)))[:, None]
    image = done.images["normal"]
    middle = uvs.mean(axis=1) * (image.shape[1], image.shape[0])
    texel = image[middle[:, 1].astype(int), middle[:, 0].astype(int)] / 127.5 - 1.0
    # Its loader for glTF turns y round where a mesh has no tangents.
    found = tangent * scale * texel[:, :1] - bitangent * scale * texel[:, 1:2] + normals * texel[:, 2:]
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def _angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    unit = b / np.linalg.norm(b, axis=1, keepdims=True)
    return np.degrees(np.arccos(np.clip((a * unit).sum(axis=1), -1.0, 1.0)))


def _facets(bands: int) -> tuple[patch.Patch, patch.Layout]:
    """A ball whose normals are those of its flat triangles, so that they say less than the sphere's."""
    whole, layout = _coloured_ball(bands)
    layout = replace(layout, normals=True)
    corners = whole.positions[whole.indices].astype(float)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    attributes = np.concatenate([np.repeat(normals, 3, axis=0).astype(np.float32), whole.attributes], axis=1)
    rows = whole.indices.reshape(-1)
    attributes[rows] = np.concatenate([np.repeat(normals, 3, axis=0), whole.attributes[rows]], axis=1)
    return replace(whole, attributes=attributes), layout


def test_a_normal_map_shows_a_viewer_the_directions_of_the_fine_surface() -> None:
    fine, layout = _facets(24)
    coarse, _ = _facets(5)
    children = [bake.Child(fine, {"base_colour": _image()}, (256.0, 256.0))]
    done = bake.bake(coarse, layout, 0, children, texel=0.01, most_texels=1 << 20, normal_maps=True)
    middles = done.patch.positions[done.patch.indices].mean(axis=1)
    assert _angles(_as_viewers_do(done, layout), middles).max() < 4.0
    # Again from the baked tile, onto 48 triangles: what is left is that points are shifted along their chart's axis.
    coarser, _ = _facets(2)
    second = [bake.Child(done.patch, done.images, done.images["normal"].shape[1::-1], done.directions)]
    again = bake.bake(coarser, layout, 0, second, texel=0.02, most_texels=1 << 20)
    assert "normal" in again.images
    middles = again.patch.positions[again.patch.indices].mean(axis=1)
    assert _angles(_as_viewers_do(again, layout), middles).max() < 6.0


def test_a_flat_normal_map_leaves_the_vertices_normals_and_a_tilted_one_tilts_them() -> None:
    fine, layout = _facets(6)
    for texel, least, most in (((128, 128, 255), 0.0, 1.0), ((218, 128, 218), 30.0, 46.0)):
        maps = {"base_colour": _image(), "normal": np.full((256, 256, 3), texel, np.uint8)}
        # A coordinate for each corner: triangles that have an area in the texture.
        attributes = fine.attributes.copy()
        attributes[:, layout.uv_columns] = fine.positions[:, :2] * 0.499 + 0.5
        child = bake.Child(replace(fine, attributes=attributes), maps, (256.0, 256.0))
        done = bake.bake(fine, layout, 0, [child], texel=0.02, most_texels=1 << 20)
        assert set(done.images) == {"base_colour", "normal"}
        normals = done.patch.attributes[:, layout.normal_columns][done.patch.indices].mean(axis=1)
        upright = np.abs(normals[:, 2]) > 0.6
        angles = _angles(_as_viewers_do(done, layout), normals)[upright]
        assert least <= np.median(angles) <= most
