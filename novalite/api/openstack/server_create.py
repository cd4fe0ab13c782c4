"""The body of POST /servers, read in the reference's order (create-flow, part A)."""

import dataclasses
import ipaddress
from typing import Any

from novalite.api.compute import block_devices, idempotency, networks, placement
from novalite.api.compute.request import CreateRequest, Destination
from novalite.api.openstack.schemas.types import is_true
from novalite.exception import ValidationError
from novalite.objects import BlockDevice
from novalite.wsgi.operations import Request

RULE = "os_compute_api:servers:create"
TRUSTED_CERTS_RULE = "os_compute_api:servers:create:trusted_certs"
FORCED_HOST_RULE = "os_compute_api:servers:create:forced_host"
REQUESTED_DESTINATION_RULE = "compute:servers:create:requested_destination"
ATTACH_VOLUME_RULE = "os_compute_api:servers:create:attach_volume"
ATTACH_NETWORK_RULE = "os_compute_api:servers:create:attach_network"

HINT_MEMBERS = ("os:scheduler_hints", "OS-SCH-HNT:scheduler_hints")


def read(req: Request) -> CreateRequest:
    """What is asked for. Raises ValidationError, InvalidInput, InvalidBDM (400) and
    PolicyNotAuthorized (403)."""
    server: dict[str, Any] = req.body["server"]
    request = _values(req, server)
    request.hints = _hints(req.body)
    _read_counts(server, request)
    _authorize(req, server)
    request.destination = _destination(req, server)
    request.block_devices, request.legacy_block_devices = _block_devices(req, server)
    request.multiattach = req.version >= (2, 60)
    request.image_ref = _image(server, request.block_devices)
    request.networks = networks.read(server.get("networks"))
    if request.networks and request.networks[0].mode != "none":
        req.authorize(ATTACH_NETWORK_RULE)
    return request


def _values(req: Request, server: dict[str, Any]) -> CreateRequest:
    name = server["name"].strip()
    groups = [group["name"] for group in server.get("security_groups", ()) if "name" in group]
    return CreateRequest(
        name=name,
        flavor_ref=_flavor_ref(server["flavorRef"]),
        description=server.get("description") if req.version >= (2, 19) else name,
        admin_password=server.get("adminPass"),
        metadata=dict(server.get("metadata") or {}),
        tags=list(dict.fromkeys(server.get("tags") or ())),
        user_data=server.get("user_data"),
        key_name=server.get("key_name"),
        config_drive=server.get("config_drive"),
        security_groups=list(dict.fromkeys(groups)) or ["default"],
        injected_files=_files(server.get("personality") or ()),
        access_ip_v4=server.get("accessIPv4"),
        access_ip_v6=canonical_address(server.get("accessIPv6")),
        auto_disk_config=_auto_disk_config(server.get("OS-DCF:diskConfig")),
        hostname=server.get("hostname"),
        trusted_certs=server.get("trusted_image_certificates"),
        idempotency_key=idempotency.check_key(req.headers.get(idempotency.HEADER)),
        body_hash=idempotency.body_hash(req.body),
    )


def canonical_address(given: str | None) -> str | None:
    """An address as RFC 5952 wants it written; what is none (null, empty) as it is."""
    return str(ipaddress.ip_address(given)) if given else given


def _flavor_ref(given: str | int) -> str:
    """An id, or a link that ends with it."""
    return str(given).rstrip("/").rsplit("/", 1)[-1]


def _files(personality: Any) -> list[list[str]]:
    files = []
    for item in personality:
        if "path" not in item or "contents" not in item:
            missing = "path" if "path" not in item else "contents"
            raise ValidationError(detail=f"Bad personality format: missing '{missing}'")
        files.append([item["path"], item["contents"]])
    return files


def _auto_disk_config(given: str | None) -> bool | None:
    return None if given is None else given == "AUTO"


def _hints(body: dict[str, Any]) -> dict[str, list[str]]:
    """Each hint as a list of strings."""
    given = next((body[member] for member in HINT_MEMBERS if member in body), None) or {}
    return {
        name: [_hint(item) for item in (value if isinstance(value, list) else [value])]
        for name, value in given.items()
    }


def _hint(value: Any) -> str:
    return value if isinstance(value, str) else idempotency.canonical(value)


def _read_counts(server: dict[str, Any], request: CreateRequest) -> None:
    request.min_count = _count(server.get("min_count", 1), "min_count")
    request.max_count = _count(server.get("max_count", request.min_count), "max_count")
    if request.min_count > request.max_count:
        raise ValidationError(detail="min_count must be <= max_count")
    if request.hostname is not None and request.max_count > 1:
        raise ValidationError(
            detail="A hostname cannot be given to several servers: hostname must be unset when "
            "max_count is greater than 1."
        )


def _count(given: int | str, name: str) -> int:
    try:
        count = int(given)
    except ValueError:
        raise ValidationError(detail=f"{name} must be an integer") from None
    if not 1 <= count <= block_devices.MAX_INTEGER:
        raise ValidationError(detail=f"{name} must be between 1 and {block_devices.MAX_INTEGER}")
    return count


def _authorize(req: Request, server: dict[str, Any]) -> None:
    target = {**req.target(), "availability_zone": server.get("availability_zone")}
    req.authorize(RULE, target)
    if server.get("trusted_image_certificates"):
        req.authorize(TRUSTED_CERTS_RULE, target)


def _destination(req: Request, server: dict[str, Any]) -> Destination:
    default = req.deployment.conf.default_schedule_zone
    destination = placement.parse_zone(server.get("availability_zone"), default)
    if destination.forced:
        req.authorize(FORCED_HOST_RULE, {})
    host, node = server.get("host"), server.get("hypervisor_hostname")
    if host or node:
        if destination.forced:
            raise ValidationError(
                detail="One mechanism with host and/or hypervisor_hostname and another mechanism "
                "with zone:host:node are mutually exclusive."
            )
        req.authorize(REQUESTED_DESTINATION_RULE, {})
        destination = dataclasses.replace(destination, host=host, node=node)
    return destination


def _block_devices(req: Request, server: dict[str, Any]) -> tuple[list[BlockDevice] | None, bool]:
    """The mappings, None when there are none; whether they came in the first form."""
    first = server.get("block_device_mapping")
    second = server.get("block_device_mapping_v2")
    if first and second:
        raise ValidationError(
            detail="Using different block_device_mapping syntaxes is not allowed in the same "
            "request."
        )
    if not first and not second:
        return None, False
    req.authorize(ATTACH_VOLUME_RULE)
    if first:
        read = [block_devices.read_legacy_mapping(entry) for entry in first]
    else:
        image_ref = server.get("imageRef") or ""
        read = [block_devices.read_mapping(entry, image_ref=image_ref) for entry in second or ()]
    return [device for device in read if device is not None], bool(first)


def _image(server: dict[str, Any], devices: list[BlockDevice] | None) -> str:
    image_ref = server.get("imageRef") or ""
    if not image_ref and not devices:
        raise ValidationError(detail="Missing imageRef attribute")
    return image_ref


def wants_reservation_id(req: Request) -> bool:
    return is_true(req.body["server"].get("return_reservation_id", False))
