"""Small records to write and find again."""

from datetime import UTC, datetime, timedelta

from scenes.model import (
    Anchor,
    AnchorKind,
    Annotation,
    Article,
    Asset,
    AssetState,
    Audio,
    ChangeEvent,
    ChangeKind,
    ChronologyStatement,
    Epoch,
    Exhibition,
    Extent,
    Family,
    Georeference,
    Hypothesis,
    Job,
    JobState,
    Layer,
    LifeEvent,
    LocalText,
    Motivation,
    ObjectIdentity,
    ObjectStatus,
    Person,
    PersonName,
    Picture,
    Placement,
    Record,
    Relation,
    Reliability,
    Scene,
    Sex,
    Source,
    StatusKind,
    SurfacePoint,
    Term,
    Tileset,
    Tour,
    TourStep,
    Viewpoint,
    Visibility,
)

NOON = datetime(2026, 5, 4, 12, 0, 0, 250_000, tzinfo=UTC)
VIEW = Viewpoint((0.0, 1.7, 12.5), (0.0, 2.0, 0.0))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def scene(name: str = "scene_a", *, title: str = "Agora", visibility: Visibility = Visibility.PUBLIC) -> Scene:
    return Scene(
        name, title, "A square.", "-0430", visibility, VIEW, georeference=Georeference(23.72, 37.97, 110.0, 12.5)
    )


def layer(name: str = "layer_a", *, of: str = "scene_a", ordinal: int = 0) -> Layer:
    return Layer(name, of, "Buildings", ordinal)


def placement(name: str, *, of: str = "scene_a", title: str = "Temple", existence: str = "-0480/0390") -> Placement:
    turned = (0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 4.5, 0.0, -2.25, 1.0)
    return Placement(
        name,
        of,
        "layer_a",
        "asset_a",
        title,
        existence,
        turned,
        "",
        Reliability.SF,
        "Found beside it.",
        (Source("Dörpfeld 1892", "https://example.org/d", "12–14"),),
    )


def asset(name: str = "asset_a", *, visibility: Visibility = Visibility.PUBLIC, tiled: bool = True) -> Asset:
    tileset = Tileset("b" * 64, 9, 3, 12_000, 6_500, 480_000, 2.5, 0.25, Extent((-1.0, 0.0, -1.0), (1.0, 2.0, 1.0)))
    return Asset(
        id=name,
        title="Capital",
        rights="http://creativecommons.org/publicdomain/zero/1.0/",
        master="a" * 64,
        master_name="capital.glb",
        media_type="model/gltf-binary",
        byte_length=123_456,
        state=AssetState.READY if tiled else AssetState.PENDING,
        visibility=visibility,
        created_at=NOON,
        created_by="ada",
        tileset=tileset if tiled else None,
        report=("2 degenerate triangles dropped",),
        identity=ObjectIdentity(materials="marble", measurements="height 0.42 m"),
    )


def exhibition(name: str = "exhibition_a", *, slug: str = "agora", of: str = "scene_a") -> Exhibition:
    return Exhibition(name, slug, "The Agora", "", of, Visibility.DRAFT)


def one_of_each() -> tuple[Record, ...]:
    return (
        asset(),
        scene(),
        layer(),
        Epoch("epoch_a", "scene_a", "Classical", "-0480/-0323", "Stone.", "#c0a060"),
        Hypothesis(
            "hypothesis_a",
            "scene_a",
            "Six columns",
            "B. Smith",
            "The cuttings.",
            ("hypothesis_b",),
            "hypothesis_c",
            0.7,
        ),
        placement("placement_a"),
        Annotation(
            "annotation_a",
            "scene_a",
            "A note",
            (LocalText("<p>Worn.</p>"), LocalText("<p>Φθαρμένο.</p>", "el")),
            Anchor(
                AnchorKind.REGION,
                (1.0, 2.0, 3.0),
                ((0.0, 2.0, 3.0), (2.0, 2.0, 3.0), (1.0, 2.0, 4.0)),
                "placement_a",
                SurfacePoint("a" * 64, (0.0, 1.0, 0.0), (0.0, 1.0, 0.0), 7, (0.5, 0.25, 0.25), 0.001, True),
            ),
            "-0480/..",
            "ada",
            Motivation.DESCRIBING,
            (Term("wear", "http://vocab.getty.edu/aat/300379413"),),
            created_at=NOON,
        ),
        Article(
            "article_a", "scene_a", "Colour", (LocalText("<p>Blue.</p>"),), (Picture(asset="asset_a", caption="C"),)
        ),
        Tour(
            "tour_a",
            "scene_a",
            "Round",
            (TourStep("First", "Look.", VIEW, "-0430~", "hypothesis_a", Audio("https://example.org/a.mp3")),),
        ),
        ChangeEvent(
            "change_event_a", "scene_a", "Burnt", ChangeKind.MODIFICATION, "-0479", ("placement_a",), ("placement_b",)
        ),
        ChronologyStatement(
            "statement_a", "scene_a", Relation.AFTER, "placement_b", "placement_a", author="ada", source=Source("D.")
        ),
        Person(
            "person_a",
            "scene_a",
            (PersonName("Ada Smith", "Ada", "Smith"),),
            Sex.FEMALE,
            LifeEvent("birth", "ABT 1712", "1712~", "Athens", "placement_a"),
            xref="@I1@",
        ),
        Family(
            "family_a", "scene_a", ("person_a",), ("person_b",), LifeEvent("marriage", existence="1731"), xref="@F1@"
        ),
        ObjectStatus("object_status_a", "asset_a", StatusKind.STOLEN, "1944-10", "Athens", reference="12/44"),
        exhibition(),
    )


def job(name: str = "job_a", *, subject: str = "asset_a", seconds: float = 0.0) -> Job:
    at = after(seconds)
    return Job(name, "tile", subject, JobState.QUEUED, 0.0, "waiting", "", 0, at, at)
