"""What a user was promised with a 202, before and while it is built."""

import dataclasses
import datetime

from novalite.objects.base import record
from novalite.objects.block_device import BlockDevice
from novalite.objects.flavor import Flavor
from novalite.objects.image import ImageMeta
from novalite.objects.instance import Instance
from novalite.objects.network import RequestedNetwork


@record
class RequestSpec:
    """What the scheduler needs to know of one server, kept for its whole life.

    ``force_hosts``/``force_nodes`` skip the filters (zone:host:node); ``requested_host`` and
    ``requested_node`` (2.74) do not. ``scheduler_hints`` maps a hint to a list of strings.
    ``security_groups`` are the names or ids of the request. ``injected_files`` are
    ``[path, base64 content]`` pairs. ``ignore_hosts`` are those that failed before.
    """

    instance_uuid: str
    project_id: str
    user_id: str
    flavor: Flavor
    image: ImageMeta
    num_instances: int = 1
    availability_zone: str | None = None
    force_hosts: list[str] = dataclasses.field(default_factory=list)
    force_nodes: list[str] = dataclasses.field(default_factory=list)
    requested_host: str | None = None
    requested_node: str | None = None
    ignore_hosts: list[str] = dataclasses.field(default_factory=list)
    scheduler_hints: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    instance_group: str | None = None
    security_groups: list[str] = dataclasses.field(default_factory=list)
    requested_networks: list[RequestedNetwork] = dataclasses.field(default_factory=list)
    injected_files: list[list[str]] = dataclasses.field(default_factory=list)
    is_bfv: bool = False


@record
class BuildRequest:
    """A server that was accepted and has no row in a cell yet.

    Whoever schedules it holds a lease: ``lease_owner`` until ``lease_expires_at``. A request
    that nobody holds is taken up again by any conductor (decision 0002).
    """

    instance_uuid: str
    project_id: str
    instance: Instance
    block_devices: list[BlockDevice] = dataclasses.field(default_factory=list)
    tags: list[str] = dataclasses.field(default_factory=list)
    request_id: str | None = None
    lease_owner: str | None = None
    lease_expires_at: datetime.datetime | None = None
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None


@record
class InstanceMapping:
    """Which cell holds a server; ``cell_uuid`` None: not scheduled yet. ``vcpus`` and
    ``memory_mb`` let one statement count a project's usage without asking any cell."""

    instance_uuid: str
    project_id: str
    user_id: str
    cell_uuid: str | None = None
    vcpus: int = 0
    memory_mb: int = 0
    queued_for_delete: bool = False
    created_at: datetime.datetime | None = None


@record
class Selection:
    """One answer of the scheduler: a host on which the resources are (or may be) claimed."""

    host: str
    node: str
    cell_uuid: str
    compute_id: int
    compute_uuid: str
    availability_zone: str | None = None
    claimed: bool = False


@record
class BuildWork:
    """All that a compute host needs to build one server; made from the databases alone, except
    ``admin_password``, which is stored nowhere and so is None when work is resumed.
    ``request_id`` is that of the POST, so that actions and logs carry it."""

    instance: Instance
    image: ImageMeta
    requested_networks: list[RequestedNetwork]
    security_groups: list[str]
    injected_files: list[list[str]] = dataclasses.field(default_factory=list)
    admin_password: str | None = None
    request_id: str | None = None
