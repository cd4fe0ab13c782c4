"""Fixtures: the embedded volume service over files of a temporary directory, with identity and
image services, asked through WSGI. ``database`` is a file of SQLite unless a test directory has
another."""

import dataclasses
import json
import os
import subprocess
import time
from typing import Any

import pytest
import webtest

from novalite import conf as configuration
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.exception import InvalidInput
from novalite.identity.embedded import app as identity_app
from novalite.identity.embedded.bootstrap import bootstrap as accounts
from novalite.identity.embedded.bootstrap import read_credentials
from novalite.identity.embedded.service import IdentityService
from novalite.image.embedded import app as image_app
from novalite.image.embedded.service import ImageService
from novalite.volume.embedded import app as volume_app
from novalite.volume.embedded.service import VolumeService
from novalite.wsgi import paste
from tests.support.log_in import project_token

SECONDS = 30.0


class Events:
    """ServerEvents that are written down. ``server``: takes part in snapshots, when set."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.server: Any = None

    def send(self, events: list[dict[str, Any]]) -> None:
        self.sent.extend(events)

    def volume_snapshot_create(self, volume_id: str, create_info: dict[str, Any]) -> None:
        if self.server is None:
            raise InvalidInput(reason="no server has it")
        self.server.create(volume_id, create_info)

    def volume_snapshot_delete(
        self, volume_id: str, snapshot_id: str, delete_info: dict[str, Any]
    ) -> None:
        if self.server is None:
            raise InvalidInput(reason="no server has it")
        self.server.delete(volume_id, snapshot_id, delete_info)


@dataclasses.dataclass
class Cloud:
    deployment: Deployment
    database: Database
    service: VolumeService
    images: ImageService
    events: Events
    http: webtest.TestApp
    passwords: dict[str, str]
    tokens: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def store(self) -> str:
        return str(self.deployment.conf.embedded.volume_store)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        user: str | None = "demo",
        version: str | None = "3.71",
    ) -> Any:
        """Below /volume/v3; a path that begins with // is below /volume."""
        path = path[1:] if path.startswith("//") else f"/v3{path}"
        headers = {"X-Auth-Token": self.token(user)} if user else {}
        if version:
            headers["OpenStack-API-Version"] = f"volume {version}"
        raw = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            raw = json.dumps(body).encode()
        return self.http.request(
            f"/volume{path}", method=method, headers=headers, body=raw, expect_errors=True
        )

    def ok(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        """The parsed answer of what must succeed."""
        answer = self.request(method, path, body, **kwargs)
        assert answer.status_int < 300, f"{method} {path}: {answer.status} {answer.text}"
        return answer.json if answer.body else None

    def refused(self, method: str, path: str, body: Any = None, **kwargs: Any) -> tuple[int, str]:
        """(code, message) of what must fail."""
        answer = self.request(method, path, body, **kwargs)
        assert answer.status_int >= 400, f"{method} {path}: {answer.status} {answer.text}"
        (fault,) = answer.json.values()
        assert fault["code"] == answer.status_int
        return answer.status_int, fault["message"]

    def act(self, volume: str, name: str, body: Any = None, **kwargs: Any) -> Any:
        return self.ok("POST", f"/volumes/{volume}/action", {name: body}, **kwargs)

    # ---- things ----

    def volume(self, user: str = "demo", wait: str | None = "available", **body: Any) -> str:
        """The id of a new volume of 1 GiB."""
        made = self.ok("POST", "/volumes", {"volume": {"size": 1, **body}}, user=user)["volume"]
        if wait:
            self.reaches(f"/volumes/{made['id']}", wait, user)
        return str(made["id"])

    def snapshot(self, volume: str, user: str = "demo", wait: str = "available") -> str:
        body = {"snapshot": {"volume_id": volume}}
        made = self.ok("POST", "/snapshots", body, user=user)["snapshot"]
        self.reaches(f"/snapshots/{made['id']}", wait, user)
        return str(made["id"])

    def show(self, path: str, user: str = "demo") -> dict[str, Any]:
        (found,) = self.ok("GET", path, user=user).values()
        return dict(found)

    def reaches(self, path: str, status: str, user: str = "demo") -> dict[str, Any]:
        return until(lambda: self._at(path, status, user), f"{path} {status}")

    def _at(self, path: str, status: str, user: str) -> dict[str, Any] | None:
        found = self.show(path, user)
        if found["status"].startswith("error") and found["status"] != status:
            raise AssertionError(f"{path} is {found['status']}, not {status}")
        return found if found["status"] == status else None

    def gone(self, path: str, user: str = "demo") -> None:
        until(lambda: self.request("GET", path, user=user).status_int == 404, f"{path} gone")

    def path_of(self, volume: str) -> str:
        """The volume's file, as a host is told of it."""
        with self.database.read() as conn:
            row = conn.exec_driver_sql(
                f"SELECT location FROM volume_volumes WHERE id = '{volume}'"
            ).one()
        return os.path.join(self.store, row[0])

    def files(self) -> set[str]:
        return {name for name in os.listdir(self.store) if not name.startswith(".volume-service")}

    # ---- who asks ----

    def token(self, user: str) -> str:
        if user not in self.tokens:
            self.tokens[user] = project_token(self.http, user, self.passwords[user])
        return self.tokens[user]

    def context(self, user: str = "demo") -> RequestContext:
        token = self.deployment.identity.validate(self.token(user))
        return RequestContext(
            token.user_id,
            token.project_id,
            roles=list(token.roles),
            is_admin="admin" in token.roles,
            overwrite=False,
        )

    def image(self, data: bytes, user: str = "admin", **body: Any) -> str:
        """The id of an active public image."""
        context = self.context(user)
        wanted = {
            "name": "image",
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": "public",
            **body,
        }
        image_id = self.images.create(context, wanted)
        self.images.upload(context, image_id, iter([data]), len(data))
        return image_id


def until(found: Any, what: str) -> Any:
    """What ``found()`` answers when that is not None or False."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = found()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


def write(path: str, text: bytes, at: int = 0, file_format: str = "qcow2") -> None:
    """Into a disk, as its guest would: ``text`` and then zeros up to the end of the sector."""
    assert len(text) <= 512
    _io(path, file_format, f"write -s /dev/stdin {at} 512", text.ljust(512, b"\0"))


def read(path: str, at: int = 0, file_format: str = "qcow2") -> bytes:
    """512 bytes, without the zeros at their end. (qemu-img counts what it skips, too.)"""
    out = subprocess.run(
        ["qemu-img", "dd", "-U", "-f", file_format, "-O", "raw", "bs=512",
         f"count={at // 512 + 1}", f"skip={at // 512}", f"if={path}", f"of={path}.peek"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    try:
        with open(f"{path}.peek", "rb") as file:
            return file.read().rstrip(b"\0")
    finally:
        os.unlink(f"{path}.peek")


def _io(path: str, file_format: str, command: str, data: bytes) -> None:
    """qemu-io reads what it writes from a file."""
    source = f"{path}.poke"
    with open(source, "wb") as file:
        file.write(data)
    try:
        command = command.replace("/dev/stdin", source)
        out = subprocess.run(
            ["qemu-io", "-f", file_format, "-c", command, path], capture_output=True, check=False
        )
        assert out.returncode == 0 and b"wrote 512/512" in out.stdout, (out.stdout, out.stderr)
    finally:
        os.unlink(source)


@pytest.fixture
def conf(tmp_path):
    conf = configuration.configuration()
    conf.set_override("state_path", str(tmp_path))
    conf.set_override("host", "here")
    conf.set_override("connection", f"sqlite:///{tmp_path}/embedded.db", "embedded")
    conf.set_override("data_plane", "none", "embedded")
    conf.set_override("response_validation", "error", "api")
    conf.set_override("password_cost", 10, "embedded")  # the least that is allowed
    return conf


@pytest.fixture
def cloud(conf, database):
    identity = IdentityService(conf, database)
    accounts(conf, identity)
    images = ImageService(conf, database)
    events = Events()
    service = VolumeService(conf, database, image=images, server_events=events)
    service.start()
    deployment = Deployment(conf, "here", identity=identity, image=images, volume=service)
    deployment.mounts["/identity"] = identity_app.app(deployment)
    deployment.mounts["/image"] = image_app.app(deployment)
    deployment.mounts["/volume"] = volume_app.app(deployment)
    http = webtest.TestApp(paste.load_app(deployment), lint=False)
    passwords = read_credentials(conf.embedded.credentials_file)
    yield Cloud(deployment, database, service, images, events, http, passwords)
    service.stop()
