"""The whole cloud in one process: SQLite, in-process messages, embedded neighbours, one port."""

import argparse
import fcntl
import json
import logging
import os
import secrets
import sys
from typing import IO, Any

from oslo_config import cfg
from oslo_log import log

from novalite import conf as configuration
from novalite.cmd import clouds, compose, control, first_start, service

LOG = logging.getLogger(__name__)


def hold(state_path: str) -> IO[bytes]:
    """The state directory's lock: two clouds must never share one. Kept until the process ends."""
    lock = open(os.path.join(state_path, "lock"), "ab")  # noqa: SIM115
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"novalite: another process runs on {state_path}", file=sys.stderr)
        raise SystemExit(1) from None
    return lock


def secret(path: str) -> str:
    """A secret of this cloud's own, made at the first start; readable by its owner only."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        with open(path) as file:
            return file.read().strip()
    value = secrets.token_hex(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return value


def defaults(options: argparse.Namespace) -> dict[tuple[str | None, str], Any]:
    """What an all-in-one sets where the operator's file says nothing: (group, option) -> value."""
    state = options.state_path
    url = f"http://{options.listen}:{options.port}"
    values: dict[tuple[str | None, str], Any] = {
        (None, "state_path"): state,
        (None, "report_interval"): 5,
        ("api_database", "connection"): f"sqlite:///{state}/api.sqlite",
        ("database", "connection"): f"sqlite:///{state}/cell1.sqlite",
        ("embedded", "connection"): f"sqlite:///{state}/embedded.sqlite",
        ("embedded", "public_url"): url,
        ("embedded", "metadata_url"): f"{url}/metadata",
        ("api", "listen"): options.listen,
        ("api", "port"): options.port,
        ("neutron", "metadata_proxy_shared_secret"): secret(os.path.join(state, "metadata_secret")),
    }
    if options.guest_image:
        values["embedded", "guest_image"] = options.guest_image
    if options.fake:
        values[None, "compute_driver"] = "fake.FakeDriver"
        values["embedded", "data_plane"] = "none"
    return values


def configure(options: argparse.Namespace) -> cfg.ConfigOpts:
    argv = [word for name in options.config_file for word in ("--config-file", name)]
    own = os.path.join(options.state_path, "novalite.conf")
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    configuration.configuration(argv, [own] if os.path.exists(own) else [], conf=conf)
    for (group, name), value in defaults(options).items():
        conf.set_default(name, value, group=group)
    return conf


def run(options: argparse.Namespace) -> int:
    os.makedirs(options.state_path, mode=0o711, exist_ok=True)
    lock = hold(options.state_path)
    service.write_pid(control.pid_path(options.state_path))
    conf = configure(options)
    service.setup_logging(conf, "novalite")
    first_start.schemas(conf)
    with service.Process() as process:
        fake_hosts = options.fake_hosts if options.fake else 0
        cloud = compose.all_in_one(conf, process, fake_hosts=fake_hosts)
        image = first_start.prepare(cloud)
        _announce(options, conf, image)
        process.run()
    lock.close()
    return 0


def _announce(options: argparse.Namespace, conf: cfg.ConfigOpts, image: str) -> None:
    """What `novalite status` shows, and the user's clouds.yaml."""
    with open(os.path.join(options.state_path, "credentials.json")) as file:
        passwords = json.load(file)
    path = options.clouds or clouds.default_path()
    auth_url = conf.embedded.public_url + "/identity/v3"
    region = conf.embedded.region
    clouds.write(
        path,
        {
            "novalite": clouds.entry(auth_url, region, "demo", passwords["demo"], "demo"),
            "novalite-admin": clouds.entry(auth_url, region, "admin", passwords["admin"], "admin"),
        },
    )
    facts = {
        "clouds": path,
        "image": image,
        "hypervisor": "simulated"
        if options.fake
        else f"libvirt, virt_type={conf.libvirt.virt_type}",
    }
    with open(os.path.join(options.state_path, "up.json"), "w") as file:
        json.dump(facts, file)
    with open(control.url_path(options.state_path), "w") as file:
        file.write(f"http://{options.listen}:{options.port}\n")
