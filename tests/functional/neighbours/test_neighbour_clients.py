"""The embedded identity and image services on a real port, with unmodified clients and with the
adapters that a remote compute service uses."""

import hashlib
import json
import os
import subprocess
import sys
import threading

import pytest
import yaml

from novalite import exception
from novalite.context import RequestContext, admin_context
from novalite.identity.keystone import KeystoneClient
from novalite.image.glance import GlanceClient
from novalite.wsgi import server
from tests.support.openstack_command import OpenStackCommand

openstack = pytest.importorskip("openstack")
COMMAND = os.path.join(os.path.dirname(sys.executable), "openstack")


@pytest.fixture
def command(served, cloud, tmp_path):
    pytest.importorskip("openstackclient")
    entries = {
        user: {
            "auth": {
                "auth_url": f"{served}/identity",
                "username": user,
                "password": cloud.passwords[user],
                "project_name": user,
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
            "region_name": "RegionOne",
        }
        for user in ("demo", "admin")
    }
    path = tmp_path / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": entries}))
    command = OpenStackCommand(str(path))
    yield command
    command.close()


@pytest.fixture
def commands(command):
    """Runs commands, each ``user words...``; gives (exit code, output, errors) of each."""

    def run(*lines):
        answers = []
        for line in lines:
            user, *words = line.split()
            answers.append(command.run(*words, cloud=user))
        return answers

    return run


def ok(answer):
    """The words of each line of output."""
    code, out, err = answer
    assert code == 0, err
    return [line.split() for line in out.splitlines()]


def refused(answer):
    code, _, err = answer
    assert code != 0
    return err


@pytest.fixture
def sdk(served, cloud):
    def connect(user):
        return openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth_url=f"{served}/identity/v3",
            username=user,
            password=cloud.passwords[user],
            project_name=user,
            user_domain_id="default",
            project_domain_id="default",
            region_name="RegionOne",
        )

    return connect


