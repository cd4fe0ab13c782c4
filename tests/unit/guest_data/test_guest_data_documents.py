import base64
import datetime
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from novalite.conf import configuration
from novalite.exception import DependencyUnavailable, NotFound
from novalite.guest_data import GuestData, password, versions
from novalite.objects import VIF, BlockDevice, FixedIP, Flavor, Instance, KeyPair, Subnet

KEY = "ssh-ed25519 AAAA me@home"


@pytest.fixture
def conf():
    return configuration()


def instance(**more):
    values = {
        "uuid": "8a5a8c0a-1a0b-4d3e-9a54-3f5c0a3f0001",
        "project_id": "p1",
        "user_id": "u1",
        "display_name": "My server",
        "hostname": "my-server",
        "launch_index": 2,
        "availability_zone": "az1",
        "reservation_id": "r-abc",
        "image_ref": "deadbeef-0000-4000-8000-000000000001",
        "key_name": "mine",
        "key_data": KEY,
        "keypairs": [KeyPair("mine", "u1", KEY, "aa:bb", type="ssh")],
        "metadata": {"role": "web"},
        "system_metadata": {},
        "user_data": base64.b64encode(b"#!/bin/sh\n\xff").decode(),
        "flavor": Flavor("1", "m1.tiny", 64, 1, 1),
        "root_device_name": "/dev/vda",
        "id": 255,
    }
    return Instance(**{**values, **more})


def vif(**more):
    subnet = Subnet(
        id="s4",
        cidr="10.1.0.0/24",
        gateway="10.1.0.1",
        dns=["9.9.9.9"],
        routes=[{"destination": "192.168.0.0/16", "nexthop": "10.1.0.7"}],
        ips=[FixedIP("10.1.0.5", 4, ["203.0.113.9"])],
    )
    values = {
        "id": "11112222-3333-4444-5555-666677778888",
        "address": "fa:16:3e:00:00:01",
        "network_id": "n1",
        "label": "private",
        "subnets": [subnet],
        "type": "bridge",
        "devname": "tap11112222-33",
        "mtu": 1450,
    }
    return VIF(**{**values, **more})


def meta(data, version="latest"):
    return json.loads(data.get(f"/openstack/{version}/meta_data.json"))


def test_meta_data_latest(conf):
    document = meta(GuestData(instance(), [vif()], conf))
    seed = document.pop("random_seed")
    assert len(base64.b64decode(seed)) == 512
    assert document == {
        "uuid": "8a5a8c0a-1a0b-4d3e-9a54-3f5c0a3f0001",
        "hostname": "my-server.novalocal",
        "name": "My server",
        "launch_index": 2,
        "availability_zone": "az1",
        "meta": {"role": "web"},
        "public_keys": {"mine": KEY},
        "keys": [{"name": "mine", "type": "ssh", "data": KEY}],
        "project_id": "p1",
        "devices": [],
        "dedicated_cpus": [],
    }


def test_meta_data_grows_with_its_versions(conf):
    data = GuestData(instance(), [vif()], conf)
    first = {"uuid", "hostname", "name", "launch_index", "availability_zone", "meta"}
    first |= {"public_keys", "keys"}
    assert set(meta(data, versions.FOLSOM)) == first
    assert set(meta(data, versions.GRIZZLY)) == first | {"random_seed"}
    assert set(meta(data, versions.LIBERTY)) == first | {"random_seed", "project_id"}
    with_devices = first | {"random_seed", "project_id", "devices"}
    assert set(meta(data, versions.NEWTON_ONE)) == with_devices
    assert set(meta(data, versions.ROCKY)) == with_devices
    assert set(meta(data, versions.VICTORIA)) == with_devices | {"dedicated_cpus"}


