import numpy as np
import pytest

from tests.tiling.shapes import ball, edges_of, part, patch_of, sheet, with_leaves
from tiling.mesh import Model
from tiling.patch import Layout, Patch
from tiling.skirts import with_skirts

SHADED = Layout(normals=True, uvs=False, colours=False)
BARE = Layout(normals=False, uvs=False, colours=False)


def _half(*, normals: bool) -> tuple[Patch, Layout]:
    """The left half of a flat sheet of 8 × 8 quads, 4 columns, whose right border is shared."""
    whole, layout, _ = patch_of(Model((sheet(8, 8),)))
    left = np.arange(128) < 64
    whole = part(with_leaves(whole, np.where(left, 0, 1)), left)
    if not normals:
        return whole, layout
    up = np.tile(np.array([0, 1, 0], np.float32), (len(whole.positions), 1))
    return Patch(whole.positions, up, whole.material, whole.leaves, whole.indices), SHADED


@pytest.mark.parametrize("normals", [True, False])
def test_a_skirt_hangs_from_every_edge_of_the_shared_border(normals: bool) -> None:
    whole, layout = _half(normals=normals)
    hung = with_skirts(whole, layout, whole.outside(0, 0), 0.25)
    assert np.array_equal(hung.indices[:64], whole.indices)
    assert hung.triangles == 64 + 2 * 8
    lower = hung.positions[len(whole.positions) :]
    # Nine vertices, below those of the border and as far out, under the neighbour.
    assert np.allclose(lower[:, 1], -0.25)
    under = whole.positions[whole.outside(0, 0)][:, [0, 2]] + np.array([0.25, 0.0], np.float32)
    assert np.allclose(sorted(lower[:, [0, 2]].tolist()), sorted(under.tolist()))


def test_a_skirt_goes_on_with_the_winding_of_its_tile() -> None:
    whole, layout = _half(normals=True)
    hung = with_skirts(whole, layout, whole.outside(0, 0), 0.25)
    ways = edges_of(hung.positions, hung.indices)
    assert max(ways.values()) == 1
    open_now = {edge for edge in ways if edge[::-1] not in ways}
    places = np.unique(hung.positions, axis=0)
    # What was open at the border is closed; what is open there now is the hem, which stands lower.
    at_border = [edge for edge in open_now if (places[list(edge)][:, 0] >= 0.0).all()]
    assert len(at_border) == 8 + 2
    # It is seen from the neighbour's side, from +x, and from above, through the gap.
    a, b, c = (hung.positions[hung.indices[64:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, :2] > 0.0).all()


def test_hems_carry_the_attributes_of_their_border() -> None:
    whole, layout = _half(normals=True)
    hung = with_skirts(whole, layout, whole.outside(0, 0), 0.25)
    assert (hung.attributes == [0, 1, 0]).all()
    assert hung.leaves.shape == (len(hung.positions), 4)


def test_on_a_ball_a_skirt_hangs_inwards() -> None:
    whole, _, _ = patch_of(ball(12))
    upper = whole.positions[whole.indices].mean(axis=1)[:, 1] > 0.01
    cap = part(with_leaves(whole, np.where(upper, 0, 1)), upper)
    hung = with_skirts(cap, BARE, cap.outside(0, 0), 0.1)
    lower = np.linalg.norm(hung.positions[len(cap.positions) :], axis=1)
    assert len(lower) == np.count_nonzero(cap.outside(0, 0))
    assert np.allclose(lower, 0.9, atol=0.03)


def test_edges_inside_a_tile_have_none_though_both_ends_are_shared() -> None:
    # A sheet one column wide whose long sides are both shared: the rungs between them are not open.
    whole, layout, _ = patch_of(Model((sheet(3, 8),)))
    column = np.repeat([0, 1, 2], 16)
    middle = part(with_leaves(whole, column), column == 1)
    assert middle.outside(1, 1).all()
    hung = with_skirts(middle, layout, middle.outside(1, 1), 0.1)
    # The two ends are rim of the sheet, whose corners are shared, so they have skirts, too.
    assert hung.triangles == 16 + 2 * (8 + 8 + 2)


def test_a_border_across_a_seam_has_one_skirt_a_side() -> None:
    whole, _ = _half(normals=True)
    # Seams: every triangle has vertices of its own, with a shade of its own.
    flat = whole.indices.reshape(-1)
    shades = np.repeat(np.arange(64, dtype=np.float32), 3)[:, None]
    soup = whole.of_vertices(flat, np.arange(192, dtype=np.uint32).reshape(-1, 3))
    soup = Patch(soup.positions, shades, soup.material, soup.leaves, soup.indices)
    hung = with_skirts(soup, BARE, soup.outside(0, 0), 0.25)
    assert hung.triangles == 64 + 2 * 8


def test_a_tile_that_shares_nothing_stays_as_it_is() -> None:
    whole, layout = _half(normals=True)
    assert with_skirts(whole, layout, np.zeros(len(whole.positions), bool), 1.0) is whole
    closed, bare, _ = patch_of(ball(4))
    assert with_skirts(closed, bare, np.ones(len(closed.positions), bool), 1.0) is closed
