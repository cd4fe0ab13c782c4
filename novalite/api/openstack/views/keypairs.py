"""How key pairs look."""

from collections.abc import Sequence
from typing import Any

from novalite.objects import KeyPair
from novalite.wsgi.operations import Request
from novalite.wsgi.paging import next_links


def _summary(req: Request, keypair: KeyPair) -> dict[str, Any]:
    view = {
        "name": keypair.name,
        "public_key": keypair.public_key,
        "fingerprint": keypair.fingerprint,
    }
    if req.version >= (2, 2):
        view["type"] = keypair.type
    return view


def created(req: Request, keypair: KeyPair, private_key: str | None) -> dict[str, Any]:
    view = _summary(req, keypair) | {"user_id": keypair.user_id}
    if private_key is not None:
        view["private_key"] = private_key
    return {"keypair": view}


def shown(req: Request, keypair: KeyPair) -> dict[str, Any]:
    assert keypair.created_at is not None
    view = _summary(req, keypair) | {
        "user_id": keypair.user_id,
        "id": keypair.id,
        "created_at": keypair.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "updated_at": None,
        "deleted": False,
        "deleted_at": None,
    }
    return {"keypair": view}


def listed(req: Request, keypairs: Sequence[KeyPair], limit: int | None) -> dict[str, Any]:
    """``limit`` None: the list has no pages at this version."""
    answer: dict[str, Any] = {"keypairs": [{"keypair": _summary(req, k)} for k in keypairs]}
    if limit is not None:
        last = keypairs[-1].name if keypairs else ""
        more = next_links(req, "/os-keypairs", limit, len(keypairs), last)
        if more:
            answer["keypairs_links"] = more
    return answer