def test_meta_data_leaves_out_what_there_is_not(conf):
    conf.set_override("dhcp_domain", "", group="api")
    bare = instance(metadata={}, key_name=None, key_data=None, user_data=None)
    data = GuestData(bare, None, conf)
    document = meta(data)
    assert not {"meta", "public_keys", "keys", "files", "admin_pass"} & set(document)
    assert document["hostname"] == "my-server"
    with pytest.raises(NotFound):
        data.get("/openstack/latest/user_data")
    assert "user_data" not in data.get("/openstack/latest").decode().split("\n")


def test_tagged_devices(conf):
    disk = BlockDevice("blank", "local", device_name="/dev/vdb", disk_bus="virtio", tag="scratch")
    data = GuestData(
        instance(block_devices=[disk, BlockDevice("image", "local", boot_index=0)]),
        [vif(tag="front", details={"vlan": "7"}), vif()],
        conf,
    )
    nic, found = meta(data)["devices"]
    assert nic == {
        "type": "nic",
        "bus": "none",
        "address": "none",
        "mac": "fa:16:3e:00:00:01",
        "tags": ["front"],
        "vlan": 7,
        "vf_trusted": False,
    }
    assert found == {
        "type": "disk",
        "bus": "virtio",
        "address": "none",
        "tags": ["scratch"],
        "path": "/dev/vdb",
    }
    assert "vlan" not in meta(data, versions.NEWTON_TWO)["devices"][0]
    assert "vf_trusted" not in meta(data, versions.OCATA)["devices"][0]


def test_user_data_comes_byte_for_byte(conf):
    data = GuestData(instance(), [], conf)
    assert data.get("/openstack/latest/user_data") == b"#!/bin/sh\n\xff"
    assert data.get("/latest/user-data") == b"#!/bin/sh\n\xff"


def test_files_and_their_bodies(conf):
    files = [("/etc/one", b"1"), ("/etc/two", b"\x002")]
    data = GuestData(instance(), [], conf, files=files)
    assert meta(data)["files"] == [
        {"path": "/etc/one", "content_path": "/content/0000"},
        {"path": "/etc/two", "content_path": "/content/0001"},
    ]
    assert data.get("/openstack/content/0001") == b"\x002"
    assert data.files()["openstack/content/0001"] == b"\x002"
    with pytest.raises(NotFound):
        data.get("/openstack/content/0002")


# ---- network_data ----


def test_network_data_with_dhcp(conf):
    data = GuestData(instance(), [vif()], conf)
    assert json.loads(data.get("openstack/latest/network_data.json")) == {
        "links": [
            {
                "id": "tap11112222-33",
                "vif_id": "11112222-3333-4444-5555-666677778888",
                "type": "bridge",
                "mtu": 1450,
                "ethernet_mac_address": "fa:16:3e:00:00:01",
            }
        ],
        "networks": [
            {"id": "network0", "link": "tap11112222-33", "network_id": "n1", "type": "ipv4_dhcp"}
        ],
        "services": [{"type": "dns", "address": "9.9.9.9"}],
    }


def test_network_data_without_dhcp_and_with_ipv6(conf):
    port = vif()
    port.subnets[0].dhcp = False
    port.subnets.append(
        Subnet("s6", "2001:db8::/64", 6, gateway="2001:db8::1", ips=[FixedIP("2001:db8::5", 6)])
    )
    document = json.loads(
        GuestData(instance(), [port], conf).get("openstack/latest/network_data.json")
    )
    four, six = document["networks"]
    assert four == {
        "id": "network0",
        "link": "tap11112222-33",
        "network_id": "n1",
        "type": "ipv4",
        "ip_address": "10.1.0.5",
        "netmask": "255.255.255.0",
        "gateway": "10.1.0.1",
        "routes": [
            {"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.1.0.1"},
            {"network": "192.168.0.0", "netmask": "255.255.0.0", "gateway": "10.1.0.7"},
        ],
        "services": [{"type": "dns", "address": "9.9.9.9"}],
    }
    assert (six["type"], six["ip_address"]) == ("ipv6_dhcp", "2001:db8::5")
    assert six["netmask"] == "ffff:ffff:ffff:ffff::"
    assert six["routes"] == [{"network": "::", "netmask": "::", "gateway": "2001:db8::1"}]


