"""Plain typed records that travel: over RPC, into JSON columns, between the floors."""

from novalite.objects.action import ActionEvent, InstanceAction
from novalite.objects.base import from_json, from_primitive, to_json, to_primitive
from novalite.objects.block_device import BlockDevice
from novalite.objects.flavor import Flavor
from novalite.objects.image import ImageMeta
from novalite.objects.instance import Instance, InstanceFault, Scheduling
from novalite.objects.keypair import KeyPair
from novalite.objects.migration import Migration
from novalite.objects.network import VIF, FixedIP, RequestedNetwork, Subnet
from novalite.objects.request import (
    BuildRequest,
    BuildWork,
    InstanceMapping,
    RequestSpec,
    Selection,
)
from novalite.objects.service import (
    CELL0_UUID,
    Aggregate,
    CellMapping,
    ComputeNode,
    InstanceGroup,
    Service,
)
from novalite.objects.step import InstanceStep

__all__ = [
    "CELL0_UUID",
    "VIF",
    "ActionEvent",
    "Aggregate",
    "BlockDevice",
    "BuildRequest",
    "BuildWork",
    "CellMapping",
    "ComputeNode",
    "FixedIP",
    "Flavor",
    "ImageMeta",
    "Instance",
    "InstanceAction",
    "InstanceFault",
    "InstanceGroup",
    "InstanceMapping",
    "InstanceStep",
    "KeyPair",
    "Migration",
    "RequestSpec",
    "RequestedNetwork",
    "Scheduling",
    "Selection",
    "Service",
    "Subnet",
    "from_json",
    "from_primitive",
    "to_json",
    "to_primitive",
]
