"""Password hashes: scrypt, memory-hard, with their parameters beside them.

A hash reads ``$scrypt$ln=13,r=8,p=1$<salt>$<digest>`` (base64 without padding). One
verification takes 8 MiB and about 30 ms of one core at the default cost; a hash of another
cost stays valid.
"""

import base64
import hashlib
import hmac
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

COST = 13  # log2 of scrypt's N, unless [embedded]password_cost says otherwise
BLOCK = 8
PARALLEL = 1
LONGEST = 4096  # bytes of a password; scrypt's first step grows with its input


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _digest(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    memory = 2 * 128 * (2**cost) * block * parallel
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=2**cost,
        r=block,
        p=parallel,
        maxmem=memory,
        dklen=32,
    )


class PasswordHasher:
    """Computes all hashes in one thread of its own. So a flood of log-ins waits for its turn
    instead of taking the machine; and the memory that a hash takes is kept by the allocator
    once, not once for every thread that ever hashed."""

    def __init__(self, cost: int = COST) -> None:
        """``cost``: log2 of scrypt's N for new hashes; one more doubles time and memory."""
        self._cost = cost
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="passwords")

    def hash(self, password: str) -> str:
        """Raises ValueError for a password over LONGEST bytes."""
        if _too_long(password):
            raise ValueError(f"a password has at most {LONGEST} bytes")
        salt = os.urandom(16)
        digest = self._compute(password, salt, self._cost, BLOCK, PARALLEL)
        return f"$scrypt$ln={self._cost},r={BLOCK},p={PARALLEL}${_encode(salt)}${_encode(digest)}"

    def verify(self, password: str, hashed: str | None) -> bool:
        """Whether it fits. ``None`` (no such user, or no password) costs the same time as a
        hash and is always False, so that an answer's delay does not tell which users exist."""
        if _too_long(password):
            password, hashed = "", None
        if hashed is None:
            self._compute(password, bytes(16), self._cost, BLOCK, PARALLEL)
            return False
        _, kind, parameters, salt, digest = hashed.split("$")
        if kind != "scrypt":
            raise ValueError(f"unknown password hash {kind!r}")
        values = dict(item.split("=") for item in parameters.split(","))
        found = self._compute(
            password, _decode(salt), int(values["ln"]), int(values["r"]), int(values["p"])
        )
        return hmac.compare_digest(found, _decode(digest))

    def _compute(self, *arguments: Any) -> bytes:
        return self._worker.submit(_digest, *arguments).result()


def _too_long(password: str) -> bool:
    return len(password.encode("utf-8", "surrogatepass")) > LONGEST