def test_the_command_itself(command, cloud):
    done = subprocess.run(
        [COMMAND, "--os-cloud", "demo", "token", "issue", "-f", "value", "-c", "id"],
        env=command.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert cloud.service.validate(done.stdout.strip()).project_name == "demo"


def test_identity_with_the_command(commands, cloud):
    answers = commands(
        "demo token issue -f value -c id -c project_id",
        "demo project list -f value",
        "admin project list -f value -c Name",
        "admin user list -f value -c Name",
        "demo catalog list -f value -c Type",
        "demo user list",
    )
    ((token,), (project_id,)) = ok(answers[0])
    assert cloud.service.validate(token).project_id == project_id
    assert ok(answers[1]) == [[project_id, "demo"]]
    assert sorted(ok(answers[2])) == [["admin"], ["demo"], ["service"]]
    assert sorted(ok(answers[3])) == [["admin"], ["demo"], ["nova"]]
    types = ["block-storage", "compute", "identity", "image", "network", "volumev3"]
    assert sorted(ok(answers[4])) == [[kind] for kind in types]
    assert "not authorized" in refused(answers[5])


def test_accounts_with_the_command(commands):
    *made, given, shown, removed, user, project, again = commands(
        "admin project create p1",
        "admin user create --password pw --email a@b u1",
        "admin role add --user u1 --project p1 member",
        "admin role assignment list --user u1 --effective --names -f value -c Role -c Project",
        "admin user show u1 -f value -c email",
        "admin role remove --user u1 --project p1 member",
        "admin user delete u1",
        "admin project delete p1",
        "admin project create demo",
    )
    for answer in (*made, removed, user, project):
        ok(answer)
    assert sorted(ok(given)) == [["member", "p1@Default"], ["reader", "p1@Default"]]
    assert ok(shown) == [["a@b"]]
    assert "409" in refused(again)


def test_images_with_the_command(commands, tmp_path):
    data = os.urandom(700_000)
    (tmp_path / "disk.raw").write_bytes(data)
    show = "demo image show mine -f json"
    created, listed, changed, shown, saved, deleted, bad, empty = commands(
        "demo image create --disk-format raw --file disk.raw --property hw_disk_bus=virtio "
        "--min-disk 1 --tag blue mine",
        "demo image list -f value -c Name -c Status",
        "demo image set --property os_type=linux --min-ram 64 mine",
        show,
        "demo image save --file back.raw mine",
        "demo image delete mine",
        "demo image create --disk-format qcow2 --file disk.raw bad",
        "demo image list -f value",
    )
    for answer in (created, changed, saved, deleted):
        ok(answer)
    assert ok(listed) == [["mine", "active"]]
    ok(shown)
    image = json.loads(shown[1])
    assert (image["size"], image["min_ram"], image["min_disk"]) == (700_000, 64, 1)
    assert image["tags"] == ["blue"]
    assert image["properties"]["hw_disk_bus"] == "virtio"
    assert image["properties"]["os_type"] == "linux"
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert (tmp_path / "back.raw").read_bytes() == data
    assert "content does not match its disk_format qcow2" in refused(bad)
    assert ok(empty) == []


def test_images_with_the_sdk(sdk, tmp_path):
    path = tmp_path / "disk.raw"
    path.write_bytes(os.urandom(100_000))
    cloud = sdk("demo")
    made = [
        cloud.image.create_image(f"n{n}", filename=str(path), disk_format="raw", wait=True)
        for n in range(3)
    ]
    assert {cloud.image.get_image(image).status for image in made} == {"active"}
    listed = list(cloud.image.images(limit=1))  # three pages
    assert {image.id for image in listed} == {image.id for image in made}
    assert cloud.image.find_image("n1").id == made[1].id
    updated = cloud.image.update_image(made[0], hw_machine_type="q35")
    assert updated.hw_machine_type == "q35"
    assert cloud.image.download_image(made[0]).content == path.read_bytes()
    cloud.image.add_tag(made[0], "blue")
    assert cloud.image.get_image(made[0]).tags == ["blue"]
    for image in made:
        cloud.image.delete_image(image)
    with pytest.raises(openstack.exceptions.NotFoundException, match="could not be found"):
        cloud.image.get_image(made[0].id)


def test_identity_with_the_sdk(sdk):
    admin = sdk("admin")
    assert {user.name for user in admin.identity.users()} == {"admin", "demo", "nova"}
    project = admin.identity.create_project(name="p2")
    admin.identity.update_project(project, is_enabled=False)
    assert not admin.identity.get_project(project.id).is_enabled
    admin.identity.delete_project(project)
    assert admin.identity.find_project("p2") is None
    with pytest.raises(openstack.exceptions.ForbiddenException):
        list(sdk("demo").identity.users())


@pytest.fixture
def remote_conf(conf, served, cloud):
    """What novalite.conf of a compute service elsewhere says."""
    conf.set_override("endpoint_override", f"{served}/identity/v3", "keystone")
    conf.set_override("password", cloud.passwords["nova"], "keystone")
    conf.set_override("endpoint_override", f"{served}/image", "glance")
    return conf


def test_keystone_adapter(remote_conf, cloud):
    client = KeystoneClient(remote_conf, cloud.clock)
    token = cloud.token("demo")
    assert client.validate(token) == cloud.service.validate(token)
    with pytest.raises(exception.Unauthorized):
        client.validate("gAAAAforged")
    with pytest.raises(exception.Unauthorized):
        client.validate("two\nlines")
    assert client.project_exists(cloud.service.validate(token).project_id)
    assert not client.project_exists("nix")
    cloud.service.revoke(token)
    client.validate(token)  # believed for a while
    cloud.clock.ahead += 31
    with pytest.raises(exception.Unauthorized):
        client.validate(token)


def test_keystone_adapter_believes_nothing_beyond_expiry(remote_conf, cloud):
    client = KeystoneClient(remote_conf, cloud.clock)
    token = cloud.token("demo")
    cloud.clock.ahead += 14390
    client.validate(token)
    cloud.clock.ahead += 11
    with pytest.raises(exception.Unauthorized):
        client.validate(token)


def test_keystone_that_does_not_answer(remote_conf, cloud):
    remote_conf.set_override("password", "wrong", "keystone")
    with pytest.raises(exception.DependencyUnavailable, match="credentials"):
        KeystoneClient(remote_conf).validate(cloud.token("demo"))
    remote_conf.set_override("password", cloud.passwords["nova"], "keystone")
    free = server.serve(lambda *_: [], "127.0.0.1", 0)
    remote_conf.set_override("endpoint_override", f"http://127.0.0.1:{free.port}", "keystone")
    free.stop()
    with pytest.raises(exception.DependencyUnavailable, match="does not answer"):
        KeystoneClient(remote_conf).validate("token")


def test_glance_adapter(remote_conf, cloud):
    client = GlanceClient(remote_conf)
    token = cloud.token("demo")
    info = cloud.service.validate(token)
    mine = RequestContext(
        user_id=info.user_id, project_id=info.project_id, roles=info.roles, auth_token=token
    )
    values = {"name": "a", "disk_format": "raw", "container_format": "bare"}
    image = cloud.images.register(mine, {**values, "kernel_id": "k"})
    cloud.images.register(mine, {**values, "name": "b"})
    data = os.urandom(600_000)
    with pytest.raises(exception.ImageNotActive):
        client.download(mine, image.id)
    cloud.images.data.receive(mine, image.id, [data])
    assert client.get(mine, image.id) == cloud.images.get(mine, image.id)
    assert b"".join(client.download(mine, image.id)) == data
    assert b"".join(client.download(admin_context(), image.id)) == data  # own credentials
    assert [found.name for found in client.list(mine, name="a")] == ["a"]
    assert {found.name for found in client.list(mine, limit=1)} == {"a", "b"}
    assert client.local_path(image.id) is None
    with pytest.raises(exception.ImageNotFound):
        client.get(mine, "00000000-0000-4000-8000-000000000000")
    with pytest.raises(exception.ImageNotFound):
        client.get(mine, "../schemas")
    with pytest.raises(exception.Unauthorized):
        client.get(RequestContext(auth_token="gAAAA"), image.id)


def test_glance_adapter_writes(remote_conf, cloud):
    client = GlanceClient(remote_conf)
    info = cloud.service.validate(token := cloud.token("demo"))
    mine = RequestContext(
        user_id=info.user_id, project_id=info.project_id, roles=info.roles, auth_token=token
    )
    body = {"name": "made", "disk_format": "raw", "container_format": "bare", "os_type": "linux"}
    data = os.urandom(700_000)
    for context, size in ((mine, len(data)), (mine, None), (admin_context(), None)):
        image_id = client.create(context, body)
        client.upload(context, image_id, iter([data[:300_000], data[300_000:]]), size)
        image = client.get(context, image_id)
        assert (image.status, image.size, image.properties) == (
            "active", len(data), {"os_type": "linux"},
        )  # fmt: skip
        assert b"".join(client.download(context, image_id)) == data
        with pytest.raises(exception.Conflict, match="active to saving"):
            client.upload(context, image_id, iter([data]))
        client.delete(context, image_id)
        with pytest.raises(exception.ImageNotFound):
            client.delete(context, image_id)
    with pytest.raises(exception.InvalidInput, match="disk_format"):
        client.create(mine, {"disk_format": "nix"})
    wrong = client.create(mine, {**body, "disk_format": "qcow2"})
    with pytest.raises(exception.InvalidInput, match="does not match"):
        client.upload(mine, wrong, iter([data]))
    assert client.get(mine, wrong).status == "queued"
    protected = client.create(mine, {**body, "protected": True})
    with pytest.raises(exception.Forbidden):
        client.delete(mine, protected)


def test_glance_adapter_notices_damage(remote_conf, cloud):
    client = GlanceClient(remote_conf)
    values = {"disk_format": "raw", "container_format": "bare", "visibility": "public"}
    image = cloud.images.register(admin_context(), values)
    cloud.images.data.receive(admin_context(), image.id, [b"right"])
    path = cloud.images.local_path(image.id)
    os.chmod(path, 0o644)
    with open(path, "wb") as file:
        file.write(b"wrong")
    with pytest.raises(exception.DependencyUnavailable, match="sha512"):
        list(client.download(admin_context(), image.id))


def test_chunked_upload_and_its_refusal(served, cloud):
    """Data without a length; and a client that sends on gets the reason, not a broken pipe."""
    import requests

    token = cloud.token("demo")
    headers = {"X-Auth-Token": token, "Content-Type": "application/octet-stream"}
    body = {"name": "a", "disk_format": "qcow2", "container_format": "bare"}
    image_id = cloud.request("POST", "/image/v2/images", body, token).json["id"]
    url = f"{served}/image/v2/images/{image_id}/file"

    def chunks():
        for _ in range(200):
            yield b"\0" * 65536

    refused = requests.put(url, data=chunks(), headers=headers, timeout=30)
    assert refused.status_code == 400
    assert "does not match" in refused.text
    refused = requests.put(url, data=b"\0" * 20_000_000, headers=headers, timeout=30)
    assert refused.status_code == 400
    body = {**body, "disk_format": "raw"}
    image_id = cloud.request("POST", "/image/v2/images", body, token).json["id"]
    url = f"{served}/image/v2/images/{image_id}/file"
    sent = requests.put(url, data=chunks(), headers=headers, timeout=30)
    assert sent.status_code == 204
    assert os.path.getsize(cloud.images.local_path(image_id)) == 200 * 65536


def test_many_log_ins_at_once(cloud):
    """Each gets its own answer; the one thread that hashes serves them all."""
    answers = []

    def login(password):
        answers.append((password, cloud.login("demo", password=password).status_int))

    right = cloud.passwords["demo"]
    threads = [
        threading.Thread(target=login, args=(right if n % 4 else "wrong",)) for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(code for password, code in answers if password == right) == [201] * 9
    assert sorted(code for password, code in answers if password != right) == [401] * 3
