"""What a token says, and how it is sealed: encrypted and signed, with no row in a database."""

import base64
import binascii
import dataclasses
import datetime
import json
import os

from cryptography.fernet import InvalidToken

from novalite import exception
from novalite.identity.embedded.keys import KeyRepository

EPOCH = datetime.datetime(1970, 1, 1)  # naive UTC, like all our times
_FORMATS = (1, 2)  # the first has no grounds
LONGEST = 2048  # characters; ours have under 600


def microseconds(moment: datetime.datetime) -> int:
    return (moment - EPOCH) // datetime.timedelta(microseconds=1)


def moment(micros: int) -> datetime.datetime:
    return EPOCH + datetime.timedelta(microseconds=micros)


def new_audit_id() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode("ascii")


@dataclasses.dataclass(frozen=True, slots=True)
class Claims:
    """``scope`` is "" (unscoped), "project", "domain" or "system"; ``scope_id`` its id, for
    system "all". Times are microseconds since 1970. ``audit_ids``: this token's own, then that
    of the log-in it descends from. ``grounds`` is "" or what the token's rights come from instead
    of the user's own roles: "trust", "application_credential" or "oauth1", with its id."""

    user_id: str
    methods: tuple[str, ...]
    scope: str
    scope_id: str
    issued_at: int
    expires_at: int
    audit_ids: tuple[str, ...]
    grounds: str = ""
    grounds_id: str = ""


def seal(keys: KeyRepository, claims: Claims) -> str:
    body = [_FORMATS[-1], *dataclasses.astuple(claims)]
    raw = json.dumps(body, separators=(",", ":")).encode("utf-8")
    return keys.fernet().encrypt(raw).rstrip(b"=").decode("ascii")


def unseal(keys: KeyRepository, token: str) -> Claims:
    """Raises Unauthorized for anything that these keys did not seal. Expiry is not looked at."""
    if not token or len(token) > LONGEST:
        raise exception.Unauthorized()
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        body = json.loads(keys.fernet().decrypt(padded))
        if body[0] not in _FORMATS:
            raise exception.Unauthorized()
        user_id, methods, scope, scope_id, issued_at, expires_at, audit_ids, *grounds = body[1:]
    except (InvalidToken, UnicodeEncodeError, binascii.Error, ValueError) as e:
        raise exception.Unauthorized() from e
    return Claims(
        user_id,
        tuple(methods),
        scope,
        scope_id,
        issued_at,
        expires_at,
        tuple(audit_ids),
        *grounds,
    )
