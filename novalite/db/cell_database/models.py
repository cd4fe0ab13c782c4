"""Tables of a cell's database; cell0 has the same."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

from novalite.db.types import (
    MYSQL_OPTIONS,
    NAMING,
    Json,
    boolean,
    identity,
    moment,
    number,
    soft_delete,
    string,
    text,
    timestamps,
    uuid,
)

metadata = MetaData(naming_convention=NAMING)


def _table(name: str, *parts: sa.schema.SchemaItem, lasting: bool = False) -> Table:
    """``lasting``: rows are removed for good, not soft-deleted."""
    deletion = [] if lasting else soft_delete()
    return Table(name, metadata, identity(), *timestamps(), *deletion, *parts, **MYSQL_OPTIONS)


def _of_instance(**kwargs: Any) -> Column[str]:
    return Column(
        "instance_uuid", string(36), ForeignKey("instances.uuid"), nullable=False, **kwargs
    )


instances = _table(
    "instances",
    uuid(),
    Column("project_id", string()),
    Column("user_id", string()),
    Column("display_name", string()),
    Column("display_description", string()),
    Column("hostname", string()),
    Column("image_ref", string()),
    Column("kernel_id", string()),
    Column("ramdisk_id", string()),
    Column("launch_index", sa.Integer),
    Column("reservation_id", string(), index=True),
    Column("key_name", string()),
    Column("key_data", text()),
    Column("power_state", sa.Integer),
    Column("vm_state", string()),
    Column("task_state", string()),
    Column("memory_mb", sa.Integer),
    Column("vcpus", sa.Integer),
    Column("root_gb", sa.Integer),
    Column("ephemeral_gb", sa.Integer),
    Column("ephemeral_key_uuid", string(36)),
    Column("instance_type_id", sa.Integer),
    Column("host", string()),
    Column("node", string()),
    Column("compute_id", sa.BigInteger),
    Column("launched_on", string()),
    Column("availability_zone", string()),
    Column("user_data", text()),
    Column("root_device_name", string()),
    Column("default_ephemeral_device", string()),
    Column("default_swap_device", string()),
    Column("config_drive", string()),
    Column("access_ip_v4", string(39)),
    Column("access_ip_v6", string(39)),
    boolean("auto_disk_config", True),
    Column("progress", sa.Integer),
    Column("launched_at", moment()),
    Column("terminated_at", moment()),
    boolean("locked"),
    Column("locked_by", string(36)),
    Column("os_type", string()),
    Column("architecture", string()),
    Column("vm_mode", string()),
    boolean("shutdown_terminate"),
    boolean("disable_terminate"),
    Column("cell_name", string()),
    number("cleaned"),
    boolean("hidden"),
    UniqueConstraint("uuid"),
    # The usual list: a project's servers, newest first; and the same of all projects.
    Index("ix_instances_of_project", "project_id", "deleted", "created_at", "id", "uuid"),
    Index("ix_instances_of_all", "deleted", "created_at", "id", "uuid"),
    # changes-since
    Index("ix_instances_project_updated", "project_id", "updated_at"),
    Index("ix_instances_updated_at", "updated_at"),
    Index("ix_instances_host", "host", "deleted"),
)

instance_extra = _table(
    "instance_extra",
    _of_instance(),
    Column("flavor", Json()),
    Column("keypairs", Json()),
    Column("trusted_certs", Json()),
    Column("scheduling", Json()),
    Column("device_metadata", Json()),
    Column("numa_topology", Json()),
    Column("pci_requests", Json()),
    Column("vcpu_model", Json()),
    Column("migration_context", Json()),
    Column("resources", Json()),
    UniqueConstraint("instance_uuid"),
)

instance_info_caches = _table(
    "instance_info_caches",
    _of_instance(),
    Column("network_info", Json()),
    UniqueConstraint("instance_uuid"),
)

instance_metadata = _table(
    "instance_metadata",
    _of_instance(),
    Column("key", string(), nullable=False),
    Column("value", string()),
    UniqueConstraint("instance_uuid", "key", "deleted"),
)

instance_system_metadata = _table(
    "instance_system_metadata",
    _of_instance(),
    Column("key", string(), nullable=False),
    Column("value", text()),
    UniqueConstraint("instance_uuid", "key", "deleted"),
)

instance_faults = _table(
    "instance_faults",
    _of_instance(index=True),
    Column("code", sa.Integer, nullable=False),
    Column("message", string()),
    Column("details", text()),
    Column("host", string()),
)

instance_actions = _table(
    "instance_actions",
    Column("action", string(), nullable=False),
    uuid("instance_uuid"),
    Column("request_id", string(), nullable=False, index=True),
    Column("user_id", string()),
    Column("project_id", string()),
    Column("start_time", moment()),
    Column("finish_time", moment()),
    Column("message", string()),
    UniqueConstraint("instance_uuid", "request_id", "action"),
    Index("ix_instance_actions_instance_uuid_created_at", "instance_uuid", "created_at", "id"),
)

instance_actions_events = _table(
    "instance_actions_events",
    Column("action_id", ForeignKey("instance_actions.id"), nullable=False, index=True),
    Column("event", string(), nullable=False),
    Column("start_time", moment()),
    Column("finish_time", moment()),
    Column("result", string()),
    Column("traceback", text()),
    Column("host", string()),
    Column("details", text()),
)

instance_id_mappings = _table("instance_id_mappings", uuid(), UniqueConstraint("uuid"))

block_device_mapping = _table(
    "block_device_mapping",
    uuid(),
    _of_instance(),
    Column("source_type", string()),
    Column("destination_type", string()),
    Column("guest_format", string()),
    Column("device_type", string()),
    Column("disk_bus", string()),
    Column("boot_index", sa.Integer),
    Column("device_name", string()),
    boolean("delete_on_termination"),
    Column("snapshot_id", string(36), index=True),
    Column("volume_id", string(36), index=True),
    Column("volume_size", sa.Integer),
    Column("volume_type", string()),
    Column("image_id", string(36)),
    boolean("no_device"),
    Column("connection_info", Json()),
    Column("tag", string()),
    Column("attachment_id", string(36)),
    boolean("encrypted"),
    Column("encryption_secret_uuid", string(36)),
    Column("encryption_format", string(128)),
    Column("encryption_options", string(4096)),
    Column("task_state", string(36)),
    UniqueConstraint("uuid"),
    Index("ix_block_device_mapping_instance_uuid", "instance_uuid", "deleted"),
    Index("ix_block_device_mapping_task_state", "task_state"),
)

virtual_interfaces = _table(
    "virtual_interfaces",
    uuid(index=True),
    Column("address", string()),
    Column("network_id", string(36)),
    _of_instance(index=True),
    Column("tag", string()),
    UniqueConstraint("address", "deleted"),
)

migrations = _table(
    "migrations",
    uuid(),
    Column("instance_uuid", string(36), ForeignKey("instances.uuid")),
    Column("source_compute", string()),
    Column("dest_compute", string()),
    Column("source_node", string()),
    Column("dest_node", string()),
    Column("dest_compute_id", sa.BigInteger),
    Column("dest_host", string()),
    Column("old_instance_type_id", sa.Integer),
    Column("new_instance_type_id", sa.Integer),
    Column("status", string()),
    Column("migration_type", string(32), nullable=False),
    boolean("hidden"),
    Column("memory_total", sa.BigInteger),
    Column("memory_processed", sa.BigInteger),
    Column("memory_remaining", sa.BigInteger),
    Column("disk_total", sa.BigInteger),
    Column("disk_processed", sa.BigInteger),
    Column("disk_remaining", sa.BigInteger),
    boolean("cross_cell_move"),
    Column("user_id", string()),
    Column("project_id", string()),
    UniqueConstraint("uuid"),
    Index("ix_migrations_instance_uuid_status", "deleted", "instance_uuid", "status"),
    Index("ix_migrations_updated_at", "updated_at"),
)

services = _table(
    "services",
    uuid(),
    Column("host", string(), nullable=False),
    Column("binary", string(), nullable=False),
    Column("topic", string(), nullable=False),
    number("report_count"),
    boolean("disabled"),
    Column("disabled_reason", string()),
    Column("last_seen_up", moment()),
    boolean("forced_down"),
    number("version"),
    UniqueConstraint("uuid"),
    UniqueConstraint("host", "topic", "deleted"),
    UniqueConstraint("host", "binary", "deleted"),
)

compute_nodes = _table(
    "compute_nodes",
    uuid(),
    Column("service_id", sa.Integer, index=True),
    Column("host", string(), nullable=False),
    Column("hypervisor_hostname", string(), nullable=False),
    number("vcpus"),
    number("memory_mb"),
    number("local_gb"),
    number("vcpus_used"),
    number("memory_mb_used"),
    number("local_gb_used"),
    number("running_vms"),
    number("reserved_vcpus"),
    number("reserved_memory_mb"),
    number("reserved_gb"),
    Column("disk_available_least", sa.Integer),
    number("current_workload"),
    Column("hypervisor_type", string(), nullable=False, default=""),
    number("hypervisor_version"),
    Column("cpu_info", Json()),
    Column("host_ip", string(39)),
    Column("supported_instances", Json()),
    Column("traits", Json()),
    Column("metrics", Json()),
    Column("pci_stats", Json()),
    Column("extra_resources", Json()),
    Column("stats", Json()),
    Column("numa_topology", Json()),
    Column("ram_allocation_ratio", sa.Double(), nullable=False, default=1.0),
    Column("cpu_allocation_ratio", sa.Double(), nullable=False, default=4.0),
    Column("disk_allocation_ratio", sa.Double(), nullable=False, default=1.0),
    number("mapped"),
    UniqueConstraint("uuid"),
    UniqueConstraint("host", "hypervisor_hostname", "deleted"),
)

allocations = _table(
    "allocations",
    uuid("instance_uuid"),
    Column("compute_id", ForeignKey("compute_nodes.id"), nullable=False, index=True),
    Column("host", string(), nullable=False),
    number("vcpus"),
    number("memory_mb"),
    number("local_gb"),
    UniqueConstraint("instance_uuid", "compute_id"),
    Index("ix_allocations_host", "host", "created_at"),
    lasting=True,
)

pci_devices = _table(
    "pci_devices",
    uuid(index=True),
    Column("compute_node_id", ForeignKey("compute_nodes.id"), nullable=False),
    Column("address", string(12), nullable=False),
    Column("vendor_id", string(4), nullable=False),
    Column("product_id", string(4), nullable=False),
    Column("dev_type", string(8), nullable=False),
    Column("dev_id", string()),
    Column("label", string(), nullable=False),
    Column("status", string(36), nullable=False),
    Column("request_id", string(36)),
    Column("extra_info", Json()),
    Column("instance_uuid", string(36), index=True),
    Column("numa_node", sa.Integer),
    Column("parent_addr", string(12)),
    UniqueConstraint("compute_node_id", "address", "deleted"),
)

console_auth_tokens = _table(
    "console_auth_tokens",
    Column("token_hash", string(), nullable=False),
    Column("console_type", string(), nullable=False),
    Column("host", string(), nullable=False),
    Column("port", sa.Integer, nullable=False),
    Column("tls_port", sa.Integer),
    Column("internal_access_path", string()),
    uuid("instance_uuid", index=True),
    Column("expires", sa.Integer, nullable=False, index=True),
    Column("access_url_base", string()),
    UniqueConstraint("token_hash"),
    lasting=True,
)

tags = Table(
    "tags",
    metadata,
    Column("resource_id", string(36), primary_key=True),
    Column("tag", string(80), primary_key=True),
    *timestamps(),
    Index("ix_tags_tag", "tag"),
    **MYSQL_OPTIONS,
)

share_mapping = _table(
    "share_mapping",
    uuid(),
    _of_instance(),
    uuid("share_id"),
    Column("status", string(32)),
    Column("tag", string(48)),
    Column("export_location", text()),
    Column("share_proto", string(32)),
    UniqueConstraint("uuid"),
    UniqueConstraint("instance_uuid", "share_id"),
    UniqueConstraint("instance_uuid", "tag"),
    lasting=True,
)

task_log = _table(
    "task_log",
    Column("task_name", string(), nullable=False),
    Column("state", string(), nullable=False),
    Column("host", string(), nullable=False),
    Column("period_beginning", moment(), nullable=False, index=True),
    Column("period_ending", moment(), nullable=False, index=True),
    Column("message", string(), nullable=False),
    number("task_items"),
    number("errors"),
    UniqueConstraint("task_name", "host", "period_beginning", "period_ending"),
)


def _counters(prefix: str) -> list[Column[Any]]:
    names = ("read_bytes", "reads", "write_bytes", "writes")
    return [Column(f"{prefix}_{name}", sa.BigInteger, nullable=False, default=0) for name in names]


volume_usage_cache = _table(
    "volume_usage_cache",
    uuid("volume_id", index=True),
    Column("instance_uuid", string(36)),
    Column("project_id", string(36)),
    Column("user_id", string(64)),
    Column("availability_zone", string()),
    Column("tot_last_refreshed", moment()),
    Column("curr_last_refreshed", moment()),
    *_counters("tot"),
    *_counters("curr"),
)
