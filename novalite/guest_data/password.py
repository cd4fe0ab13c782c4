"""password: the guest posts its administrator's password here, encrypted with the user's key.

It is kept in the instance's system metadata, whose values hold 255 characters: in pieces.
"""

from collections.abc import Mapping

NAME = "password"
PIECE = 255
PIECES = 4
MOST_BYTES = PIECE * PIECES


def join(system_metadata: Mapping[str, str] | None) -> str:
    """The password as posted; empty when there is none."""
    found = system_metadata or {}
    return "".join(found.get(f"password_{number}") or "" for number in range(PIECES))


def split(password: str) -> dict[str, str]:
    """The system metadata that holds ``password``; every piece is set, so that a shorter one
    replaces a longer one wholly. Raises ValueError when it is too long."""
    if len(password) > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES} bytes")
    return {
        f"password_{number}": password[number * PIECE : (number + 1) * PIECE]
        for number in range(PIECES)
    }
