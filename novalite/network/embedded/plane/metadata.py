"""169.254.169.254 inside every network: tells the metadata service who asks.

A guest is known by the address that it asks from (which it cannot forge, see rulesets) and the
network that it asks in. The request goes on with headers that name the server, signed with
[neutron]metadata_proxy_shared_secret.
"""

import contextlib
import hashlib
import hmac
import http.client
import logging
import socket
import threading
from collections.abc import Callable, Collection
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from novalite.exception import NovaliteError
from novalite.network.embedded.plane import netns
from novalite.network.embedded.plane.inet_rules import METADATA_ADDRESS, METADATA_PORT

LOG = logging.getLogger(__name__)

OwnerOf = Callable[[Collection[str], str], "tuple[str, str] | None"]
"""(networks' ids, address) -> (server's uuid, project id)."""

CONNECTIONS_PER_PLACE = 16
CLIENT_TIMEOUT = 10.0
SERVICE_TIMEOUT = 30.0
MOST_BODY = 65536
IDENTIFYING = frozenset(
    {
        "x-forwarded-for",
        "x-instance-id",
        "x-instance-id-signature",
        "x-tenant-id",
        "x-metadata-provider",
        "x-metadata-provider-signature",
    }
)
PER_CONNECTION = frozenset(
    {"connection", "keep-alive", "host", "content-length", "transfer-encoding", "te", "upgrade"}
)


class MetadataProxies:
    """One listening socket per place (a network or a router, by its id), all served by threads
    of this process. The guests of a place are those of the networks given with it."""

    def __init__(self, url: str, secret: str, owner_of: OwnerOf) -> None:
        self.url = urlsplit(url)
        self.secret = secret.encode()
        self.owner_of = owner_of
        self._sockets: dict[str, socket.socket] = {}
        self._networks: dict[str, frozenset[str]] = {}

    def open(self, place: str, namespace: str, networks: Collection[str]) -> None:
        """Serve inside ``namespace``; nothing when it is served already."""
        self._networks[place] = frozenset(networks)
        if place in self._sockets:
            return
        listener = _listen(namespace)
        self._sockets[place] = listener
        threading.Thread(
            target=self._accept,
            args=(place, listener),
            name=f"metadata {place[:8]}",
            daemon=True,
        ).start()

    def close(self, place: str) -> None:
        self._networks.pop(place, None)
        listener = self._sockets.pop(place, None)
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()

    def stop(self) -> None:
        for place in list(self._sockets):
            self.close(place)

    def _accept(self, place: str, listener: socket.socket) -> None:
        free = threading.Semaphore(CONNECTIONS_PER_PLACE)
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return  # closed
            if not free.acquire(blocking=False):
                connection.close()  # a guest that holds many connections harms its network only
                continue
            threading.Thread(
                target=self._serve, args=(place, connection, address, free), daemon=True
            ).start()

    def _serve(
        self,
        place: str,
        connection: socket.socket,
        address: tuple[str, int],
        free: threading.Semaphore,
    ) -> None:
        try:
            connection.settimeout(CLIENT_TIMEOUT)
            with contextlib.suppress(OSError):
                _Handler(connection, address, _Server(self, place))  # type: ignore[arg-type]
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        finally:
            connection.close()
            free.release()

    # ---- one request ----

    def identify(self, place: str, address: str) -> dict[str, str] | None:
        """The headers for a request from ``address``; None when nobody has it."""
        owner = self.owner_of(self._networks.get(place, frozenset()), address)
        if owner is None:
            return None
        server, project = owner
        signature = hmac.new(self.secret, server.encode(), hashlib.sha256).hexdigest()
        return {
            "X-Forwarded-For": address,
            "X-Instance-ID": server,
            "X-Tenant-ID": project,
            "X-Instance-ID-Signature": signature,
        }

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        """(status, content type, body) of the metadata service. Raises OSError."""
        secure = self.url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self.url.netloc, timeout=SERVICE_TIMEOUT)
        try:
            connection.request(method, self.url.path.rstrip("/") + path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, answer.getheader("Content-Type", "text/plain"), content
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


def _listen(namespace: str) -> socket.socket:
    with netns.inside(namespace):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((METADATA_ADDRESS, METADATA_PORT))
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


class _Server:
    """What BaseHTTPRequestHandler calls its server."""

    def __init__(self, proxies: MetadataProxies, place: str) -> None:
        self.proxies = proxies
        self.place = place


class _Handler(BaseHTTPRequestHandler):
    """One request per connection."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self._forward()

    do_HEAD = do_POST = do_PUT = do_GET

    def _forward(self) -> None:
        self.close_connection = True
        address = self.client_address[0]
        try:
            identity = self.server.proxies.identify(self.server.place, address)
        except NovaliteError as error:
            LOG.warning("A metadata request of %s could not be identified: %s", address, error)
            self._answer(503, "text/plain", b"")
            return
        if identity is None:
            self._answer(404, "text/plain", b"404 Not Found")
            return
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > MOST_BODY:
            self._answer(413, "text/plain", b"")
            return
        body = self.rfile.read(int(length))
        passed = {
            name: value
            for name, value in self.headers.items()
            if name.lower().replace("_", "-") not in IDENTIFYING | PER_CONNECTION
        }
        try:
            answer = self.server.proxies.ask(self.command, self.path, passed | identity, body)
        except OSError as error:
            LOG.warning("The metadata service does not answer: %s", error)
            answer = (503, "text/plain", b"")
        self._answer(*answer)

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "metadata"

    def log_message(self, format: str, *args: Any) -> None:
        LOG.debug("%s " + format, self.client_address[0], *args)
