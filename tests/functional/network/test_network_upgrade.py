"""A database of the first release gets what the network service has gained since."""

import pathlib

import pytest
import sqlalchemy as sa

from novalite.context import admin_context
from novalite.db import sync
from novalite.db.engine import Database
from novalite.network.embedded.service import NetworkService

ADDED = {
    "network_networks": ["segmentation_id", "dns_domain", "availability_zone_hints", "is_default",
                         "dhcp_scheduled"],
    "network_subnets": ["ipv6_ra_mode", "ipv6_address_mode", "subnetpool_id", "service_types"],
    "network_ports": ["dns_domain", "extra_dhcp_opts"],
    "network_security_group_rules": ["remote_address_group_id"],
}  # fmt: skip
INDEXES = (
    "uq_network_networks_segmentation_id",
    "ix_network_subnets_subnetpool_id",
    "ix_network_security_group_rules_remote_address_group_id",
)


@pytest.fixture
def old(tmp_path: pathlib.Path, conf) -> Database:
    """One as the first release left it, with a network, a subnet and a port."""
    url = f"sqlite:///{tmp_path}/old.db"
    sync.sync_embedded(url)
    database = Database(url)
    admin = admin_context()
    service = NetworkService(conf, database)
    network = service.networks.create(admin, {"name": "n", "project_id": "p"})["id"]
    service.subnets.create(admin, {"network_id": network, "cidr": "10.0.0.0/24"})
    service.create_port(admin, {"network_id": network, "project_id": "p"})
    with database.write() as conn:
        for index in INDEXES:
            conn.execute(sa.text(f"DROP INDEX {index}"))
        for table, columns in ADDED.items():
            for column in columns:
                conn.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        for table in ("network_floating_ips", "network_routers", "network_tags", "network_agents"):
            conn.execute(sa.text(f"DROP TABLE {table}"))
        conn.execute(sa.text("UPDATE embedded_version SET version_num = '0003'"))
    return database


def test_what_was_there_works_as_before(old: Database, conf) -> None:
    sync.sync_embedded(old.url.render_as_string())
    service = NetworkService(conf, old)
    service.start()
    try:
        admin = admin_context()
        [network] = service.list_networks(admin)
        assert (network["provider:segmentation_id"], network["dns_domain"]) == (2, "")
        [subnet] = service.list_subnets(admin)
        assert (subnet["ipv6_ra_mode"], subnet["service_types"]) == (None, [])
        ports = service.list_ports(admin)
        assert [port["extra_dhcp_opts"] for port in ports] == [[], []]
        router = service.routers.create(admin, {"project_id": "p"})
        service.router_interfaces.add(admin, router["id"], {"subnet_id": subnet["id"]})
        second = service.networks.create(admin, {"name": "m", "project_id": "p"})
        assert second["provider:segmentation_id"] == 1
    finally:
        service.stop()
    names = {
        index["name"] for table in ADDED for index in sa.inspect(old.engine).get_indexes(table)
    }
    assert set(INDEXES) <= names
