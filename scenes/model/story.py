"""What is told of a scene: articles, and tours with their steps."""

from __future__ import annotations

from dataclasses import dataclass

from scenes.model.evidence import Source
from scenes.model.scene import Viewpoint
from scenes.model.text import LocalText


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in an article: an address or a deposited asset, never both."""

    url: str = ""
    asset: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """A longer text about a scene, in several languages, with pictures."""

    id: str
    scene: str
    title: str
    bodies: tuple[LocalText, ...]
    """one a language"""
    pictures: tuple[Picture, ...] = ()
    existence: str = ""
    """EDTF: the time that it tells of; empty: no particular one"""
    author: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Audio:
    """A recording for a step, by its address or as a deposited asset, with its captions."""

    url: str = ""
    asset: str = ""
    captions: str = ""
    """WebVTT; empty: none"""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class TourStep:
    """One stop of a tour."""

    title: str
    text: str
    viewpoint: Viewpoint
    moment: str
    """EDTF"""
    hypothesis: str = ""
    audio: Audio | None = None


@dataclass(frozen=True, slots=True)
class Tour:
    """A guided way through a scene and its time."""

    id: str
    scene: str
    title: str
    steps: tuple[TourStep, ...]
    description: str = ""
