"""meta_data.json: who the guest is."""

import base64
import json
import os
from typing import Any

from novalite.guest_data import versions
from novalite.guest_data.source import Source
from novalite.objects import VIF, BlockDevice, Instance

NAME = "meta_data.json"
RANDOM_SEED_BYTES = 512
UNKNOWN = "none"
"""What the guest is told of a bus or an address that the host does not know."""


def content_path(number: int) -> str:
    """Where the body of the ``number``-th injected file is, relative to ``openstack``."""
    return f"/content/{number:04d}"


def render(source: Source, version: str) -> bytes:
    instance = source.instance
    document: dict[str, Any] = {"uuid": instance.uuid}
    if instance.metadata:
        document["meta"] = dict(instance.metadata)
    if source.files:
        document["files"] = [
            {"path": path, "content_path": content_path(number)}
            for number, (path, _content) in enumerate(source.files)
        ]
    if instance.key_name and instance.key_data:
        document["public_keys"] = {instance.key_name: instance.key_data}
        document["keys"] = [
            {"name": instance.key_name, "type": _key_type(instance), "data": instance.key_data}
        ]
    document["hostname"] = source.hostname
    document["name"] = instance.display_name
    document["launch_index"] = instance.launch_index
    document["availability_zone"] = instance.availability_zone
    if source.admin_password:
        document["admin_pass"] = source.admin_password
    if versions.at_least(version, versions.GRIZZLY):
        document["random_seed"] = base64.b64encode(os.urandom(RANDOM_SEED_BYTES)).decode()
    if versions.at_least(version, versions.LIBERTY):
        document["project_id"] = instance.project_id
    if versions.at_least(version, versions.NEWTON_ONE):
        document["devices"] = _devices(source, version)
    if versions.at_least(version, versions.VICTORIA):
        document["dedicated_cpus"] = []  # no flavor pins guest CPUs here
    return json.dumps(document).encode()


def _key_type(instance: Instance) -> str:
    for keypair in instance.keypairs or ():
        if keypair.name == instance.key_name:
            return keypair.type
    return "ssh"


def _devices(source: Source, version: str) -> list[dict[str, Any]]:
    """The devices to which the user gave a tag."""
    nics = [_nic(vif, version) for vif in source.network_info if vif.tag]
    disks = [_disk(device) for device in source.instance.block_devices or () if device.tag]
    return nics + disks


def _nic(vif: VIF, version: str) -> dict[str, Any]:
    nic: dict[str, Any] = {
        "type": "nic",
        "bus": vif.details.get("guest_bus", UNKNOWN),
        "address": vif.details.get("guest_address", UNKNOWN),
        "mac": vif.address,
        "tags": [vif.tag],
    }
    vlan = vif.details.get("vlan")
    if vlan and versions.at_least(version, versions.OCATA):
        nic["vlan"] = int(vlan)
    if versions.at_least(version, versions.ROCKY):
        nic["vf_trusted"] = bool(vif.details.get("trusted", False))
    return nic


def _disk(device: BlockDevice) -> dict[str, Any]:
    disk: dict[str, Any] = {
        "type": "disk",
        "bus": device.disk_bus or UNKNOWN,
        "address": UNKNOWN,
        "tags": [device.tag],
    }
    if device.volume_id:
        disk["serial"] = device.volume_id
    if device.device_name:
        disk["path"] = device.device_name
    return disk
