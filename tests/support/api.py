"""The compute API in a test: real databases (SQLite files), real paste pipelines, no network.

    api = ApiFixture(tmp_path)
    reply = api.get("/servers/detail", version="2.47", token="member")
    assert reply.status == 200 and reply.json["servers"] == []

Paths are below ``/v2.1``; a path that begins with ``//`` is taken from the root
(``//healthcheck``). Tokens are the names of ``TOKENS``; None sends none. Answers are checked
against their declared schemas: a wrong one is a 500.
"""

import atexit
import dataclasses
import datetime
import functools
import io
import json
import pathlib
import shutil
import tempfile
from typing import Any
from urllib.parse import urlsplit

from novalite import conf as configuration
from novalite.db import sync
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.exception import Unauthorized
from novalite.identity.interface import Token
from novalite.policy import Enforcer
from novalite.wsgi import paste

PROJECT = "a" * 32
OTHER_PROJECT = "b" * 32
ADMIN_PROJECT = "c" * 32

_EXPIRES = datetime.datetime(2999, 1, 1)


def token(user: str, project: str | None, *roles: str, **more: Any) -> Token:
    """A project-scoped token; ``more`` are members of ``Token``."""
    return Token(
        user_id=f"user-{user}",
        user_name=user,
        user_domain_id="default",
        expires_at=_EXPIRES,
        project_id=project,
        project_name=f"project of {user}",
        project_domain_id="default",
        roles=list(roles),
        **more,
    )


TOKENS = {
    "admin": token("admin", ADMIN_PROJECT, "admin", "manager", "member", "reader"),
    "project_admin": token("project_admin", PROJECT, "admin", "manager", "member", "reader"),
    "manager": token("manager", PROJECT, "manager", "member", "reader"),
    "member": token("member", PROJECT, "member", "reader"),
    "member2": token("member2", PROJECT, "member", "reader"),
    "reader": token("reader", PROJECT, "reader"),
    "nobody": token("nobody", PROJECT),
    "other": token("other", OTHER_PROJECT, "member", "reader"),
    "service": token("nova", ADMIN_PROJECT, "service"),
    "system": token("root", None, "admin", "member", "reader", system_scope="all"),
}


class FakeIdentity:
    """Knows the tokens of ``TOKENS`` and any that a test adds to ``tokens``."""

    def __init__(self) -> None:
        self.tokens = dict(TOKENS)
        self.unknown_projects: set[str] = set()

    def validate(self, token: str) -> Token:
        try:
            return self.tokens[token]
        except KeyError:
            raise Unauthorized() from None

    def project_exists(self, project_id: str) -> bool:
        return project_id not in self.unknown_projects


@dataclasses.dataclass(slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fault(self) -> tuple[str, str]:
        """(name, message) of a fault document."""
        ((name, fault),) = self.json.items()
        return name, fault["message"]


def _write_conf(path: pathlib.Path, groups: dict[str, dict[str, Any]]) -> None:
    lines = []
    for group, options in groups.items():
        lines.append(f"[{group}]")
        lines += [f"{name} = {value}" for name, value in options.items()]
    path.write_text("\n".join(lines) + "\n")


@functools.cache
def _empty(kind: str) -> pathlib.Path:
    """An empty database of the current schema, made once per test run."""
    directory = tempfile.mkdtemp(prefix="novalite-test-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    path = pathlib.Path(directory) / f"{kind}.sqlite"
    (sync.sync_api if kind == "api" else sync.sync_cell)(f"sqlite:///{path}")
    return path


class ApiFixture:
    """``options``: ``{group: {option: value}}`` over the test's own; ``members`` are set on the
    Deployment (``compute=...``, ``mounts=...``)."""

    def __init__(
        self,
        tmp_path: pathlib.Path,
        options: dict[str, dict[str, Any]] | None = None,
        **members: Any,
    ) -> None:
        urls = {name: f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("api", "cell0", "cell1")}
        groups: dict[str, dict[str, Any]] = {
            "DEFAULT": {"state_path": tmp_path, "host": "host1"},
            "api_database": {"connection": urls["api"]},
            "database": {"connection": urls["cell1"]},
            "api": {"response_validation": "error"},
        }
        for group, values in (options or {}).items():
            groups.setdefault(group, {}).update(values)
        file = tmp_path / "novalite.conf"
        _write_conf(file, groups)
        self.conf = configuration.configuration(files=[str(file)])
        for name in urls:
            shutil.copy(_empty("api" if name == "api" else "cell"), tmp_path / f"{name}.sqlite")
        registry = Database(urls["api"])
        sync.ensure_cells(registry, urls["cell0"], urls["cell1"])
        registry.dispose()
        self.identity = FakeIdentity()
        self.databases = Databases.from_conf(self.conf)
        members.setdefault("identity", self.identity)
        self.deployment = Deployment(
            self.conf,
            self.conf.host,
            databases=self.databases,
            policy=Enforcer(self.conf),
            **members,
        )
        self.app = paste.load_app(self.deployment)

    @property
    def api_db(self) -> Database:
        assert self.databases.api is not None
        return self.databases.api

    @property
    def cell_db(self) -> Database:
        """That of cell1."""
        assert self.databases.own_cell is not None
        return self.databases.own_cell[1]

    def close(self) -> None:
        self.databases.dispose()

    # ---- requests ----

    def request(
        self,
        method: str,
        path: str,
        *,
        version: str | None = None,
        token: str | None = "member",
        body: Any = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        base: str = "/v2.1",
    ) -> Reply:
        """``body`` is sent as JSON; ``data`` as it is. ``version``: ``2.53`` or ``latest``."""
        split = urlsplit(path.removeprefix("/") if path.startswith("//") else base + path)
        if body is not None:
            data = json.dumps(body).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": split.path.encode().decode("latin-1"),
            "QUERY_STRING": split.query,
            "SERVER_NAME": "openstack.example.com",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "openstack.example.com",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(data or b""),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if data is not None:
            environ["CONTENT_LENGTH"] = str(len(data))
            environ["CONTENT_TYPE"] = "application/json"
        if version is not None:
            environ["HTTP_OPENSTACK_API_VERSION"] = f"compute {version}"
        if token is not None:
            environ["HTTP_X_AUTH_TOKEN"] = token
        for name, value in (headers or {}).items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return self._call(environ)

    def _call(self, environ: dict[str, Any]) -> Reply:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc: Any = None) -> None:
            started.append((status, headers))

        chunks = self.app(environ, start_response)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        ((status, headers),) = started
        return Reply(int(status[:3]), {k.lower(): v for k, v in headers}, body)

    def get(self, path: str, **kwargs: Any) -> Reply:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> Reply:
        return self.request("POST", path, body=body, **kwargs)

    def put(self, path: str, body: Any = None, **kwargs: Any) -> Reply:
        return self.request("PUT", path, body=body, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Reply:
        return self.request("DELETE", path, **kwargs)
