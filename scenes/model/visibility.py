"""Who may know of a thing."""

from __future__ import annotations

from enum import StrEnum


class Visibility(StrEnum):
    """Who may know of a thing: those who work on it, those whom the museum made members, or everybody.

    What is written there and is none of these is a draft: an audience that cannot be read is nobody's.
    """

    DRAFT = "draft"
    MEMBERS = "members"
    PUBLIC = "public"

    @classmethod
    def _missing_(cls, value: object) -> Visibility:
        return cls.DRAFT
