"""What a use case or a port refuses, and why. `api/errors.py` is the one table from these to status and close codes."""

from __future__ import annotations


class SceneError(Exception):
    """The museum refuses this request."""

    code = "REFUSED"


class NotFound(SceneError):
    """There is no such thing, or it is not for you to know of."""

    code = "NOT_FOUND"


class Conflict(SceneError):
    """Somebody changed it in the meantime."""

    code = "CONFLICT"


class Forbidden(SceneError):
    """Your role does not allow this."""

    code = "FORBIDDEN"


class Unauthorized(SceneError):
    """The token is missing, unknown or expired."""

    code = "UNAUTHORIZED"


class Invalid(SceneError):
    """A value cannot be accepted; the message says which and why."""

    code = "INVALID"


class InUse(SceneError):
    """Something else still refers to it; the message says what."""

    code = "IN_USE"


class Cycle(SceneError):
    """Things would depend on one another in a circle; the message names it."""

    code = "CYCLE"


class Contradiction(SceneError):
    """What is said of times cannot all be true; the message gives the statements."""

    code = "CONTRADICTION"


class Malformed(SceneError):
    """The file is not what it claims to be, or is broken."""

    code = "MALFORMED"


class Unsupported(SceneError):
    """The file's format is none that is read here."""

    code = "UNSUPPORTED"


class TooLarge(SceneError):
    """A stated limit is exceeded."""

    code = "LIMIT"


class ForbiddenReference(SceneError):
    """The file points outside itself."""

    code = "FORBIDDEN_REF"


class ParserCrash(SceneError):
    """The parser died on this file; it is kept apart."""

    code = "PARSER_CRASH"


class StorageFull(SceneError):
    """The disk is full; nothing was lost, reading goes on."""

    code = "STORAGE_FULL"


class Unavailable(SceneError):
    """The database or the store does not answer; what was acknowledged is kept. Try again soon."""

    code = "UNAVAILABLE"


class Damaged(SceneError):
    """Kept bytes are not what they were; they are not handed out."""

    code = "DAMAGED"
