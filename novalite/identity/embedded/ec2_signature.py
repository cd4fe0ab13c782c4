"""Signatures of EC2 (versions 2 and 4) and S3 requests, checked with the secret key."""

import base64
import binascii
import datetime
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

V4 = "AWS4-HMAC-SHA256"
Row = dict[str, Any]


def fits(secret: str, asked: Row) -> bool:
    """``asked``: ``signature``, ``host``, ``verb``, ``path``, ``params``, ``headers`` and
    ``body_hash`` of the request that was signed; the last three may be missing."""
    params = {str(k): _text(v) for k, v in (asked.get("params") or {}).items()}
    headers = {str(k).lower(): str(v) for k, v in (asked.get("headers") or {}).items()}
    signature = str(asked.get("signature") or params.get("Signature") or "")
    for host in _hosts(str(asked.get("host") or "")):
        request = {**asked, "host": host, "params": params, "headers": headers}
        wanted = _version4(secret, request) if _is_v4(request) else _version2(secret, request)
        if wanted is not None and _same(wanted, signature):
            return True
    return False


def signed_at(asked: Row) -> datetime.datetime | None:
    """Naive UTC; None when the request does not say. Raises ValueError for what is no time."""
    params = asked.get("params") or {}
    headers = {str(k).lower(): v for k, v in (asked.get("headers") or {}).items()}
    text = params.get("Timestamp") or params.get("X-Amz-Date") or headers.get("x-amz-date")
    if not text:
        return None
    text = str(text)
    if len(text) == 16 and "-" not in text:
        return datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ")
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is not None:
        found = found.astimezone(datetime.UTC).replace(tzinfo=None)
    return found


def s3_fits(secret: str, signature: str, text: bytes) -> bool:
    """``text``: what was signed, as S3 middleware hands it on."""
    if text.startswith(V4.encode()):
        lines = text.decode("utf-8", "replace").split("\n")
        if len(lines) < 4 or lines[2].count("/") != 3:
            return False
        key = _key4(secret, *lines[2].split("/")[:3])
        wanted = hmac.new(key, text, hashlib.sha256).hexdigest()
    else:
        wanted = _base64(hmac.new(secret.encode(), text, hashlib.sha1).digest())
    return _same(wanted, signature)


def decode(text: str) -> bytes:
    """Raises ValueError."""
    try:
        return base64.urlsafe_b64decode(text.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError) as e:
        raise ValueError("not base64") from e


def _version2(secret: str, request: Row) -> str | None:
    params = {k: v for k, v in request["params"].items() if k != "Signature"}
    if params.get("SignatureVersion") != "2":
        return None
    digest = hashlib.sha1 if params.get("SignatureMethod") == "HmacSHA1" else hashlib.sha256
    query = "&".join(f"{_escape(k)}={_escape(params[k])}" for k in sorted(params))
    lines = [str(request.get("verb")), request["host"], str(request.get("path")), query]
    return _base64(hmac.new(secret.encode(), "\n".join(lines).encode(), digest).digest())


def _is_v4(request: Row) -> bool:
    authorization = request["headers"].get("authorization", "")
    return authorization.startswith(V4) or request["params"].get("X-Amz-Algorithm") == V4


def _version4(secret: str, request: Row) -> str | None:
    headers, params = request["headers"], request["params"]
    fields = _fields4(headers.get("authorization", ""))
    scope = (fields.get("Credential") or params.get("X-Amz-Credential", "")).split("/")
    signed = fields.get("SignedHeaders") or params.get("X-Amz-SignedHeaders", "")
    date = headers.get("x-amz-date") or params.get("X-Amz-Date", "")
    if len(scope) != 5:
        return None
    values = {**headers, "host": request["host"]}
    lines = [f"{name}:{values.get(name, '').strip()}\n" for name in signed.split(";")]
    query = "&".join(
        f"{_escape(k)}={_escape(params[k])}"
        for k in sorted(params)
        if k not in ("X-Amz-Signature", "Signature")
    )
    parts = [
        str(request.get("verb")),
        str(request.get("path")),
        query,
        "".join(lines),
        signed,
        str(request.get("body_hash") or ""),
    ]
    whole = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    text = "\n".join((V4, date, "/".join(scope[1:]), whole))
    return hmac.new(_key4(secret, *scope[1:4]), text.encode(), hashlib.sha256).hexdigest()


def _fields4(authorization: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in authorization.removeprefix(V4).split(","))
    return {name: value for name, _, value in pairs}


def _key4(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _hosts(host: str) -> list[str]:
    """Some clients sign the host without its port."""
    name, _, port = host.rpartition(":")
    return [host, name] if name and port.isdigit() else [host]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _escape(text: str) -> str:
    return quote(text, safe="-_~")


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogatepass"))
