"""A server, as its cell's database knows it."""

import datetime
from typing import Any

from novalite.objects.base import record
from novalite.objects.block_device import BlockDevice
from novalite.objects.flavor import Flavor
from novalite.objects.keypair import KeyPair
from novalite.objects.network import VIF


@record
class InstanceFault:
    """Why a server failed. ``code`` is an HTTP code; ``details`` may hold a traceback."""

    instance_uuid: str
    code: int
    message: str
    details: str | None = None
    host: str | None = None
    created_at: datetime.datetime | None = None


@record
class Scheduling:
    """How far the attempts to place a server have come; kept with the instance so that a
    reschedule needs no message. ``alternates`` are Selections still untried, best first;
    ``tried`` are the host names that failed."""

    attempts: int = 1
    tried: list[str] | None = None
    alternates: list[Any] | None = None


@record
class Instance:
    """Members that a query was not asked to load are None (``metadata``, ``system_metadata``,
    ``tags``, ``block_devices``); ``fault`` is None too when there is none. ``flavor``,
    ``keypairs``, ``network_info`` and the other one-to-one extras are always loaded.
    All times are naive UTC.
    """

    uuid: str
    project_id: str
    user_id: str
    display_name: str = ""
    display_description: str | None = None
    hostname: str = ""
    vm_state: str = "building"
    task_state: str | None = None
    power_state: int = 0
    flavor: Flavor | None = None
    image_ref: str = ""
    kernel_id: str = ""
    ramdisk_id: str = ""
    memory_mb: int = 0
    vcpus: int = 0
    root_gb: int = 0
    ephemeral_gb: int = 0
    host: str | None = None
    node: str | None = None
    compute_id: int | None = None
    launched_on: str | None = None
    availability_zone: str | None = None
    reservation_id: str | None = None
    launch_index: int = 0
    key_name: str | None = None
    key_data: str | None = None
    user_data: str | None = None
    config_drive: str = ""
    root_device_name: str | None = None
    default_ephemeral_device: str | None = None
    default_swap_device: str | None = None
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    auto_disk_config: bool = True
    progress: int = 0
    locked: bool = False
    locked_by: str | None = None
    os_type: str | None = None
    architecture: str | None = None
    vm_mode: str | None = None
    launched_at: datetime.datetime | None = None
    terminated_at: datetime.datetime | None = None
    hidden: bool = False
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None
    deleted_at: datetime.datetime | None = None
    deleted: bool = False
    # one-to-one extras
    keypairs: list[KeyPair] | None = None
    trusted_certs: list[str] | None = None
    scheduling: Scheduling | None = None
    network_info: list[VIF] | None = None
    # loaded on request
    metadata: dict[str, str] | None = None
    system_metadata: dict[str, str] | None = None
    tags: list[str] | None = None
    block_devices: list[BlockDevice] | None = None
    fault: InstanceFault | None = None

    def name(self, template: str = "instance-%08x") -> str:
        """The hypervisor-side name, from [DEFAULT]instance_name_template."""
        if self.id is None:
            return ""
        return template % self.id if "%" in template else template
