"""The configuration files of a multi-service cloud on one machine."""

import configparser
import ipaddress
import json
import os
import secrets
from typing import Any

Options = dict[str, dict[str, Any]]

# Not those of an all-in-one, which may run on the same host.
API_PORT = 8784
NEIGHBOURS_PORT = 8785
DEVICE_PREFIX = "nvm"
NETWORK_CIDR = "10.78.0.0/24"


def merge(*parts: Options) -> Options:
    merged: Options = {}
    for part in parts:
        for group, options in part.items():
            merged.setdefault(group, {}).update(options)
    return merged


def write(path: str, options: Options) -> str:
    """Readable by its owner only: it holds passwords."""
    parser = configparser.ConfigParser(interpolation=None)
    for group, values in options.items():
        parser[group] = {name: str(value) for name, value in values.items()}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        parser.write(file)
    return path


class Plan:
    """Where everything of one cloud is. ``database(name)`` gives the URL of a database."""

    def __init__(
        self,
        state: str,
        database: Any,
        transport_url: str,
        *,
        backend: str = "auto",
        fake: bool = False,
        api_port: int = API_PORT,
        neighbours_port: int = NEIGHBOURS_PORT,
        device_prefix: str = DEVICE_PREFIX,
        network_cidr: str = NETWORK_CIDR,
        extra: Options | None = None,
    ) -> None:
        self.state = state
        self.device_prefix = device_prefix
        self.network_cidr = network_cidr
        beside = ipaddress.ip_network(network_cidr).network_address + 4 * 256
        self.external_cidr = f"{beside}/24"
        self.database = database
        self.backend = backend
        self.fake = fake
        self.transport_url = transport_url
        self.api_url = f"http://127.0.0.1:{api_port}"
        self.neighbours_url = f"http://127.0.0.1:{neighbours_port}"
        self.api_port = api_port
        self.neighbours_port = neighbours_port
        self.extra = extra or {}
        self._secret = self._kept("metadata_secret", secrets.token_hex(32))
        # The identity service gives the accounts that it makes the passwords it finds here.
        accounts = json.dumps({"nova": secrets.token_urlsafe(18)})
        self._service_password = json.loads(self._kept("credentials.json", accounts))["nova"]

    def _kept(self, name: str, first: str) -> str:
        """What an earlier start of this cloud has written there, or else ``first``."""
        path = os.path.join(self.state, name)
        if not os.path.exists(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(first)
        with open(path) as file:
            return file.read()

    @property
    def auth_url(self) -> str:
        return self.neighbours_url + "/identity/v3"

    def _common(self) -> Options:
        return merge(
            {
                "DEFAULT": {
                    "state_path": self.state,
                    "transport_url": self.transport_url,
                    "concurrency_backend": self.backend,
                    "report_interval": 5,
                },
                "neutron": {"metadata_proxy_shared_secret": self._secret},
            },
            self.extra,
        )

    def _databases(self) -> Options:
        return {
            "api_database": {"connection": self.database("novalite_api")},
            "database": {"connection": self.database("novalite_cell1")},
        }

    def neighbours(self) -> Options:
        return merge(
            self._common(),
            {
                "api": {"port": self.neighbours_port},
                "embedded": {
                    "connection": self.database("novalite_embedded"),
                    "public_url": self.neighbours_url,
                    "compute_url": self.api_url + "/v2.1",
                    "metadata_url": self.api_url + "/metadata",
                    "data_plane": "none" if self.fake else "linux",
                    "device_prefix": self.device_prefix,
                    "network_cidr": self.network_cidr,
                    "external_cidr": self.external_cidr,
                },
                "nova": {
                    "endpoint_override": self.api_url + "/v2.1",
                    "auth_url": self.auth_url,
                    "password": self._service_password,
                },
            },
        )

    def _remote(self, service_password: str) -> Options:
        account = {
            "driver": "remote",
            "auth_url": self.auth_url,
            "username": "nova",
            "password": service_password,
        }
        return {
            "keystone": {**account, "endpoint_override": self.auth_url},
            "glance": {**account, "endpoint_override": self.neighbours_url + "/image"},
            "neutron": {
                **account,
                "endpoint_override": self.neighbours_url + "/network",
                "metadata_proxy_shared_secret": self._secret,
            },
            "cinder": {**account, "endpoint_override": self.neighbours_url + "/volume/v3"},
        }

    def api(self, service_password: str) -> Options:
        return merge(
            self._common(),
            self._databases(),
            self._remote(service_password),
            {"api": {"port": self.api_port}},
        )

    def with_databases(self, service_password: str, host: str) -> Options:
        """A conductor or a scheduler."""
        return merge(
            self._common(),
            self._databases(),
            self._remote(service_password),
            {"DEFAULT": {"host": host}},
        )

    def compute(self, service_password: str, host: str) -> Options:
        """A compute host: no database URL in it."""
        driver = "fake.FakeDriver" if self.fake else "libvirt.LibvirtDriver"
        state = os.path.join(self.state, host) if self.fake else self.state
        return merge(
            self._common(),
            self._remote(service_password),
            {
                "DEFAULT": {
                    "host": host,
                    "compute_driver": driver,
                    "state_path": state,
                }
            },
        )
