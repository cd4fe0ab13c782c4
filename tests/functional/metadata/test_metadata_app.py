"""The metadata service over real databases."""

import base64
import json

import pytest
import webtest

from novalite.api.metadata.app import MetadataApp
from novalite.api.metadata.caller import signature
from novalite.clock import SystemClock
from novalite.conf import configuration
from novalite.db import sync
from novalite.db.api_database import instance_mappings, request_specs
from novalite.db.cell_database import instances
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.objects import Flavor, ImageMeta, InstanceMapping, RequestSpec
from tests.support.compute_doubles import PROJECT, USER, new_instance

SECRET = "between the proxy and us"


class HeldClock(SystemClock):
    seconds = 0.0

    def monotonic(self):
        return self.seconds


class Cloud:
    def __init__(self, tmp_path):
        urls = {name: f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("api", "cell0", "cell1")}
        self.conf = configuration()
        self.conf.set_override("connection", urls["api"], group="api_database")
        self.conf.set_override("connection", urls["cell1"], group="database")
        self.conf.set_override("metadata_proxy_shared_secret", SECRET, group="neutron")
        sync.sync_api(urls["api"])
        sync.sync_cell(urls["cell0"])
        sync.sync_cell(urls["cell1"])
        registry = Database(urls["api"])
        sync.ensure_cells(registry, urls["cell0"], urls["cell1"])
        registry.dispose()
        self.databases = Databases.from_conf(self.conf)
        self.mapping, self.cell = self.databases.own_cell
        self.clock = HeldClock()
        self.app = webtest.TestApp(self.wsgi())

    def wsgi(self):
        return MetadataApp(
            Deployment(self.conf, "host1", clock=self.clock, databases=self.databases)
        )

    def server(self, *, scheduled=True, **more):
        instance = new_instance(
            "host1",
            vm_state="active",
            task_state=None,
            metadata={"role": "web"},
            user_data=base64.b64encode(b"#!/bin/sh").decode(),
            **more,
        )
        flavor = Flavor("1", "m1.tiny", 64, 1, 1)
        spec = RequestSpec(
            instance.uuid, PROJECT, USER, flavor, ImageMeta(), security_groups=["web"]
        )
        mapping = InstanceMapping(instance.uuid, PROJECT, USER)
        self.databases.api.run(lambda conn: instance_mappings.create(conn, [mapping]))
        self.databases.api.run(lambda conn: request_specs.create(conn, [spec]))
        if scheduled:
            self.cell.run(lambda conn: instances.create(conn, instance))
            self.databases.api.run(
                lambda conn: instance_mappings.set_cell(conn, instance.uuid, self.mapping.uuid)
            )
        return instance.uuid


@pytest.fixture
def cloud(tmp_path):
    made = Cloud(tmp_path)
    yield made
    made.databases.dispose()


def headers(uuid, **more):
    found = {
        "X-Instance-ID": uuid,
        "X-Tenant-ID": PROJECT,
        "X-Instance-ID-Signature": signature(SECRET, uuid),
        "X-Forwarded-For": "10.1.0.5",
    }
    found.update({name.replace("_", "-"): value for name, value in more.items()})
    return {name: value for name, value in found.items() if value is not None}


def test_a_guest_reads_about_itself(cloud):
    uuid = cloud.server()
    answer = cloud.app.get("/openstack/latest/meta_data.json", headers=headers(uuid))
    assert answer.content_type == "application/json"
    assert (answer.json["uuid"], answer.json["meta"]) == (uuid, {"role": "web"})
    answer = cloud.app.get("/openstack/latest/user_data", headers=headers(uuid))
    assert answer.body == b"#!/bin/sh"
    assert answer.content_type == "application/octet-stream"
    answer = cloud.app.get("/latest/meta-data/security-groups", headers=headers(uuid))
    assert (answer.text, answer.content_type) == ("web", "text/plain")
    assert cloud.app.get("/", headers=headers(uuid)).text.endswith("latest")
    assert cloud.app.head("/openstack", headers=headers(uuid)).status_int == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"X_Instance_ID": None}, 400),
        ({"X_Tenant_ID": None}, 400),
        ({"X_Instance_ID_Signature": None}, 400),
        ({"X_Tenant_ID": f"{PROJECT}, other"}, 400),
        ({"X_Instance_ID": "one, two"}, 400),
        ({"X_Instance_ID_Signature": "0" * 64}, 403),
        ({"X_Instance_ID_Signature": "\u00e9"}, 403),
        ({"X_Tenant_ID": "somebody-else"}, 404),
    ],
)
def test_who_is_turned_away(cloud, change, status):
    uuid = cloud.server()
    cloud.app.get("/openstack", headers=headers(uuid, **change), status=status)


