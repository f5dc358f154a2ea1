"""The assets of the sample museum by slug: what each is called and which shape it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sample_museum import (
    church,
    early,
    lions,
    precinct,
    roman,
    ruins,
    shrine,
    statues,
    stele,
    temple,
    terrain,
    today,
    trees,
    village,
)
from sample_museum.models import model
from sample_museum.orders import BRIGHT, RESTRAINED
from sample_museum.solids import Shape, join, move, turn
from tiling.mesh import Model


def _entablature_bright() -> Shape:
    return join((temple.entablature(BRIGHT), temple.both_ends(temple.pediment(BRIGHT))))


def _entablature_restrained() -> Shape:
    return join((temple.entablature(RESTRAINED), temple.both_ends(temple.pediment(RESTRAINED))))


def _cella() -> Shape:
    return join((temple.cella(), temple.porch_columns()))


def _roof() -> Shape:
    return join((temple.roof(), temple.acroteria()))


def _cult_statue() -> Shape:
    return move(turn(statues.cult_statue(), 90), x=-4.6, y=temple.FLOOR_Y)


def _church() -> Shape:
    return join((church.closed_colonnade(), church.apse(), church.basilica_roof(), church.church_fittings()))


def _votives_hellenistic() -> Shape:
    return join((precinct.votives_hellenistic(), precinct.exedra()))


def _sacred_grove() -> Shape:
    return join((trees.sacred_grove(), trees.grove_floor()))


@dataclass(frozen=True, slots=True)
class Work:
    """An asset: its title and how its shape is made."""

    title: str
    shape: Callable[[], Shape]


WORKS: dict[str, Work] = {
    "horizon": Work("Mountains, far fields and the sea", terrain.horizon),
    "valley": Work("Hill and valley slopes", terrain.valley),
    "ground_grove": Work("Ground of the grove", partial(terrain.core, "grove")),
    "ground_archaic": Work("Ground of the archaic terrace", partial(terrain.core, "archaic")),
    "ground_classical": Work("Ground of the classical terrace", partial(terrain.core, "classical")),
    "ground_silted": Work("Ground silted by hill wash", partial(terrain.core, "silted")),
    "ground_excavated": Work("Ground of the excavation", partial(terrain.core, "excavated")),
    "ground_today": Work("Ground as it lies today", partial(terrain.core, "today")),
    "temple_crepidoma": Work("Great temple: crepidoma and floor", temple.crepidoma),
    "temple_columns_standing": Work("Great temple: columns that still stand", ruins.standing_columns),
    "temple_columns_fallen": Work("Great temple: columns that fell, upright", ruins.fallen_columns_upright),
    "temple_cella": Work("Great temple: cella and porches", _cella),
    "temple_ceiling": Work("Great temple: coffered ceilings", temple.ceiling),
    "temple_entablature_bright": Work("Great temple: entablature and gables, full colour", _entablature_bright),
    "temple_entablature_restrained": Work(
        "Great temple: entablature and gables, restrained colour", _entablature_restrained
    ),
    "temple_roof": Work("Great temple: marble roof and acroteria", _roof),
    "temple_gable_figures": Work("Great temple: sculptures of the gables", temple.gable_figures),
    "cult_statue": Work("Cult statue in gold and ivory", _cult_statue),
    "sacred_grove": Work("Oaks and grass of the sacred grove", _sacred_grove),
    "archaic_trees": Work("Trees about the archaic terrace", trees.archaic_trees),
    "temenos_trees": Work("Sacred trees of the terrace", trees.temenos_trees),
    "votives_classical": Work("Bronze colossus, votive statues and stelai", precinct.votives_classical),
    "treasury": Work("Treasury", shrine.treasury),
    "olive_grove": Work("Olive groves on the slopes", trees.olive_grove),
    "scrub": Work("Scrub, grass and boulders of the hill", trees.scrub),
    "overgrowth": Work("Overgrowth of the ruin", trees.overgrowth),
    "cypresses": Work("Cypresses", trees.cypresses),
    "lawn_today": Work("Grass between the ruins", partial(trees.lawn, "today", 1500, 441)),
    "ash_altar": Work("Ash altar", precinct.ash_altar),
    "archaic_walls": Work("Walls of the archaic terrace", precinct.early_walls),
    "archaic_naos": Work("Archaic naos", shrine.naos),
    "archaic_votives": Work("Archaic votive offerings", precinct.votives_archaic),
    "terrace_walls": Work("Walls of the classical terrace", precinct.terrace_walls),
    "altar_classical": Work("Classical altar", precinct.altar_classical),
    "altar_monumental": Work("Monumental altar", precinct.altar_monumental),
    "propylon": Work("Propylon", shrine.propylon),
    "stoa": Work("North stoa", precinct.stoa),
    "sacred_way": Work("Paved sacred way", precinct.sacred_way),
    "votives_hellenistic": Work("Votive columns, exedra, statues and stelai", _votives_hellenistic),
    "timber_shrine": Work("Shrine of mud brick and timber", early.timber_shrine),
    "archaic_naos_burnt": Work("Archaic naos after the fire", early.naos_burnt),
    "building_yard": Work("Building yard of the great temple", early.building_yard),
    "monopteros": Work("Round temple of Roma and the emperor", roman.monopteros),
    "fountain": Work("Fountain house", roman.fountain),
    "imperial_statues": Work("Imperial statues", roman.imperial_statues),
    "church": Work("Church in the temple", _church),
    "baptistery": Work("Baptistery", church.baptistery),
    "terrace_walls_broken": Work("Walls of the terrace, broken", partial(precinct.terrace_walls, "silted", 0.55)),
    "temple_broken": Work("Great temple: stumps, broken cella, last beams", ruins.broken_temple),
    "temple_fallen_stones": Work("Great temple: fallen drums and blocks", ruins.fallen_stones),
    "altar_ruin": Work("Monumental altar, ruined", ruins.altar_ruin),
    "precinct_ruins": Work("Foundations of stoa, gate and votives", ruins.precinct_ruins),
    "chapel": Work("Chapel in the ruin", church.chapel),
    "bell_gable": Work("Bell gable of the chapel", church.bell_gable),
    "hamlet": Work("Hamlet built of spolia", village.hamlet),
    "excavation_gear": Work("Grid, railway and gear of the excavation", today.excavation_gear),
    "raised_columns": Work("Columns raised by anastylosis", today.raised_columns),
    "shelter": Work("Roof of steel and membrane over the ash altar", today.shelter),
    "walkway": Work("Visitors' walkway", today.walkway),
    "ticket_hut": Work("Ticket hut, fence and benches", today.ticket_hut),
    "temple_lions": Work("Great temple: gilded lions' heads", lions.gilded_lions),
    "boundary_stone": Work("Boundary stone", stele.earlier),
    "boundary_stone_change": Work("Boundary stone: gained and lost, 2009 to 2019", stele.changed),
}
"""In the order in which they are made."""

LATER: dict[str, tuple[tuple[str, Callable[[], Shape]], ...]] = {"boundary_stone": (("2019", stele.later),)}
"""Works that were recorded again: the year, and the shape that was found then"""


def make(slug: str) -> Model:
    """The model of one work, as it was recorded first."""
    return model(WORKS[slug].shape())


def make_later(slug: str, year: str) -> Model:
    """The model of a work as it was recorded again."""
    return model(dict(LATER[slug])[year]())