# ---- vendor data ----


def test_static_vendor_data(conf, tmp_path):
    file = tmp_path / "vendor.json"
    file.write_text('{"ntp": "10.0.0.1"}')
    data = GuestData(instance(), [], conf)
    assert json.loads(data.get("openstack/latest/vendor_data.json")) == {}
    conf.set_override("vendordata_jsonfile_path", str(file), group="api")
    assert json.loads(data.get("openstack/latest/vendor_data.json")) == {"ntp": "10.0.0.1"}
    assert json.loads(data.get("openstack/latest/vendor_data2.json")) == {
        "static": {"ntp": "10.0.0.1"}
    }
    file.write_text("{broken")
    assert json.loads(data.get("openstack/latest/vendor_data.json")) == {}


@pytest.fixture
def vendor():
    """(url, questions) of a vendor data service that answers with what it was asked for."""
    questions = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            questions.append(json.loads(body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"hello": "guest"}')

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", questions
    server.shutdown()
    server.server_close()
    thread.join()


def test_dynamic_vendor_data(conf, vendor):
    url, questions = vendor
    conf.set_override("vendordata_providers", ["StaticJSON", "DynamicJSON"], group="api")
    conf.set_override(
        "vendordata_dynamic_targets", [f"mine@{url}", "dead@http://127.0.0.1:1/", "x"], group="api"
    )
    data = GuestData(instance(), [], conf)
    assert json.loads(data.get("openstack/latest/vendor_data2.json")) == {
        "static": {},
        "mine": {"hello": "guest"},
        "dead": {},
    }
    assert questions[0]["instance-id"] == instance().uuid
    assert questions[0]["project-id"] == "p1"
    assert questions[0]["metadata"] == {"role": "web"}
    data.files()
    assert len(questions) == 2  # once for all versions of a config drive
    conf.set_override("vendordata_dynamic_failure_fatal", True, group="api")
    with pytest.raises(DependencyUnavailable):
        data.files()


# ---- listings, versions, the config drive ----


def test_openstack_listings(conf):
    data = GuestData(instance(), [], conf, today=datetime.date(2018, 1, 1))
    assert data.get("/openstack/").decode().split("\n") == [
        "2012-08-10",
        "2013-04-04",
        "2013-10-17",
        "2015-10-15",
        "2016-06-30",
        "2016-10-06",
        "2017-02-22",
        "latest",
    ]
    assert data.get("/openstack/2012-08-10").decode().split("\n") == ["meta_data.json", "user_data"]
    assert data.get("/openstack/latest/").decode().split("\n") == [
        "meta_data.json",
        "user_data",
        "password",
        "vendor_data.json",
        "network_data.json",
        "vendor_data2.json",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/openstack/2014-01-01",
        "/openstack/2012-08-10/password",
        "/openstack/2012-08-10/network_data.json",
        "/openstack/2015-10-15/vendor_data2.json",
        "/openstack/latest/meta_data.json/more",
        "/openstack/latest/nothing",
        "/openstack/content",
        "/2010-01-01/meta-data",
        "/latest/meta-data/nothing",
        "/latest/meta-data/hostname/deeper",
        "/latest/meta-data/public-keys/_name",
        "/1.0/meta-data/instance-type",
        "/../etc/passwd",
    ],
)
def test_what_is_not_there(conf, path):
    with pytest.raises(NotFound):
        GuestData(instance(), [vif()], conf).get(path)


