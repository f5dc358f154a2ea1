"""Numbers of docs/protocol.md that both sides keep to. A test compares them with the page."""

from __future__ import annotations

MAX_FRAME = 65536
"""bytes of the longest binary message in either direction, and of the client's text"""
MAX_SERVER_TEXT = 16 << 20
MAX_TEXT_FIELD = 20_000
MAX_AT = 200
MAX_ID = 200
MAX_TOKEN = 64
"""characters of a token of resumption"""
MAX_HELD = 100_000
"""prefixes that a client may name in a session"""
MAX_HAVE = 8_000
"""prefixes in one HAVE"""
MAX_DRAWN = 5_400
"""nodes drawn at once, so that any change of a cut fits one CUT: as many that leave and as many that come"""
MAX_GROUPS = 32
"""groups of a tile that a CUT can hide: bits of a number"""
MAX_COUNT = 1 << 53
"""whole numbers in JSON end where a double stops counting"""
MAX_U32 = 0xFFFF_FFFF
MAX_U64 = 0xFFFF_FFFF_FFFF_FFFF
MAX_METRES = 1e7
MAX_TRANSFORM = 1e30
FOV_RANGE = (0.02, 3.0)
ASPECT_RANGE = (0.05, 20.0)
MAX_PIXELS = 16384
NO_PLACEMENT = MAX_U32
"""number in NODES of tiles that belong to no placement: proxies of groups, in the scene's own frame"""
STALL_S = 20.0
RESUME_S = 60.0
