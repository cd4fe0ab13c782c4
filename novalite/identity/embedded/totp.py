"""One-time passwords by time (RFC 6238): six digits, 30 seconds, SHA-1."""

import base64
import binascii
import hashlib
import hmac
import struct

STEP = 30  # seconds
WINDOW = (0, -1)  # steps that are accepted: this one and the last


def codes(secret: str, now: int) -> list[str]:
    """The codes that are accepted at ``now`` (seconds since 1970), none for a secret that is not
    base32."""
    try:
        key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    except (binascii.Error, ValueError):
        return []
    return [_code(key, now // STEP + step) for step in WINDOW]


def _code(key: bytes, counter: int) -> str:
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"
