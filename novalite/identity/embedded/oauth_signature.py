"""Signatures of OAuth 1.0a (RFC 5849): HMAC-SHA1 over the request, in the Authorization header."""

import base64
import dataclasses
import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from novalite import exception

_PAIR = re.compile(r'\s*([^=\s]+)="([^"]*)"\s*')


@dataclasses.dataclass(frozen=True, slots=True)
class Signed:
    """A request with its signature. ``token`` and ``verifier`` are None where none was sent."""

    consumer: str
    token: str | None
    verifier: str | None
    timestamp: int
    signature: str
    base: str


def read(method: str, url: str, header: str | None) -> Signed:
    """``url``: as the client called it, with its query. Raises Unauthorized for a header that is
    not one of OAuth, and for other methods of signing."""
    values = _header(header)
    if values.get("oauth_signature_method") != "HMAC-SHA1":
        raise exception.Unauthorized()
    signature = values.pop("oauth_signature", "")
    values.pop("realm", None)
    try:
        timestamp = int(values["oauth_timestamp"])
        consumer = values["oauth_consumer_key"]
    except (KeyError, ValueError):
        raise exception.Unauthorized() from None
    return Signed(
        consumer=consumer,
        token=values.get("oauth_token"),
        verifier=values.get("oauth_verifier"),
        timestamp=timestamp,
        signature=signature,
        base=_base(method, url, values),
    )


def fits(signed: Signed, consumer_secret: str, token_secret: str) -> bool:
    return hmac.compare_digest(
        sign(signed.base, consumer_secret, token_secret).encode(),
        signed.signature.encode("utf-8", "surrogatepass"),
    )


def sign(base: str, consumer_secret: str, token_secret: str) -> str:
    key = f"{_escape(consumer_secret)}&{_escape(token_secret)}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _header(header: str | None) -> dict[str, str]:
    kind, _, rest = (header or "").partition(" ")
    if kind.lower() != "oauth":
        raise exception.Unauthorized()
    found = {}
    for part in rest.split(","):
        match = _PAIR.fullmatch(part)
        if match:
            found[unquote(match[1])] = unquote(match[2])
    return found


def _base(method: str, url: str, values: dict[str, str]) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    default = {"http": 80, "https": 443}.get(parts.scheme)
    if parts.port is not None and parts.port != default:
        host += f":{parts.port}"
    pairs = [*values.items(), *parse_qsl(parts.query, keep_blank_values=True)]
    escaped = sorted((_escape(name), _escape(value)) for name, value in pairs)
    query = "&".join(f"{name}={value}" for name, value in escaped)
    where = f"{parts.scheme.lower()}://{host}{parts.path}"
    return "&".join((method.upper(), _escape(where), _escape(query)))


def _escape(text: str) -> str:
    return quote(text, safe="~", errors="surrogatepass")
