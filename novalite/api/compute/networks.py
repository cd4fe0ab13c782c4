"""The networks of a request: read, and asked of the network service before the promise."""

from typing import Any

from oslo_utils import uuidutils

from novalite.api.compute import parts
from novalite.api.compute.request import CreateRequest
from novalite.context import RequestContext
from novalite.deployment import Deployment
from novalite.exception import PortLimitExceeded, ValidationError
from novalite.network.interface import Resource
from novalite.objects import RequestedNetwork

EXTERNAL_RULE = "network:attach_external_network"


def read(given: Any) -> list[RequestedNetwork]:
    """The body's ``networks``: None, ``auto``, ``none`` or a list. Raises ValidationError."""
    if given is None:
        return []
    if isinstance(given, str):
        return [RequestedNetwork(mode=given)]
    return [_read_entry(entry) for entry in given]


def _read_entry(entry: dict[str, Any]) -> RequestedNetwork:
    address, port, network = entry.get("fixed_ip"), entry.get("port"), entry.get("uuid")
    if port:
        if address:
            raise ValidationError(
                detail=f"Specified Fixed IP '{address}' cannot be used with port '{port}': the "
                "two cannot be specified together."
            )
        return RequestedNetwork(mode="port", port_id=port, tag=entry.get("tag"))
    if not network:
        raise ValidationError(detail="Bad network format: missing 'uuid'")
    if not uuidutils.is_uuid_like(network):
        raise ValidationError(
            detail=f"Bad networks format: network uuid is not in proper format ({network})"
        )
    return RequestedNetwork(
        mode="network", network_id=network, address=address, tag=entry.get("tag")
    )


def check_count(request: CreateRequest) -> None:
    """One address or one port cannot serve several servers. Raises ValidationError."""
    if request.max_count <= 1:
        return
    for item in request.networks:
        if item.address:
            raise ValidationError(
                detail="max_count cannot be greater than 1 if an fixed_ip is specified."
            )
        if item.port_id:
            raise ValidationError(
                detail="Unable to launch multiple instances with a single configured port ID. "
                "Please launch your instance one by one with different ports."
            )


def check(deployment: Deployment, context: RequestContext, request: CreateRequest) -> int:
    """How many of the ``max_count`` servers the network service has room for.

    Raises what ``Allocator.validate`` and ``.security_groups`` raise, and PortLimitExceeded when
    it is fewer than ``min_count``.
    """
    policy = parts.policy(deployment)

    def may_attach(network: Resource) -> bool:
        return policy.allowed(
            context,
            EXTERNAL_RULE,
            {"project_id": context.project_id, "user_id": context.user_id},
        )

    allocator = parts.allocator(deployment)
    allocator.security_groups(context, request.security_groups)
    fits = allocator.validate(
        context, request.networks, request.max_count, attach_external=may_attach
    )
    if fits < request.min_count:
        raise PortLimitExceeded()
    return fits
