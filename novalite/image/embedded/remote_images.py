"""Images of another region's image service, asked with the token of the user who wants a copy."""

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from typing import Any

from novalite.context import RequestContext
from novalite.image.embedded.fetching import CONNECT_SECONDS, READ_SECONDS, NotFetched
from novalite.image.embedded.store import CHUNK

Row = dict[str, Any]
# What is taken over besides the formats: names, and beginnings of names.
COPIED = ("hw_", "trait:", "os_distro", "os_secure_boot", "os_type")


class RemoteImages:
    """Tokens are kept in memory only, and only while their task is not over. Safe for threads."""

    def __init__(self) -> None:
        self._asked: dict[str, RequestContext] = {}
        self._lock = threading.Lock()

    def remember(self, task_id: str, context: RequestContext) -> None:
        with self._lock:
            self._asked[task_id] = context

    def forget(self, task_id: str) -> None:
        with self._lock:
            self._asked.pop(task_id, None)

    def find(self, task_id: str, method: Row) -> "RemoteImage":
        """Raises NotFetched where there is no such endpoint, or no such image with data."""
        with self._lock:
            context = self._asked.get(task_id)
        if context is None or not context.auth_token:
            raise NotFetched(
                reason="the service was restarted before it began: ask for the import again"
            )
        interface = method.get("glance_service_interface") or "public"
        base = _endpoint(context.service_catalog, method["glance_region"], interface)
        url = f"{base}/v2/images/{method['glance_image_id']}"
        answer = _get(url, context.auth_token)
        image = answer.json()
        if image.get("status") != "active":
            raise NotFetched(reason=f"image {image.get('id')} of the other service has no data")
        return RemoteImage(url, context.auth_token, image)


@dataclasses.dataclass(slots=True)
class RemoteImage:
    url: str
    token: str = dataclasses.field(repr=False)
    image: Row

    def changes(self) -> Row:
        """What the copy takes over."""
        properties = {
            name: str(value)
            for name, value in self.image.items()
            if name.startswith(COPIED) and value is not None
        }
        return {
            "disk_format": self.image.get("disk_format"),
            "container_format": self.image.get("container_format"),
            "properties": properties,
        }

    def chunks(self) -> Iterator[bytes]:
        """Checked against the other service's hash. Raises NotFetched."""
        algorithm, value = self.image.get("os_hash_algo"), self.image.get("os_hash_value")
        digest = hashlib.new(algorithm or "sha512", usedforsecurity=False)
        try:
            with _get(f"{self.url}/file", self.token) as answer:
                for chunk in answer.iter_content(CHUNK):
                    digest.update(chunk)
                    yield chunk
        except OSError as e:  # all of requests' errors are
            raise NotFetched(reason=f"{self.url} broke off") from e
        if value and digest.hexdigest() != value:
            raise NotFetched(reason=f"{self.url} has not the hash that is announced")


def _endpoint(catalog: list[Row], region: str, interface: str) -> str:
    for service in catalog:
        if service.get("type") != "image":
            continue
        for endpoint in service.get("endpoints", ()):
            regions = (endpoint.get("region_id"), endpoint.get("region"))
            if endpoint.get("interface") == interface and region in regions:
                return str(endpoint["url"]).rstrip("/").removesuffix("/v2")
    raise NotFetched(
        reason=f"the catalog has no {interface} endpoint of an image service in {region}"
    )


def _get(url: str, token: str) -> Any:
    import requests

    try:
        answer = requests.get(
            url,
            headers={"X-Auth-Token": token},
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
    except requests.RequestException as e:
        raise NotFetched(reason=f"{url} does not answer") from e
    if answer.status_code != 200:
        answer.close()
        raise NotFetched(reason=f"{url} answers {answer.status_code}")
    return answer
