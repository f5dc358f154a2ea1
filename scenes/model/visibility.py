"""Who may know of a thing."""

from __future__ import annotations

from enum import StrEnum


class Visibility(StrEnum):
    """Who may know of a thing: those who work on it, or everybody."""

    DRAFT = "draft"
    PUBLIC = "public"
