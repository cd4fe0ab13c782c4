"""A server's move, or change of size."""

import datetime

from novalite.objects.base import record


@record
class Migration:
    """``migration_type``: migration, resize, live-migration or evacuation. ``*_compute`` are hosts,
    ``*_node`` their hypervisors, ``dest_host`` an address. Memory and disk are in bytes; None
    until a live migration reports them."""

    uuid: str
    migration_type: str
    status: str
    instance_uuid: str
    source_compute: str | None = None
    source_node: str | None = None
    dest_compute: str | None = None
    dest_node: str | None = None
    dest_host: str | None = None
    old_instance_type_id: int | None = None
    new_instance_type_id: int | None = None
    memory_total: int | None = None
    memory_processed: int | None = None
    memory_remaining: int | None = None
    disk_total: int | None = None
    disk_processed: int | None = None
    disk_remaining: int | None = None
    user_id: str | None = None
    project_id: str | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None
    id: int | None = None
