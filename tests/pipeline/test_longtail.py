"""3MF and COLLADA, as trimesh writes them, as other programs do, and as somebody does who means harm."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import markup, read
from scenes.errors import ForbiddenReference, Malformed, SceneError, TooLarge, Unsupported
from tests.pipeline.hostile import zipped
from tiling.mesh import Model

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
# A right-angled corner of 1, 2 and 3 units, seen from outside.
CORNER = """<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/><vertex x="0" y="2" z="0"/>
<vertex x="0" y="0" z="3"/></vertices><triangles><triangle v1="0" v2="2" v3="1"/><triangle v1="0" v2="1" v3="3"/>
<triangle v1="0" v2="3" v3="2"/><triangle v1="1" v2="2" v3="3"/></triangles></mesh>"""


def _package(model: str, target: str = "/3D/3dmodel.model", **parts: bytes) -> bytes:
    relations = f'<Relationships><Relationship Target="{target}" Id="r" Type="t"/></Relationships>'
    members = {"[Content_Types].xml": TYPES, "_rels/.rels": relations.encode(), target[1:]: model.encode()}
    return zipped(members | {name.replace("__", "/") + ".model": data for name, data in parts.items()})


def _3mf(objects: str, items: str, unit: str = ' unit="meter"', root: str = "") -> str:
    head = f'<?xml version="1.0" encoding="UTF-8"?><model{unit} xmlns="{CORE}" xmlns:p="{PRODUCTION}"{root}>'
    return f"{head}<resources>{objects}</resources><build>{items}</build></model>"


def _object(number: int, inside: str = CORNER, name: str = "") -> str:
    return f'<object id="{number}" type="model"' + (f' name="{name}"' if name else "") + f">{inside}</object>"


def _components(*numbers: int) -> str:
    return "<components>" + "".join(f'<component objectid="{number}"/>' for number in numbers) + "</components>"


def _item(number: int, transform: str = "") -> str:
    return f'<item objectid="{number}"' + (f' transform="{transform}"' if transform else "") + "/>"


def _read(tmp_path: Path, data: bytes | str, name: str) -> Model:
    path = tmp_path / "master"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read.read(path, name)


def _extent(model: Model) -> list[list[float]]:
    corners = np.concatenate([primitive.positions for primitive in model.primitives])
    return [corners.min(axis=0).round(6).tolist(), corners.max(axis=0).round(6).tolist()]


def _volume(model: Model) -> float:
    """Positive where the triangles face outwards."""
    faces = np.concatenate([primitive.positions[primitive.indices] for primitive in model.primitives])
    return float(np.linalg.det(faces).sum() / 6)


# 3MF.


@pytest.mark.parametrize(("unit", "metres", "said"), [
    ("",                    0.001,  "millimetres (3MF's default)"),
    (' unit="millimeter"',  0.001,  "millimetres (3MF says so)"),
    (' unit="micron"',      1e-6,   "units of 1e-06 m (3MF says so)"),
    (' unit="inch"',        0.0254, "inches (3MF says so)"),
    (' unit="meter"',       1.0,    "metres (3MF says so)"),
    (' unit="furlong"',     0.001,  "'furlong' is no unit"),
])  # fmt: skip
def test_a_3mf_is_in_the_units_that_it_states_and_has_z_up(tmp_path: Path, unit: str, metres: float, said: str) -> None:
    model = _read(tmp_path, _package(_3mf(_object(1), _item(1), unit)), "corner.3mf")
    assert np.abs(model.primitives[0].positions).max(axis=0) == pytest.approx([metres, 3 * metres, 2 * metres])
    assert said in model.report[-1]
    assert "z up (3MF says so)" in model.report[-1]
    assert _volume(model) == pytest.approx(metres**3)


def test_units_that_are_asked_for_overrule_what_a_3mf_states(tmp_path: Path) -> None:
    path = tmp_path / "a.3mf"
    path.write_bytes(_package(_3mf(_object(1), _item(1))))
    assert _extent(read.read(path, "a.3mf", units="cm", up="y")) == [[0, 0, 0], [0.01, 0.02, 0.03]]


def test_components_and_items_of_a_3mf_stand_where_it_says(tmp_path: Path) -> None:
    objects = _object(1, name="corner") + _object(2, _components(1, 1)) + _object(3)
    items = _item(2, "1 0 0 0 1 0 0 0 1 10 0 0") + _item(3, "-1 0 0 0 1 0 0 0 1 0 0 0") + _item(3)
    model = _read(tmp_path, _package(_3mf(objects, items)), "x.3mf")
    places = sorted((primitive.name, *_extent(Model((primitive,)))[0]) for primitive in model.primitives)
    assert places == [("", -1, 0, -2), ("", 0, 0, -2), ("corner", 10, 0, -2), ("corner", 10, 0, -2)]
    # The mirrored one is turned, so that it still faces outwards.
    assert _volume(model) == pytest.approx(4.0)


def test_two_items_of_one_part_number_are_two(tmp_path: Path) -> None:
    item = '<item objectid="1" partnumber="A"/><item objectid="1" partnumber="A" transform="1 0 0 0 1 0 0 0 1 5 0 0"/>'
    assert _read(tmp_path, _package(_3mf(_object(1), item)), "x.3mf").triangles == 8


def test_objects_in_other_parts_are_found_by_their_numbers(tmp_path: Path) -> None:
    # As slicers write it: a root of components, and files of several objects each.
    other = _3mf(_object(1, name="base") + _object(2, name="bust"), "").encode()
    path = 'p:path="/3D/Objects/both.model"'
    inside = f'<components><component objectid="1" {path}/><component objectid="2" {path}/></components>'
    data = _package(_3mf(_object(1, inside), _item(1)), **{"3D__Objects__both": other})
    model = _read(tmp_path, data, "x.3mf")
    assert sorted(primitive.name for primitive in model.primitives) == ["base", "bust"]
    assert model.triangles == 8


def test_a_part_that_is_not_there_is_left_out_and_told(tmp_path: Path) -> None:
    inside = '<components><component objectid="1" p:path="/3D/gone.model"/><component objectid="2"/></components>'
    model = _read(tmp_path, _package(_3mf(_object(2) + _object(3, inside), _item(3))), "x.3mf")
    assert model.triangles == 4
    assert "1 part names a file that is not there; it was left out" in model.report


def test_the_root_part_of_a_package_may_have_any_name_and_colours_are_told_of(tmp_path: Path) -> None:
    group = '<m:colorgroup xmlns:m="m" id="9"><m:color color="#FF0000"/></m:colorgroup>'
    data = _package(_3mf(group + _object(1), _item(1)), target="/model/statue.model")
    model = _read(tmp_path, data, "x.3mf")
    assert any("colours and materials of 3MF" in line for line in model.report)


def test_what_trimesh_exports_as_3mf_comes_back(tmp_path: Path) -> None:
    import trimesh

    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((10, 20, 30)), geom_name="box")
    scene.add_geometry(
        trimesh.creation.icosphere(2, 5.0),
        geom_name="ball",
        transform=trimesh.transformations.translation_matrix((0, 0, 50)),
    )
    model = _read(tmp_path, scene.export(file_type="3mf"), "x.3mf")
    assert sorted(primitive.name for primitive in model.primitives) == ["ball", "box"]
    assert _extent(model) == [[-0.005, -0.015, -0.01], [0.005, 0.055, 0.01]]


# COLLADA.

NAMESPACE = 'xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1"'


def _source(name: str, values: str, axes: str) -> str:
    params = "".join(f'<param name="{axis}" type="float"/>' for axis in axes)
    count = len(values.split())
    return (
        f'<source id="{name}"><float_array id="{name}-a" count="{count}">{values}</float_array><technique_common>'
        f'<accessor source="#{name}-a" count="{count // len(axes)}" stride="{len(axes)}">{params}</accessor>'
        "</technique_common></source>"
    )


def _geometry(number: str = "g", name: str = "", faces: str = "", more: str = "") -> str:
    """A square of 2 × 2 units that looks along z, of two triangles."""
    faces = faces or (
        '<triangles count="2" material="m"><input semantic="VERTEX" source="#v" offset="0"/>'
        '<input semantic="NORMAL" source="#n" offset="1"/><input semantic="TEXCOORD" source="#t" offset="2" set="0"/>'
        "<p>0 0 0 1 0 1 2 0 2 0 0 0 2 0 2 3 0 3</p></triangles>"
    )
    return (
        f'<geometry id="{number}" name="{name}"><mesh>{_source("s", "0 0 0 2 0 0 2 2 0 0 2 0", "XYZ")}'
        f"{_source('n', '0 0 1', 'XYZ')}{_source('t', '0 0 1 0 1 1 0 1', 'ST')}{more}"
        f'<vertices id="v"><input semantic="POSITION" source="#s"/></vertices>{faces}</mesh></geometry>'
    )


def _effect(diffuse: str, more: str = "", image: str = "") -> str:
    params = (
        '<newparam sid="s"><surface type="2D"><init_from>i</init_from></surface></newparam>'
        '<newparam sid="p"><sampler2D><source>s</source></sampler2D></newparam>'
    )
    pictures = f'<library_images><image id="i"><init_from>{image}</init_from></image></library_images>' if image else ""
    return (
        f'{pictures}<library_effects><effect id="e"><profile_COMMON>{params if image else ""}<technique sid="c"><phong>'
        f"<diffuse>{diffuse}</diffuse>{more}<shininess><float>50</float></shininess></phong></technique>"
        '</profile_COMMON></effect></library_effects><library_materials><material id="mm"><instance_effect url="#e"/>'
        "</material></library_materials>"
    )


RED = _effect("<color>1 0 0 1</color>")
TEXTURED = '<texture texture="p" texcoord="UV"/>'


def _shown(number: str = "g") -> str:
    bind = '<technique_common><instance_material symbol="m" target="#mm"/></technique_common>'
    return f'<instance_geometry url="#{number}"><bind_material>{bind}</bind_material></instance_geometry>'


def _dae(
    nodes: str, geometries: str = "", *, asset: str = "", library: str = "", looks: str = RED, head: str = ""
) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<COLLADA {NAMESPACE}><asset>{asset}</asset>{looks}'
        f"<library_geometries>{geometries or _geometry()}</library_geometries><library_nodes>{library}</library_nodes>"
        f'<library_visual_scenes><visual_scene id="VS">{nodes}</visual_scene></library_visual_scenes>'
        '<scene><instance_visual_scene url="#VS"/></scene></COLLADA>'
    )


INCH = '<unit name="inch" meter="0.0254"/><up_axis>Z_UP</up_axis>'


@pytest.mark.parametrize(("asset", "corner", "said"), [
    ("",                                            [2, 2, 0],            "metres (COLLADA's default), y up (COLL"),
    (INCH,                                          [0.0508, 0, -0.0508], "inches (COLLADA says so), z up (COLL"),
    ('<unit meter="0.01"/><up_axis>Y_UP</up_axis>', [0.02, 0.02, 0],      "centimetres (COLLADA says so)"),
    ('<unit meter="0.5"/><up_axis>X_UP</up_axis>',  [-1, 1, 0],           "units of 0.5 m (COLLADA says so), x up"),
    ('<unit meter="0"/>',                           [2, 2, 0],            "'0' metres are no unit"),
    ('<unit meter="nan"/>',                         [2, 2, 0],            "'nan' metres are no unit"),
])  # fmt: skip
def test_a_collada_file_is_in_the_units_and_has_the_axis_that_it_states(
    tmp_path: Path, asset: str, corner: list[float], said: str
) -> None:
    model = _read(tmp_path, _dae(f"<node>{_shown()}</node>", asset=asset), "x.dae")
    assert np.abs(model.primitives[0].positions - corner).max(axis=1).min() < 1e-9
    assert said in model.report[-1]


def test_corners_of_a_collada_mesh_share_their_vertices_normals_and_coordinates(tmp_path: Path) -> None:
    model = _read(tmp_path, _dae(f"<node>{_shown()}</node>"), "x.dae")
    (square,) = model.primitives
    assert square.normals is not None
    assert square.uvs is not None
    assert len(square.positions) == 4
    assert square.normals.tolist() == [[0, 0, 1]] * 4
    # Coordinates count from the bottom there, from the top here.
    assert {(*p[:2], *uv) for p, uv in zip(square.positions.tolist(), square.uvs.tolist(), strict=True)} == {
        (0, 0, 0, 1), (2, 0, 1, 1), (2, 2, 1, 0), (0, 2, 0, 0),
    }  # fmt: skip
    assert model.materials[square.material].base_colour == (1, 0, 0, 1)
    assert model.materials[square.material].roughness == 1.0


def test_nodes_within_nodes_and_library_nodes_are_multiplied_out(tmp_path: Path) -> None:
    # A mirror within a turn of a quarter about y, within a step.
    library = f'<node id="L" name="leaf"><scale>-1 1 1</scale>{_shown()}</node>'
    nodes = '<node><translate>10 0 0</translate><node><rotate>0 1 0 90</rotate><instance_node url="#L"/></node></node>'
    model = _read(tmp_path, _dae(nodes + f'<node name="plain">{_shown()}</node>', library=library), "x.dae")
    turned, plain = sorted(model.primitives, key=lambda primitive: -float(primitive.positions.max()))
    assert np.allclose(
        [turned.positions.min(axis=0), turned.positions.max(axis=0)], [[10, 0, 0], [10, 2, 2]], atol=1e-5
    )
    for primitive, out in ((turned, [1, 0, 0]), (plain, [0, 0, 1])):
        a, b, c = primitive.positions[primitive.indices[0]]
        assert np.allclose(np.cross(b - a, c - a) / 4, out, atol=1e-5)
        assert primitive.normals is not None
        assert np.allclose(primitive.normals, out, atol=1e-5)


def test_a_shape_is_called_as_it_is_or_as_a_node_where_it_stands(tmp_path: Path) -> None:
    geometries = _geometry("g", "column") + _geometry("h") + _geometry("h_1", "base")
    nodes = f'<node name="N">{_shown("g")}</node><node name="arch">{_shown("h")}</node><node>{_shown("h_1")}</node>'
    model = _read(tmp_path, _dae(nodes + f"<node>{_shown('g')}</node>", geometries), "x.dae")
    assert sorted(primitive.name for primitive in model.primitives) == ["arch", "base", "column", "column"]


def test_colours_of_points_are_kept_and_stand_without_the_materials_own(tmp_path: Path) -> None:
    more = _source("c", "1 0.5 0 1 0.5 0 1 0.5 0 1 0.5 0", "RGB")
    faces = (
        '<triangles count="1" material="m"><input semantic="VERTEX" source="#v" offset="0"/>'
        '<input semantic="COLOR" source="#c" offset="1"/><p>0 0 1 1 2 2</p></triangles>'
    )
    model = _read(tmp_path, _dae(f"<node>{_shown()}</node>", _geometry(faces=faces, more=more)), "x.dae")
    assert model.primitives[0].colours is not None
    assert model.primitives[0].colours.tolist() == [[255, 55, 0, 255]] * 3
    assert model.materials[model.primitives[0].material].base_colour == (1, 1, 1, 1)


def test_polygons_are_cut_and_told(tmp_path: Path) -> None:
    faces = (
        '<polylist count="1" material="m"><input semantic="VERTEX" source="#v" offset="0"/><vcount>4</vcount>'
        "<p>0 1 2 3</p></polylist>"
    )
    model = _read(tmp_path, _dae(f"<node>{_shown()}</node>", _geometry(faces=faces)), "x.dae")
    assert model.triangles == 2
    assert any("cut as fans" in line for line in model.report)


def _png() -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (4, 2), (9, 8, 7)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "image", ["pics/a b.png", "./pics/a%20b.png", "file:///C:/scans/A%20B.PNG", "..\\..\\gone.png"]
)
def test_the_image_beside_a_zipped_collada_file_is_its_texture(tmp_path: Path, image: str) -> None:
    document = _dae(f"<node>{_shown()}</node>", looks=_effect(TEXTURED, image=image)).encode()
    data = zipped({"model/a.dae": document, "model/pics/a b.png": _png(), "model/notes.txt": b""})
    if "gone" in image:
        with pytest.raises(ForbiddenReference):
            _read(tmp_path, data, "a.zae")
        return
    model = _read(tmp_path, data, "a.zae")
    material = model.materials[model.primitives[0].material]
    assert material.base_colour_image is not None
    assert material.base_colour_image.data == _png()
    assert material.base_colour == (1, 1, 1, 1)


def test_an_image_that_is_not_there_is_told(tmp_path: Path) -> None:
    model = _read(tmp_path, _dae(f"<node>{_shown()}</node>", looks=_effect(TEXTURED, image="a.png")), "x.dae")
    assert any("'a.png' is not there" in line for line in model.report)


def test_what_nobody_could_see_is_shown(tmp_path: Path) -> None:
    looks = _effect("<color>1 0 0 1</color>", "<transparent><color>1 1 1 0</color></transparent>")
    model = _read(tmp_path, _dae(f"<node>{_shown()}</node>", looks=looks), "x.dae")
    assert model.materials[0].base_colour[3] == 1.0
    assert any("wholly transparent" in line for line in model.report)


def test_a_shape_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    broken = _geometry("h").replace("<p>0 0 0 1", "<p>0 0 0 99")
    model = _read(tmp_path, _dae(f"<node>{_shown()}{_shown('h')}</node>", _geometry() + broken), "x.dae")
    assert model.triangles == 2
    assert "1 shape could not be read and was left out" in model.report


def test_what_trimesh_exports_as_collada_comes_back(tmp_path: Path) -> None:
    import trimesh

    ball = trimesh.creation.icosphere(2, 3.0)
    model = _read(tmp_path, ball.export(file_type="dae"), "x.dae")
    assert model.triangles == 320
    assert len(model.primitives[0].positions) == 162
    assert _volume(model) == pytest.approx(ball.volume, rel=1e-5)


def test_utf16_and_a_wrong_name_do_not_matter(tmp_path: Path) -> None:
    text = _dae(f"<node>{_shown()}</node>").replace("utf-8", "utf-16")
    model = _read(tmp_path, text.encode("utf-16"), "x.obj")
    assert model.triangles == 2
    assert any("called .obj, but it is DAE" in line for line in model.report)


def test_a_float_array_longer_than_ten_megabytes_is_read(tmp_path: Path) -> None:
    # libxml2 refuses a text of that length unless it is told not to, and every scan has one.
    document = _dae(f"<node>{_shown()}</node>").replace(">0 0 0 2 0 0", ">" + " " * 11_000_000 + "0 0 0 2 0 0", 1)
    assert _read(tmp_path, document, "x.dae").triangles == 2


# Harm.

_LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {b} '{'&' + a + ';' * 1}{('&' + a + ';') * 9}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
_DOUBLED = "".join(
    f'<node id="n{i}"><instance_node url="#n{i + 1}"/><instance_node url="#n{i + 1}"/></node>' for i in range(40)
)
_NODE = f"<node>{_shown()}</node>"
_HARM: dict[str, tuple[str, bytes | str, type[SceneError], str]] = {
    "entities in COLLADA": ("x.dae", _dae(_NODE, head=_LAUGHS, asset="<title>&i;</title>"), Malformed, "DTD"),
    "entities in 3MF": ("x.3mf", _package(_LAUGHS + _3mf(_object(1), _item(1)).split("?>")[1]), Malformed, "DTD"),
    "an outer DTD": ("x.dae", _dae(_NODE, head='<!DOCTYPE COLLADA SYSTEM "file:///etc/passwd">'), Malformed, "DTD"),
    "a DTD in UTF-16": (
        "x.dae",
        _dae(_NODE, head=_LAUGHS).replace("utf-8", "utf-16").encode("utf-16"),
        Malformed,
        "DTD",
    ),
    "an odd encoding": ("x.dae", _dae(_NODE).replace("utf-8", "utf-7"), Malformed, "encoding"),
    "a trillion squares": (
        "x.dae",
        _dae('<node><instance_node url="#n0"/></node>', library=_DOUBLED + f'<node id="n40">{_shown()}</node>'),
        TooLarge,
        "unfolds to 1,099,511,627,776 shapes",
    ),
    "nodes in a ring": (
        "x.dae",
        _dae(
            f'<node><instance_node url="#a"/>{_shown()}</node>',
            library='<node id="a"><instance_node url="#b"/></node><node id="b"><instance_node url="#a"/></node>',
        ),
        Malformed,
        "contains itself",
    ),
    "nodes a thousand deep": ("x.dae", _dae("<node>" * 1000 + _shown() + "</node>" * 1000), Malformed, "deep"),
    "elements a million deep": ("x.dae", _dae(_NODE, asset="<a>" * 1_000_000), Malformed, "XML"),
    "a cut document": ("x.dae", _dae(_NODE)[:-60], Malformed, "XML"),
    "no scene": ("x.dae", _dae(_NODE).replace('url="#VS"', 'url="#W"'), Malformed, "no scene"),
    "no shape": ("x.dae", _dae("<node/>"), Unsupported, "no shape stands"),
    "points that are not there": ("x.dae", _dae(_NODE).replace("<p>0 0 0 1", "<p>0 0 0 9"), Malformed, "could not"),
    "points before the first": ("x.dae", _dae(_NODE).replace("<p>0 0 0 1", "<p>0 0 0 -9"), Malformed, "COLLADA"),
    "words for numbers": ("x.dae", _dae(_NODE).replace(">0 0 0 2 0 0", ">a b c d e"), Malformed, "COLLADA"),
    "a matrix of NaN": ("x.dae", _dae(f"<node><scale>nan 1 1</scale>{_shown()}</node>"), Malformed, "not finite"),
    "an image from elsewhere": (
        "x.dae",
        _dae(_NODE, looks=_effect(TEXTURED, image="http://example.org/a.png")),
        ForbiddenReference,
        "outside",
    ),
    "a text called dae": ("x.dae", "Dear sir", Malformed, "called .dae"),
    "a text called 3mf": ("x.3mf", "Dear sir", Malformed, "called .3mf"),
    "HTML called dae": ("x.dae", "<html><body/></html>", Malformed, "called .dae"),
    "a 3MF in a zip": ("x.zip", zipped({"a.3mf": _package(_3mf(_object(1), _item(1)))}), Unsupported, "within"),
    "a trillion corners": (
        "x.3mf",
        _package(_3mf("".join(_object(i, _components(i + 1, i + 1)) for i in range(1, 41)) + _object(41), _item(1))),
        TooLarge,
        "unfolds",
    ),
    "components in a ring": (
        "x.3mf",
        _package(_3mf(_object(1, _components(2)) + _object(2, _components(1)) + _object(3), _item(3) + _item(1))),
        Malformed,
        "contains itself",
    ),
    "an object twice": ("x.3mf", _package(_3mf(_object(1) + _object(1), _item(1))), Malformed, "twice"),
    "an object called world": ("x.3mf", _package(_3mf(_object(1), '<item objectid="world"/>')), Malformed, "number"),
    "nothing built": ("x.3mf", _package(_3mf(_object(1), "")), Malformed, "builds nothing"),
    "a corner of words": ("x.3mf", _package(_3mf(_object(1).replace('x="1"', 'x="one"'), _item(1))), Malformed, "3MF"),
    "a corner without z": ("x.3mf", _package(_3mf(_object(1).replace(' z="3"', ""), _item(1))), Malformed, "3MF"),
    "a transform of two": ("x.3mf", _package(_3mf(_object(1), _item(1, "1 0"))), Malformed, "3MF"),
    "triangles of no points": (
        "x.3mf",
        _package(_3mf(_object(1).replace('v1="', 'v1="9'), _item(1))),
        Malformed,
        "no triangle can be shown",
    ),
    "a bomb of blanks": (
        "x.3mf",
        _package(_3mf(_object(1), _item(1)) + " " * (64 << 20)),
        TooLarge,
        "times its packed length",
    ),
    "a package without a model": (
        "x.3mf",
        zipped({"[Content_Types].xml": TYPES, "_rels/.rels": b"<a/>"}),
        Unsupported,
        "none of its 2 files",
    ),
    "a model of another kind": ("x.3mf", _package("<scene/>"), Unsupported, "begins with"),
}


@pytest.mark.parametrize("what", _HARM)
def test_harm_is_refused_in_words(tmp_path: Path, what: str) -> None:
    name, data, error, words = _HARM[what]
    with pytest.raises(error, match=words):
        _read(tmp_path, data, name)


def test_more_xml_than_memory_can_hold_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TooLarge, match="export it as GLB"):
        markup.tree(b"<model>" + b" " * 100 + b"</model>", "3MF", most_bytes=100)


def test_a_mesh_whose_memory_is_full_says_so_in_the_sandbox(tmp_path: Path) -> None:
    from pipeline.sandbox import tile_in_sandbox
    from pipeline.tile import TileSettings

    rows = "".join(f'<vertex x="{i}" y="0" z="0"/>' for i in range(1_000_000))
    path = tmp_path / "a.3mf"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive,
        zipfile.ZipFile(io.BytesIO(_package(_3mf(_object(1), _item(1))))) as small,
    ):
        for name in small.namelist():
            archive.writestr(name, small.read(name).replace(b"<vertices>", b"<vertices>" + rows.encode()))
    out = tmp_path / "out"
    out.mkdir()
    settings = TileSettings(memory_bytes=512 << 20)
    with pytest.raises(TooLarge, match="memory"):
        tile_in_sandbox(path, "a.3mf", out, settings=settings, progress=lambda *_: None, cancelled=lambda: False)


def test_trimesh_is_loaded_for_the_long_tail_only(tmp_path: Path) -> None:
    path = tmp_path / "a.off"
    path.write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    code = (
        "import sys; from pathlib import Path; from pipeline import read; "
        f"read.read(Path({str(path)!r}), 'a.off'); "
        "print({'trimesh', 'lxml', 'networkx', 'collada'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
