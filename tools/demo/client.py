"""A plain client of the REST APIs: the standard library and a clouds.yaml, nothing else of ours."""

import http.client
import json
import urllib.parse
from typing import Any

import yaml


class HttpError(Exception):
    def __init__(self, status: int, method: str, url: str, body: bytes) -> None:
        self.status = status
        super().__init__(f"{method} {url}: {status} {body[:500].decode(errors='replace')}")


class Cloud:
    """One entry of clouds.yaml, logged in. ``microversion`` goes with each compute request."""

    def __init__(self, path: str, name: str, microversion: str = "2.90") -> None:
        with open(path) as file:
            self.entry = yaml.safe_load(file)["clouds"][name]
        self.name = name
        self.microversion = microversion
        self.token: str | None = None
        self.endpoints: dict[str, str] = {}
        self._log_in()

    def _log_in(self) -> None:
        auth = self.entry["auth"]
        body = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": auth["username"],
                            "domain": {"id": auth["user_domain_id"]},
                            "password": auth["password"],
                        }
                    },
                },
                "scope": {
                    "project": {
                        "name": auth["project_name"],
                        "domain": {"id": auth["project_domain_id"]},
                    }
                },
            }
        }
        _, headers, answer = self.raw("POST", auth["auth_url"] + "/auth/tokens", body)
        self.token = headers["x-subject-token"]
        for service in answer["token"]["catalog"]:
            for endpoint in service["endpoints"]:
                if endpoint["interface"] == "public":
                    self.endpoints[service["type"]] = endpoint["url"].rstrip("/")

    def raw(
        self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        """(status, headers with lower-case names, the parsed body). Raises HttpError from 400."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        sent = {"Accept": "application/json", **(headers or {})}
        if self.token:
            sent["X-Auth-Token"] = self.token
        payload = body if isinstance(body, bytes) else None
        if body is not None and payload is None:
            payload = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, payload, sent)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise HttpError(response.status, method, url, data)
        found = {name.lower(): value for name, value in response.getheaders()}
        try:
            parsed = json.loads(data) if data else None
        except ValueError:
            parsed = data.decode(errors="replace")
        return response.status, found, parsed

    def compute(self, method: str, path: str, body: Any = None, version: str | None = None) -> Any:
        headers = {"OpenStack-API-Version": f"compute {version or self.microversion}"}
        return self.raw(method, self.endpoints["compute"] + path, body, headers)[2]

    def network(self, method: str, path: str, body: Any = None) -> Any:
        base = self.endpoints["network"]
        base = base if base.endswith("/v2.0") else base + "/v2.0"
        return self.raw(method, base + path, body)[2]

    def volume(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"OpenStack-API-Version": "volume 3.44"}
        return self.raw(method, self.endpoints["block-storage"] + path, body, headers)[2]

    def image(self, method: str, path: str) -> Any:
        base = self.endpoints["image"]
        base = base if base.endswith("/v2") else base + "/v2"
        return self.raw(method, base + path)[2]

    def upload(self, url: str, data: bytes) -> None:
        self.raw("PUT", url, data, {"Content-Type": "application/octet-stream"})
