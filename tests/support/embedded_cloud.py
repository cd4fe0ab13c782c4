"""The embedded identity and image services, asked through WSGI: fixtures for all databases."""

import dataclasses
import datetime
import json
from typing import Any

import pytest
import webtest

from novalite import conf as configuration
from novalite.clock import SystemClock
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.identity.embedded import app as identity_app
from novalite.identity.embedded.bootstrap import bootstrap, read_credentials
from novalite.identity.embedded.service import IdentityService
from novalite.image.embedded import app as image_app
from novalite.image.embedded.bootstrap import bootstrap as image_bootstrap
from novalite.image.embedded.service import ImageService
from novalite.policy import Enforcer
from novalite.wsgi import paste, server


class MovingClock(SystemClock):
    """The real time, plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime.datetime:
        return super().now() + datetime.timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


@dataclasses.dataclass
class Cloud:
    """``request`` knows paths as clients do: ``/image/v2/images``; without a mount: identity."""

    deployment: Deployment
    database: Database
    service: IdentityService
    images: ImageService
    clock: MovingClock
    http: webtest.TestApp
    passwords: dict[str, str]

    def request(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> webtest.TestResponse:
        if not path.startswith("/image"):
            path = "/identity" + path
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["X-Auth-Token"] = token
        raw = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            sent.setdefault("Content-Type", "application/json")
            raw = json.dumps(body).encode()
        return self.http.request(path, method=method, headers=sent, body=raw, expect_errors=True)

    def login(self, user: str, scope: Any = None, password: str | None = None) -> Any:
        """The answer of POST /v3/auth/tokens."""
        auth: dict[str, Any] = {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "name": user,
                        "domain": {"id": "default"},
                        "password": self.passwords[user] if password is None else password,
                    }
                },
            }
        }
        if scope is not None:
            auth["scope"] = scope
        return self.request("POST", "/v3/auth/tokens", {"auth": auth})

    def token(self, user: str, project: str | None = None) -> str:
        scope = {"project": {"name": project or user, "domain": {"id": "default"}}}
        answer = self.login(user, scope)
        assert answer.status_int == 201, answer.text
        return answer.headers["X-Subject-Token"]


@pytest.fixture
def conf(tmp_path):
    conf = configuration.configuration()
    conf.set_override("state_path", str(tmp_path))
    conf.set_override("response_validation", "error", "api")
    conf.set_override("password_cost", 10, "embedded")  # the least that is allowed
    return conf


@pytest.fixture
def cloud(conf, database):
    clock = MovingClock()
    service = IdentityService(conf, database, clock)
    bootstrap(conf, service)
    policy = Enforcer(conf)
    images = ImageService(conf, database, clock, policy)
    image_bootstrap(conf, images)
    deployment = Deployment(
        conf, "host", clock=clock, policy=policy, identity=service, image=images
    )
    deployment.mounts["/identity"] = identity_app.app(deployment)
    deployment.mounts["/image"] = image_app.app(deployment)
    http = webtest.TestApp(paste.load_app(deployment), lint=False)
    passwords = read_credentials(conf.embedded.credentials_file)
    yield Cloud(deployment, database, service, images, clock, http, passwords)
    images.close()


@pytest.fixture
def served(cloud):
    """The cloud on a real port; gives its base URL."""
    running = server.serve(paste.load_app(cloud.deployment), "127.0.0.1", 0, threads=4)
    url = f"http://127.0.0.1:{running.port}"
    cloud.deployment.conf.set_override("public_url", url, "embedded")
    bootstrap(cloud.deployment.conf, cloud.service)
    running.start()
    yield url
    running.stop()
