"""Fixtures: the embedded network service (records only), called directly, asked through WSGI,
served on a real port, or reached by the adapter. ``database`` is a file of SQLite unless a test
directory has another."""

import dataclasses
import json
from typing import Any

import pytest
import webtest

from novalite import conf as configuration
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.identity.embedded import app as identity_app
from novalite.identity.embedded.bootstrap import bootstrap as accounts
from novalite.identity.embedded.bootstrap import read_credentials
from novalite.identity.embedded.service import IdentityService
from novalite.network.allocation import Allocator
from novalite.network.embedded import app as network_app
from novalite.network.embedded.bootstrap import bootstrap
from novalite.network.embedded.service import NetworkService
from novalite.network.neutron import NeutronClient
from novalite.wsgi import paste, server
from tests.support.log_in import project_token

CIDR = "10.77.0.0/24"


@dataclasses.dataclass
class Cloud:
    deployment: Deployment
    database: Database
    service: NetworkService
    http: webtest.TestApp
    passwords: dict[str, str]
    network: str
    tokens: dict[str, str] = dataclasses.field(default_factory=dict)

    def request(self, method: str, path: str, body: Any = None, user: str | None = "demo") -> Any:
        """Below /network/v2.0; a path that begins with // is below /network."""
        path = path[1:] if path.startswith("//") else f"/v2.0{path}"
        headers = {"X-Auth-Token": self.token(user)} if user else {}
        raw = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            raw = json.dumps(body).encode()
        return self.http.request(
            f"/network{path}", method=method, headers=headers, body=raw, expect_errors=True
        )

    def make(self, noun: str, user: str = "demo", **body: Any) -> dict[str, Any]:
        path = f"/{noun.replace('_', '-')}s"
        answer = self.request("POST", path, {noun: body}, user)
        assert answer.status_int == 201, answer.text
        return answer.json[noun]

    def token(self, user: str) -> str:
        if user not in self.tokens:
            self.tokens[user] = project_token(self.http, user, self.passwords[user])
        return self.tokens[user]

    def context(self, user: str = "demo") -> RequestContext:
        """As the authentication middleware makes it."""
        token = self.deployment.identity.validate(self.token(user))
        return RequestContext(
            token.user_id,
            token.project_id,
            roles=list(token.roles),
            is_admin="admin" in token.roles,
            auth_token=self.token(user),
            overwrite=False,
        )

    def project(self, user: str = "demo") -> str:
        return str(self.context(user).project_id)


@pytest.fixture
def conf(tmp_path):
    conf = configuration.configuration()
    conf.set_override("state_path", str(tmp_path))
    conf.set_override("connection", f"sqlite:///{tmp_path}/embedded.db", "embedded")
    conf.set_override("data_plane", "none", "embedded")
    conf.set_override("network_cidr", CIDR, "embedded")
    conf.set_override("response_validation", "error", "api")
    conf.set_override("password_cost", 10, "embedded")  # the least that is allowed
    return conf


@pytest.fixture
def cloud(conf, database):
    identity = IdentityService(conf, database)
    accounts(conf, identity)
    service = NetworkService(conf, database)
    service.start()
    deployment = Deployment(conf, "host", identity=identity, network=service)
    deployment.mounts["/identity"] = identity_app.app(deployment)
    deployment.mounts["/network"] = network_app.app(deployment)
    http = webtest.TestApp(paste.load_app(deployment), lint=False)
    passwords = read_credentials(conf.embedded.credentials_file)
    cloud = Cloud(deployment, database, service, http, passwords, "")
    cloud.network = bootstrap(service, cloud.project("admin"))
    yield cloud
    service.stop()


@pytest.fixture
def served(cloud):
    """The cloud on a real port; gives its base URL."""
    running = server.serve(paste.load_app(cloud.deployment), "127.0.0.1", 0, threads=4)
    url = f"http://127.0.0.1:{running.port}"
    conf = cloud.deployment.conf
    conf.set_override("public_url", url, "embedded")
    accounts(conf, cloud.deployment.identity)
    running.start()
    yield url
    running.stop()


@pytest.fixture
def neutron(cloud, served):
    """The adapter to a network service elsewhere, which is ours over HTTP."""
    conf = cloud.deployment.conf
    conf.set_override("endpoint_override", f"{served}/network", "neutron")
    conf.set_override("auth_url", f"{served}/identity", "neutron")
    conf.set_override("password", cloud.passwords["nova"], "neutron")
    return NeutronClient(conf)


@pytest.fixture(params=["embedded", "remote"])
def api(request, cloud):
    """Both ways to the network service."""
    if request.param == "embedded":
        return cloud.service
    return request.getfixturevalue("neutron")


@pytest.fixture
def allocator(api):
    return Allocator(api)
