"""Who a client has shown to be, and by which methods."""

import dataclasses

from novalite import exception
from novalite.identity.embedded.rows import Row

_EXEMPT = {"token", "application_credential", "oauth1"}
"""Methods that stand for a log-in which has met the user's rules already."""


@dataclasses.dataclass(slots=True)
class Proof:
    """A token passes on its expiry (microseconds) and its origin (``chain``), so that nobody
    stays logged in for ever by changing one token for the next. ``grounds``: see tokens.Claims;
    ``bound_to`` is the only project that it is good for."""

    user: Row
    methods: list[str]
    expires_at: int
    chain: tuple[str, ...] = ()
    grounds: str = ""
    grounds_id: str = ""
    bound_to: str = ""


def join(one: Proof, other: Proof) -> Proof:
    """Both together. Raises Unauthorized when they are not of one user."""
    if one.user["id"] != other.user["id"]:
        raise exception.Unauthorized()
    if one.grounds and other.grounds and one.grounds_id != other.grounds_id:
        raise exception.Unauthorized()
    # The narrower of the two counts.
    narrow = one if one.grounds else other
    return Proof(
        one.user,
        [*one.methods, *(m for m in other.methods if m not in one.methods)],
        min(one.expires_at, other.expires_at),
        one.chain or other.chain,
        narrow.grounds,
        narrow.grounds_id,
        narrow.bound_to,
    )


def satisfies_rules(proof: Proof) -> bool:
    """Whether the methods are enough for the user's options ``multi_factor_auth_enabled`` and
    ``multi_factor_auth_rules`` (lists of methods, one of which has to be whole)."""
    options = proof.user.get("options") or {}
    rules = [set(rule) for rule in options.get("multi_factor_auth_rules") or () if rule]
    if not options.get("multi_factor_auth_enabled") or not rules:
        return True
    methods = set(proof.methods)
    return bool(methods & _EXEMPT) or any(rule <= methods for rule in rules)
