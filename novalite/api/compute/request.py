"""What a create request asks for, freed from the form in which it came (REST, EC2)."""

import dataclasses
from typing import Any

from novalite.objects import (
    BlockDevice,
    Flavor,
    ImageMeta,
    InstanceGroup,
    KeyPair,
    RequestedNetwork,
)
from novalite.quota import Room


@dataclasses.dataclass(slots=True)
class Destination:
    """Where the servers are wanted.

    ``force_host`` and ``force_node`` (``zone:host:node``) skip the scheduler's filters; ``host``
    and ``node`` (2.74) do not.
    """

    zone: str | None = None
    force_host: str | None = None
    force_node: str | None = None
    host: str | None = None
    node: str | None = None

    @property
    def forced(self) -> bool:
        return self.force_host is not None or self.force_node is not None


@dataclasses.dataclass(slots=True)
class CreateRequest:
    """One POST /servers. It travels through the modules of the use-case and is not changed.

    ``image_ref`` is empty for a server that boots from a mapping. ``block_devices`` None: the
    request had none, the image is the only disk. ``legacy_block_devices``: they came in the
    first form of mapping, in which the image is implied. ``multiattach``: a volume may be one that
    several servers share. ``networks`` is empty when the request
    said nothing of networks. ``hints`` maps a scheduler hint to a list of strings.
    ``injected_files`` are ``[path, base64 content]``. ``body_hash`` identifies the body for the
    idempotency key.
    """

    name: str
    flavor_ref: str
    image_ref: str = ""
    description: str | None = None
    min_count: int = 1
    max_count: int = 1
    admin_password: str | None = None
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    tags: list[str] = dataclasses.field(default_factory=list)
    user_data: str | None = None
    key_name: str | None = None
    config_drive: Any = None
    security_groups: list[str] = dataclasses.field(default_factory=list)
    injected_files: list[list[str]] = dataclasses.field(default_factory=list)
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    auto_disk_config: bool | None = None
    hostname: str | None = None
    trusted_certs: list[str] | None = None
    networks: list[RequestedNetwork] = dataclasses.field(default_factory=list)
    block_devices: list[BlockDevice] | None = None
    legacy_block_devices: bool = False
    multiattach: bool = False
    hints: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    destination: Destination = dataclasses.field(default_factory=Destination)
    idempotency_key: str | None = None
    body_hash: str = ""


@dataclasses.dataclass(slots=True)
class Plan:
    """A request that passed all checks: what each of its ``count`` servers is made of."""

    flavor: Flavor
    image: ImageMeta
    keypair: KeyPair | None
    group: InstanceGroup | None
    count: int
    block_devices: list[BlockDevice]
    kernel_id: str
    ramdisk_id: str
    root_device_name: str | None
    auto_disk_config: bool
    config_drive: bool
    room: Room
    is_bfv: bool = False


@dataclasses.dataclass(slots=True)
class Created:
    """What the 202 says. ``admin_password`` is None in a repeated answer when it was generated:
    it is stored nowhere."""

    uuids: list[str]
    reservation_id: str
    auto_disk_config: bool
    admin_password: str | None
