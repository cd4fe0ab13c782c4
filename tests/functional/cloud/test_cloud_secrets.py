"""A whole cloud at DEBUG, libraries included: what it logs holds no password, token, key or user
data, and neither do its health check, its faults or its world-readable files."""

import base64
import contextlib
import json
import os
import pathlib
import secrets
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[3]

# All loggers say all they can. SQLAlchemy's would write each statement with its parameters, which
# is what they are for; nobody switches them on by debug = true.
CONFIGURATION = """
[DEFAULT]
debug = true
default_log_levels = sqlalchemy=WARN
"""


class Cloud:
    def __init__(self, state: pathlib.Path) -> None:
        self.state = state
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = state / "test.log"
        options = state / "test.conf"
        options.write_text(CONFIGURATION)
        command = [
            sys.executable, "-W", "ignore", "-m", "novalite.cmd.main", "up", "--foreground",
            "--fake", "--state-path", str(state), "--port", str(self.port),
            "--config-file", str(options), "--clouds", str(state / "clouds.yaml"),
        ]  # fmt: skip
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)

    def request(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.remove_header(name.replace("_", "-").capitalize())
            request.add_header(name.replace("_", "-"), value)
        if token:
            request.add_header("X-Auth-Token", token)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def wait(self, done: Any, seconds: float = 60) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                if found := done():
                    return found
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path)
    try:
        made.wait(lambda: made.request("GET", "/healthcheck")[0] == 200)
        made.wait((tmp_path / "url").exists)
        yield made
    finally:
        made.stop()


def login(user: str, password: str, **scope: Any) -> dict[str, Any]:
    who = {"name": user, "domain": {"id": "default"}, "password": password}
    identity = {"methods": ["password"], "password": {"user": who}}
    return {"auth": {"identity": identity, **scope}}


def server(name: str, image: str, flavor: str, **more: Any) -> dict[str, Any]:
    return {"server": {"name": name, "imageRef": image, "flavorRef": flavor, **more}}


def exercise(cloud: Cloud) -> dict[str, str]:
    """Do everything with a secret in it, well and badly. Returns name -> secret."""
    passwords = json.loads((cloud.state / "credentials.json").read_text())
    found = {f"password of {user}": password for user, password in passwords.items()}
    found["metadata secret"] = (cloud.state / "metadata_secret").read_text().strip()
    keys = [key.read_text().strip() for key in sorted((cloud.state / "keys").iterdir())]
    found |= {f"key {number}": key for number, key in enumerate(filter(None, keys))}
    assert "key 0" in found

    scope = {"scope": {"project": {"name": "demo", "domain": {"id": "default"}}}}
    status, headers, _ = cloud.request(
        "POST", "/identity/v3/auth/tokens", login("demo", passwords["demo"], **scope)
    )
    assert status == 201
    token = found["token"] = headers["X-Subject-Token"]
    found["wrong password"] = secrets.token_hex(12)
    for body in (
        login("demo", found["wrong password"], **scope),
        {"auth": {"identity": {"password": found["wrong password"]}}},
        login("demo", found["wrong password"], scope=found["wrong password"]),
    ):
        assert cloud.request("POST", "/identity/v3/auth/tokens", body)[0] in (400, 401)
    found["forged token"] = token[:-6] + "AAAAAA"
    for path in ("/v2.1/servers", "/image/v2/images", "/network/v2.0/networks"):
        assert cloud.request("GET", path, token=found["forged token"])[0] == 401
    check = {"X_Subject_Token": token}
    assert cloud.request("GET", "/identity/v3/auth/tokens", token=token, **check)[0] == 200

    boot_servers(cloud, token, found)

    assert cloud.request("DELETE", "/identity/v3/auth/tokens", token=token, **check)[0] == 204
    assert cloud.request("GET", "/v2.1/servers", token=token)[0] == 401
    return found


def boot_servers(cloud: Cloud, token: str, found: dict[str, str]) -> None:
    def ask(method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        status, _, data = cloud.request(method, path, body, token, **headers)
        return status, json.loads(data) if data else None

    image = ask("GET", "/image/v2/images")[1]["images"][0]["id"]
    flavor = ask("GET", "/v2.1/flavors")[1]["flavors"][0]["id"]
    status, pair = ask("POST", "/v2.1/os-keypairs", {"keypair": {"name": "pair"}})
    assert status == 200
    found["private key"] = pair["keypair"]["private_key"].splitlines()[5]

    words = found["words of user data"] = secrets.token_hex(12)
    found["user data"] = base64.b64encode(f"#!/bin/sh\n# {words}\n".encode()).decode()
    given = found["given adminPass"] = secrets.token_hex(12)
    words_of_file = found["words of a file"] = secrets.token_hex(12)
    file = found["file"] = base64.b64encode(f"{words_of_file}\n".encode()).decode()
    status, made = ask(
        "POST",
        "/v2.1/servers",
        server(
            "one", image, flavor, adminPass=given, user_data=found["user data"], key_name="pair",
            config_drive=True, personality=[{"path": "/etc/motd", "contents": file}],
        ),
    )  # fmt: skip
    assert status == 202, made
    first = made["server"]["id"]
    newest = {"OpenStack_API_Version": "compute 2.90"}
    body = server("two", image, flavor, user_data=found["user data"], networks="auto")
    status, made = ask("POST", "/v2.1/servers", body, **newest)
    assert status == 202, made
    found["generated adminPass"] = made["server"]["adminPass"]
    assert len(found["generated adminPass"]) >= 12
    second = made["server"]["id"]
    # Refused: with a member too much, with a value of the wrong type, and without a host.
    for bad in ({"nonsense": given}, {"networks": given}, {"user_data": [given]}):
        body = server("bad", image, flavor, adminPass=given, **bad)
        status, fault = ask("POST", "/v2.1/servers", body)
        assert status == 400, fault
    body = server("far", image, flavor, adminPass=given, availability_zone="nova:nowhere")
    ask("POST", "/v2.1/servers", body)
    assert cloud.request("POST", "/v2.1/servers", given.encode(), token)[0] == 400

    for uuid in (first, second):
        path = f"/v2.1/servers/{uuid}"
        cloud.wait(lambda path=path: ask("GET", path)[1]["server"]["status"] == "ACTIVE")
        assert ask("POST", f"{path}/action", {"reboot": {"type": "HARD"}})[0] == 202
        cloud.wait(lambda path=path: ask("GET", path)[1]["server"]["status"] == "ACTIVE")
        assert ask("POST", f"{path}/action", {"os-getConsoleOutput": {}})[0] == 200
        assert ask("DELETE", path)[0] == 204
        cloud.wait(lambda path=path: ask("GET", path)[0] == 404)


def test_nothing_secret_is_logged_or_shown(cloud: Cloud) -> None:
    found = exercise(cloud)
    status, headers, health = cloud.request("GET", "/healthcheck")
    assert (status, health) == (200, b"OK")
    cloud.stop()
    log = cloud.log.read_text(errors="replace")
    assert " DEBUG " in log
    assert "POST /v2.1" in log or "req-" in log, "the log says nothing of the requests"
    shown = {"the log": log, "the health check": str(headers)}
    for path in cloud.state.rglob("*"):
        if path.is_file() and stat.S_IMODE(os.stat(path).st_mode) & 0o044 and path != cloud.log:
            shown[str(path.relative_to(cloud.state))] = path.read_bytes().decode("latin-1")
    for where, text in shown.items():
        for name, secret in found.items():
            assert len(secret) >= 12
            line = next((line for line in text.splitlines() if secret in line), "")
            assert secret not in text, f"{name} in {where}: {line[:300]}"
