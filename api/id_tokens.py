"""Whether an ID token is what an identity provider says of who signed in here (OpenID Connect Core, 3.1.3.7). Pure.

Only signatures by keys that the provider publishes count, never ones by a shared secret: a token that is "signed" with
HS256 and a public key, or not at all, would be anybody's.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

import jwt

from scenes.errors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
LEEWAY_S = 60
"""clocks differ"""
_OLDEST_S = 600
"""since it was issued: it was asked for a moment ago"""
_MOST_BYTES = 32 << 10


class UnknownKey(Exception):
    """The token names a key that is not among those at hand; the provider may have new ones."""


def claims_of(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, at: datetime
) -> dict[str, Any]:
    """What a token says, verified. `keys` is the provider's JWK set, `at` the time of day.

    Raises:
        Unauthorized: it is not by this provider, for this museum, of this moment and this attempt.
        UnknownKey: it is signed by a key that is not there.
    """
    if len(token) > _MOST_BYTES:
        raise Unauthorized("the ID token is too long")
    try:
        head = jwt.get_unverified_header(token)
        algorithm = head.get("alg")
        if algorithm not in ALGORITHMS:
            raise Unauthorized(f"the ID token is signed by {str(algorithm)[:20]!r}, which does not count")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, head),
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            # Times are compared with the clock that was passed in.
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False, "verify_iat": False, "verify_nbf": False,
            },
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unauthorized(f"the ID token does not hold ({type(error).__name__})") from error
    _check_times(claims, at.timestamp())
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != client_id:
        raise Unauthorized("the ID token is for several, and not for this museum in the first place")
    if claims.get("azp", client_id) != client_id:
        raise Unauthorized("the ID token was given to another client")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Unauthorized("the ID token belongs to another attempt")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise Unauthorized("the ID token says nobody's name")
    return claims


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    times = [claims["exp"], claims["iat"], claims.get("nbf", 0)]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in times):
        raise Unauthorized("the ID token's times are none")
    expires, issued, begins = times
    if now >= expires + LEEWAY_S:
        raise Unauthorized("the ID token has expired")
    if not now - _OLDEST_S - LEEWAY_S < issued <= now + LEEWAY_S or begins > now + LEEWAY_S:
        raise Unauthorized("the ID token was not issued now")


def _key(keys: Mapping[str, Any], head: Mapping[str, Any]) -> jwt.PyJWK:
    """The published key that a token names; where it names none, the only one."""
    listed = keys.get("keys")
    fit = [
        each
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and each.get("kty") != "oct" and each.get("use", "sig") == "sig"
        and ("kid" not in head or each.get("kid") == head["kid"])
        and each.get("alg", head["alg"]) == head["alg"]
    ]  # fmt: skip
    if len(fit) != 1:
        raise UnknownKey
    return jwt.PyJWK(fit[0], algorithm=head["alg"])
