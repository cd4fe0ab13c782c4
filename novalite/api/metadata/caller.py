"""Which guest asks: the headers that the network's metadata proxy adds, and their signature."""

import dataclasses
import hashlib
import hmac
import logging
from collections.abc import Mapping

from novalite.exception import Forbidden, Invalid

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Caller:
    instance_uuid: str
    project_id: str
    address: str
    """Where the request came from, for the log."""


def signature(secret: str, instance_uuid: str) -> str:
    return hmac.new(secret.encode(), instance_uuid.encode(), hashlib.sha256).hexdigest()


def identify(environ: Mapping[str, str], secret: str) -> Caller:
    """Raises Invalid (400) for a header that is missing or there twice, Forbidden (403) for a
    signature that is not ours. Without a secret nothing is signed, and so nobody is let in."""
    instance_uuid = _header(environ, "X-Instance-ID")
    project_id = _header(environ, "X-Tenant-ID")
    signed = _header(environ, "X-Instance-ID-Signature")
    address = environ.get("HTTP_X_FORWARDED_FOR") or environ.get("REMOTE_ADDR") or ""
    if not secret:
        LOG.error("[neutron]metadata_proxy_shared_secret is not set: no guest can be told apart")
        raise Forbidden("Invalid proxy request signature.")
    expected = signature(secret, instance_uuid)
    if not hmac.compare_digest(expected.encode(), signed.encode("utf-8", "replace")):
        LOG.warning("Wrong signature for instance %s from %s", instance_uuid, address)
        raise Forbidden("Invalid proxy request signature.")
    return Caller(instance_uuid, project_id, address)


def _header(environ: Mapping[str, str], name: str) -> str:
    value = environ.get("HTTP_" + name.upper().replace("-", "_"), "").strip()
    if not value:
        raise Invalid(f"{name} header is missing from request.")
    if "," in value:  # how a server joins a header that came more than once
        raise Invalid(f"Multiple {name} headers found within request.")
    return value
