"""``Idempotency-Key``: a create request that is repeated makes no second server.

The key is reserved in the transaction that writes the servers, so there is never a server without
its key nor a key without its server. What is kept is what the answer is made of, except the
administrator's password: that is stored nowhere, and so a repeated answer lacks one that was
generated.
"""

import dataclasses
import hashlib
import json
from typing import Any

from sqlalchemy import Connection

from novalite.api.compute.request import Created, CreateRequest
from novalite.context import RequestContext
from novalite.db.api_database import idempotency_keys
from novalite.exception import IdempotencyKeyReused, ValidationError

HEADER = "Idempotency-Key"
MAX_KEY = 255


def check_key(key: str | None) -> str | None:
    """Raises ValidationError for a key that cannot be kept."""
    if key is None:
        return None
    key = key.strip()
    if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise ValidationError(
            detail=f"{HEADER} must hold 1 to {MAX_KEY} printable ASCII characters."
        )
    return key


def canonical(value: Any) -> str:
    """JSON that does not depend on the order of members."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def body_hash(body: Any) -> str:
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def former_answer(
    conn: Connection, context: RequestContext, request: CreateRequest
) -> Created | None:
    """What was answered to this key before; None when it is new.

    Raises IdempotencyKeyReused (409) when it came with another body.
    """
    if request.idempotency_key is None:
        return None
    known = idempotency_keys.get(conn, context.project_id or "", request.idempotency_key)
    if known is None:
        return None
    if known.body_hash != request.body_hash:
        raise IdempotencyKeyReused(key=request.idempotency_key)
    return _answer(known, request)


def reserve(
    conn: Connection, context: RequestContext, request: CreateRequest, created: Created
) -> Created | None:
    """In the transaction that writes the servers. None: go on. Else another request with the key
    was faster, and its answer is ours too. Raises IdempotencyKeyReused (409)."""
    key, project_id = request.idempotency_key, context.project_id or ""
    if key is None:
        return None
    known = idempotency_keys.reserve(conn, project_id, key, request.body_hash)
    if known is not None:
        return _answer(known, request)
    response = {**dataclasses.asdict(created), "admin_password": None}
    idempotency_keys.finish(conn, project_id, key, response)
    return None


def _answer(known: idempotency_keys.IdempotencyKey, request: CreateRequest) -> Created:
    return Created(**{**known.response, "admin_password": request.admin_password})
