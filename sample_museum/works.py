"""The assets of the sample museum by slug: what each is called and which shape it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sample_museum import temple, terrain
from sample_museum.models import model
from sample_museum.orders import BRIGHT, RESTRAINED
from sample_museum.solids import Shape, join
from tiling.mesh import Model


def _entablature_bright() -> Shape:
    return join((temple.entablature(BRIGHT), temple.both_ends(temple.pediment(BRIGHT))))


def _entablature_restrained() -> Shape:
    return join((temple.entablature(RESTRAINED), temple.both_ends(temple.pediment(RESTRAINED))))


def _cella() -> Shape:
    return join((temple.cella(), temple.porch_columns()))


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
    "temple_columns": Work("Great temple: columns of the colonnade", temple.columns),
    "temple_cella": Work("Great temple: cella and porches", _cella),
    "temple_ceiling": Work("Great temple: coffered ceilings", temple.ceiling),
    "temple_entablature_bright": Work("Great temple: entablature and gables, full colour", _entablature_bright),
    "temple_entablature_restrained": Work(
        "Great temple: entablature and gables, restrained colour", _entablature_restrained
    ),
    "temple_roof": Work("Great temple: marble roof", temple.roof),
}
"""In the order in which they are made."""


def make(slug: str) -> Model:
    """The model of one work."""
    return model(WORKS[slug].shape())