def test_another_servers_signature_is_no_good(cloud):
    mine, other = cloud.server(), cloud.server()
    wrong = headers(other, X_Instance_ID_Signature=signature(SECRET, mine))
    cloud.app.get("/openstack", headers=wrong, status=403)


def test_without_a_secret_nobody_gets_in(cloud):
    uuid = cloud.server()
    cloud.conf.set_override("metadata_proxy_shared_secret", "", group="neutron")
    app = webtest.TestApp(cloud.wsgi())
    wrong = headers(uuid, X_Instance_ID_Signature=signature("", uuid))
    app.get("/openstack", headers=wrong, status=403)


def test_unknown_unscheduled_and_deleted_servers(cloud):
    cloud.app.get("/openstack", headers=headers("no-such-server"), status=404)
    cloud.app.get("/openstack", headers=headers(cloud.server(scheduled=False)), status=404)
    uuid = cloud.server()
    cloud.cell.run(lambda conn: instances.destroy(conn, uuid, cloud.clock.now()))
    cloud.app.get("/openstack", headers=headers(uuid), status=404)


def test_a_path_that_is_not_there_and_a_method_that_is_not_known(cloud):
    uuid = cloud.server()
    cloud.app.get("/openstack/latest/nothing", headers=headers(uuid), status=404)
    cloud.app.put("/openstack/latest/meta_data.json", headers=headers(uuid), status=405)
    cloud.app.post("/openstack/latest/user_data", headers=headers(uuid), status=405)


def test_answers_are_kept_for_a_while(cloud):
    uuid = cloud.server()
    path = "/openstack/latest/meta_data.json"
    cloud.app.get(path, headers=headers(uuid))
    cloud.cell.run(lambda conn: instances.update(conn, uuid, {"metadata": {"role": "db"}}))
    with cloud.databases.api.counting() as api, cloud.cell.counting() as cell:
        again = cloud.app.get(path, headers=headers(uuid))
    assert again.json["meta"] == {"role": "web"}
    assert (api.count, cell.count) == (0, 0)
    # What is kept is still only shown to its owner.
    cloud.app.get(path, headers=headers(uuid, X_Tenant_ID="other"), status=404)
    cloud.clock.seconds += cloud.conf.api.metadata_cache_expiration
    assert cloud.app.get(path, headers=headers(uuid)).json["meta"] == {"role": "db"}


def test_the_password_is_set_once(cloud):
    uuid = cloud.server(system_metadata={"image_os_distro": "debian"})
    path = "/openstack/latest/password"
    assert cloud.app.get(path, headers=headers(uuid)).body == b""
    secret = "A" * 1020
    cloud.app.post(path, secret + "A", headers=headers(uuid), status=400)
    cloud.app.post(path, b"\xff", headers=headers(uuid), status=400)
    cloud.app.post("/openstack/2012-08-10/password", "x", headers=headers(uuid), status=404)
    other = headers(uuid, X_Tenant_ID="other")
    cloud.app.post(path, "x", headers=other, status=404)
    cloud.app.post(path, secret, headers=headers(uuid), status=200)
    assert cloud.app.get(path, headers=headers(uuid)).text == secret
    cloud.app.post(path, "again", headers=headers(uuid), status=409)
    with cloud.cell.read() as conn:
        kept = instances.get(conn, uuid, ("system_metadata",)).system_metadata
    assert kept["image_os_distro"] == "debian"
    assert kept["password_3"] == "A" * 255


def test_it_works_below_a_mount(cloud):
    uuid = cloud.server()
    app = webtest.TestApp(cloud.wsgi(), extra_environ={"SCRIPT_NAME": "/metadata"})
    answer = app.get("/openstack/latest/meta_data.json", headers=headers(uuid))
    assert json.loads(answer.body)["uuid"] == uuid
