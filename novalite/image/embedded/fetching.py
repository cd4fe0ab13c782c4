"""Data from elsewhere, over HTTP: only from hosts that the configuration names.

A service that fetches what users name reaches networks that users do not: so nothing is allowed
that is not configured, each redirection is checked as the first URL was, no credentials are
sent along, and the answer is bytes to be inspected and nothing else.
"""

import dataclasses
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from novalite import exception
from novalite.image.embedded.store import CHUNK

if TYPE_CHECKING:
    from oslo_config import cfg

LOG = logging.getLogger(__name__)

CONNECT_SECONDS = 10
READ_SECONDS = 60  # without a byte
REDIRECTIONS = 5
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_BLANK = re.compile(r"[\x00-\x20\x7f]")
PORTS = {"http": 80, "https": 443}


class NotFetched(exception.NovaliteError):
    """What was to be fetched is not there, or broke off."""

    code = 503
    message = "{reason}"


@dataclasses.dataclass(slots=True)
class Fetched:
    """``size`` in bytes as announced, None where it is not."""

    chunks: Iterator[bytes]
    size: int | None


class Fetcher:
    """Safe for threads."""

    def __init__(self, conf: "cfg.ConfigOpts") -> None:
        self._allowed = [entry.strip().lower() for entry in conf.embedded.image_web_hosts]

    @property
    def configured(self) -> bool:
        return bool(self._allowed)

    def allows(self, url: str) -> bool:
        """Whether a URL is on one of the configured hosts."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if parts.scheme not in PORTS or parts.username is not None or _BLANK.search(url):
            return False
        if not _HOST.fullmatch(host):
            return False  # other characters end a host's name for some readers of URLs
        usual = port is None or port in PORTS.values()
        named = f"{host}:{port or PORTS[parts.scheme]}"
        for entry in self._allowed:
            pattern, colon, _ = entry.partition(":")
            if not _matches(host, pattern):
                continue
            if (colon and named == entry.replace(pattern, host, 1)) or (not colon and usual):
                return True
        return False

    def require(self, url: str, what: str) -> None:
        """Raises Invalid in the real service's words."""
        if not self.allows(url):
            raise exception.Invalid(f"URI for {what} does not pass filtering: {url}")

    def open(self, url: str, start: int = 0, length: int | None = None) -> Fetched:
        """The data behind ``url``, or a part of them. Raises NotFetched at once when they are
        not there, and while reading when they break off."""
        answer = self._answer(url, start, length)
        text = answer.headers.get("Content-Length", "")
        size = int(text) if text.isascii() and text.isdigit() else None
        skip = start if answer.status_code == 200 else 0  # a server that knows no ranges
        return Fetched(_chunks(answer, url, size, skip, length), size)

    def size(self, url: str) -> int | None:
        """As announced. Raises NotFetched."""
        answer = self._answer(url, 0, None, "HEAD")
        text = answer.headers.get("Content-Length", "")
        answer.close()
        return int(text) if text.isascii() and text.isdigit() else None

    def _answer(self, url: str, start: int, length: int | None, method: str = "GET") -> Any:
        import requests  # 10 MB that most clouds never need

        headers = {"Accept-Encoding": "identity"}
        if start or length is not None:
            end = "" if length is None else start + length - 1
            headers["Range"] = f"bytes={start}-{end}"
        session = requests.Session()
        session.trust_env = False  # neither proxies nor passwords of this process's user
        here = url
        for _ in range(REDIRECTIONS):
            if not self.allows(here):
                raise NotFetched(reason=f"{url} leads to a host that is not allowed")
            try:
                answer = session.request(
                    method, here, headers=headers, stream=True, allow_redirects=False,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                )  # fmt: skip
            except (requests.RequestException, ValueError) as e:
                LOG.info("%s cannot be fetched: %s", url, e)
                raise NotFetched(reason=f"{url} does not answer") from e
            if answer.is_redirect:
                here = urljoin(here, answer.headers["Location"])
                answer.close()
                continue
            if answer.status_code not in (200, 206):
                answer.close()
                raise NotFetched(reason=f"{url} answers {answer.status_code}")
            return answer
        raise NotFetched(reason=f"{url} leads in a circle")


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern


def _chunks(
    answer: Any, url: str, size: int | None, skip: int, length: int | None
) -> Iterator[bytes]:
    came = 0
    left = length
    try:
        with answer:
            for chunk in answer.raw.stream(CHUNK, decode_content=False):
                came += len(chunk)
                part = chunk
                if skip:
                    part, skip = part[skip:], max(0, skip - len(part))
                if left is not None:
                    part = part[:left]
                    left -= len(part)
                if part:
                    yield part
                if left == 0:
                    return
    except GeneratorExit:
        raise
    except Exception as e:  # of urllib3, of the socket
        raise NotFetched(reason=f"{url} broke off") from e
    if size is not None and came < size:
        raise NotFetched(reason=f"{url} broke off after {came} of {size} bytes")