def test_the_config_drive(conf):
    data = GuestData(
        instance(system_metadata=password.split("secret")),
        [vif()],
        conf,
        admin_password="hush",
        files=[("/a", b"b")],
    )
    files = data.files()
    assert data.paths() == sorted(files)
    assert json.loads(files["openstack/latest/meta_data.json"])["admin_pass"] == "hush"
    for version in (*versions.OPENSTACK, "latest"):
        assert f"openstack/{version}/meta_data.json" in files
        assert files[f"openstack/{version}/user_data"] == b"#!/bin/sh\n\xff"
    assert "openstack/2013-04-04/vendor_data.json" not in files
    assert "openstack/2013-10-17/vendor_data.json" in files
    assert not any(path.endswith("/password") for path in files)
    ec2 = json.loads(files["ec2/latest/meta-data.json"])
    assert ec2["instance-id"] == "i-000000ff"
    assert ec2["public-keys"] == {"0": {"openssh-key": KEY}}
    assert files["ec2/2009-04-04/user-data"] == b"#!/bin/sh\n\xff"
    assert "ec2/2007-01-19/meta-data.json" not in files


# ---- EC2 ----


@pytest.mark.parametrize("prefix", ["", "/ec2"])
def test_ec2_tree(conf, prefix):
    data = GuestData(instance(), [vif()], conf, security_groups=["web", "default"])

    def get(path):
        return data.get(prefix + path).decode()

    assert get("/").split("\n")[0] == "1.0"
    assert get("/").split("\n")[-1] == "latest"
    assert get("/latest").split("\n") == ["meta-data/", "user-data"]
    top = get("/latest/meta-data/").split("\n")
    assert "public-keys/" in top
    assert "block-device-mapping/" in top
    assert "hostname" in top
    assert get("/latest/meta-data/public-keys/") == "0=mine"
    assert get("/latest/meta-data/public-keys/0/") == "openssh-key"
    assert get("/latest/meta-data/public-keys/0/openssh-key") == KEY
    assert get("/latest/meta-data/instance-id") == "i-000000ff"
    assert get("/latest/meta-data/ami-id") == "ami-deadbeef"
    assert get("/latest/meta-data/ami-launch-index") == "2"
    assert get("/latest/meta-data/local-ipv4") == "10.1.0.5"
    assert get("/latest/meta-data/public-ipv4") == "203.0.113.9"
    assert get("/latest/meta-data/security-groups") == "web\ndefault"
    assert get("/latest/meta-data/instance-type") == "m1.tiny"
    assert get("/latest/meta-data/placement/availability-zone") == "az1"
    assert get("/latest/meta-data/block-device-mapping/ami") == "vda"


def test_ec2_versions_and_disks(conf):
    disks = [
        BlockDevice("image", "local", boot_index=0, device_name="/dev/vda"),
        BlockDevice("blank", "local", device_name="/dev/vdb"),
        BlockDevice("blank", "local", device_name="/dev/vdc", guest_format="swap"),
        BlockDevice("volume", "volume", device_name="/dev/vdd"),
    ]
    data = GuestData(instance(block_devices=disks, kernel_id="ab-cd"), [vif()], conf)
    found = data.get("/latest/meta-data/block-device-mapping/").decode().split("\n")
    assert found == ["ami", "ebs0", "ephemeral0", "root", "swap"]
    assert data.get("/latest/meta-data/kernel-id") == b"aki-0000abcd"
    first = data.get("/1.0/meta-data").decode().split("\n")
    assert "public-ipv4" not in first
    assert "local-ipv4" in first
    assert "placement/" not in data.get("/2007-12-15/meta-data").decode().split("\n")
    assert "placement/" in data.get("/2008-02-01/meta-data").decode().split("\n")


# ---- password ----


def test_password_pieces():
    text = "x" * 300 + "y" * 300
    pieces = password.split(text)
    assert set(pieces) == {"password_0", "password_1", "password_2", "password_3"}
    assert all(len(piece) <= 255 for piece in pieces.values())
    assert password.join(pieces) == text
    assert password.join({}) == password.join(None) == ""
    with pytest.raises(ValueError, match="1020"):
        password.split("x" * 1021)
    assert password.join(password.split("z" * 1020)) == "z" * 1020
