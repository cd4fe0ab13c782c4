"""The query of GET /servers and /servers/detail: filters, order, paging, and who may use what."""

import json
from typing import Any

from oslo_utils import strutils

from novalite import states
from novalite.api.compute import parts
from novalite.api.compute.address_filter import AddressFilter
from novalite.api.compute.listing import ListRequest
from novalite.db.api_database import flavors
from novalite.db.cell_database.instances import InstanceQuery
from novalite.exception import FlavorNotFound, Forbidden, ValidationError
from novalite.wsgi.formats import parse_time
from novalite.wsgi.operations import Request
from novalite.wsgi.paging import page

ALL_FILTERS_RULE = "os_compute_api:servers:allow_all_filters"

# Filters that everybody may use, with the microversion from which on.
OPEN_FILTERS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        (
            *("reservation_id", "name", "status", "image", "flavor", "ip", "changes-since"),
            "all_tenants",
        ),
        (2, 1),
    ),
    "ip6": (2, 5),
    **dict.fromkeys(("tags", "tags-any", "not-tags", "not-tags-any"), (2, 26)),
    "changes-before": (2, 66),
    "locked": (2, 73),
    **dict.fromkeys(
        (
            *("availability_zone", "config_drive", "key_name", "created_at", "launched_at"),
            *("terminated_at", "power_state", "task_state", "vm_state", "progress", "user_id"),
        ),
        (2, 83),
    ),
    "hostname": (2, 90),
}
# Filters of later microversions do not exist before, for admins neither.
_SINCE = {name: since for name, since in OPEN_FILTERS.items() if since in ((2, 26), (2, 66))}
_SINCE["locked"] = (2, 73)

EXACT = {
    "user_id": "user_id",
    "image": "image_ref",
    "image_ref": "image_ref",
    "vm_state": "vm_state",
    "task_state": "task_state",
    "host": "host",
    "uuid": "uuid",
}
NUMBERS = ("launch_index", "power_state", "progress")
PATTERNS = (
    *("kernel_id", "ramdisk_id", "hostname", "key_name", "node", "reservation_id"),
    *("launched_at", "terminated_at", "created_at", "availability_zone", "name"),
    *("display_name", "description", "display_description", "locked_by", "root_device_name"),
    *("config_drive", "access_ip_v4", "access_ip_v6"),
)
TAGS = {
    "tags": "tags",
    "tags-any": "tags_any",
    "not-tags": "not_tags",
    "not-tags-any": "not_tags_any",
}
_ADMIN_SORT_KEYS = ("host", "node")


class Nothing(Exception):
    """No server can match; the answer is an empty list."""


def read(req: Request, *, all_tenants_rule: str) -> ListRequest:
    """Raises ValidationError, MarkerNotFound (400), Forbidden (403), and Nothing."""
    filters = _permitted(req)
    limit, marker = page(req)
    everyone = _all_tenants(req, filters, all_tenants_rule)
    query = InstanceQuery(limit=limit, marker=marker)
    query.sort_keys, query.sort_dirs = _order(req)
    equals: dict[str, Any] = {}
    project_id = None if everyone else req.context.project_id
    if everyone:
        project_id = filters.get("project_id") or filters.get("tenant_id")
    if project_id is not None:
        equals["project_id"] = project_id
    _read_deletion(req, filters, query)
    _read_states(req, query, "status" in filters)
    _read_columns(req, filters, query, equals)
    _read_tags(filters, query)
    request = ListRequest(query, project_id=project_id)
    _read_addresses(req, filters, request)
    request.partial = req.version >= (2, 69) and not (set(req.query) - {"all_tenants"})
    return request


def _permitted(req: Request) -> dict[str, str]:
    """Filter -> its last value, of those that exist at the request's version and that the caller
    may use; others are dropped without a word."""
    given = {
        name: values[-1]
        for name, values in req.query.items()
        if name not in ("limit", "marker", "sort_key", "sort_dir") and not name.startswith("_")
    }
    given = {
        name: value for name, value in given.items() if req.version >= _SINCE.get(name, (2, 1))
    }
    if req.allowed(ALL_FILTERS_RULE):
        return given
    return {
        name: value
        for name, value in given.items()
        if name in OPEN_FILTERS and req.version >= OPEN_FILTERS[name]
    }


def _boolean(name: str, text: str) -> bool:
    try:
        return strutils.bool_from_string(text, strict=True)
    except ValueError as exc:
        raise ValidationError(detail=f"Invalid value for filter {name}: {exc}") from None


def _all_tenants(req: Request, filters: dict[str, str], rule: str) -> bool:
    """An empty value means yes."""
    text = filters.get("all_tenants")
    if text is None or (text != "" and not _boolean("all_tenants", text)):
        return False
    req.authorize(rule)
    return True


def _order(req: Request) -> tuple[list[str], list[str]]:
    keys = req.query.get("sort_key") or ["created_at"]
    directions = req.query.get("sort_dir") or ["desc"]
    for key in keys:
        if key in _ADMIN_SORT_KEYS and not req.context.is_admin:
            raise Forbidden(f"Only administrators can sort servers by {key}")
    for direction in directions:
        if direction not in ("asc", "desc"):
            raise ValidationError(
                detail=f"Unknown sort direction {direction}, must be one of: asc, desc"
            )
    if len(directions) > len(keys):
        raise ValidationError(detail="There are more sort directions than sort keys.")
    return list(keys), list(directions)


# ---- deleted servers, times ---------------------------------------------------


def _time(filters: dict[str, str], name: str) -> Any:
    text = filters.get(name)
    if text is None:
        return None
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise ValidationError(detail=f"Invalid filter field: {name}.") from None


def _read_deletion(req: Request, filters: dict[str, str], query: InstanceQuery) -> None:
    """Deleted servers are listed on request, or with the servers changed in some time."""
    query.changes_since = _time(filters, "changes-since")
    query.changes_before = _time(filters, "changes-before")
    if query.changes_since and query.changes_before and query.changes_since > query.changes_before:
        raise ValidationError(
            detail="The value of changes-since must be less than or equal to changes-before."
        )
    if "deleted" in filters:
        query.deleted = strutils.bool_from_string(filters["deleted"], default=False)
    elif query.changes_since or query.changes_before:
        query.deleted = None


# ---- status -------------------------------------------------------------------


def _read_states(req: Request, query: InstanceQuery, permitted: bool) -> None:
    if not permitted:
        return
    vm_states, task_states = states.states_of(req.query["status"])
    if not vm_states:
        if req.version >= (2, 38):
            raise ValidationError(detail="Invalid status value")
        raise Nothing()
    if states.DELETED in vm_states:
        if not req.context.is_admin:
            raise Forbidden("Only administrators may list deleted instances")
        if vm_states == {states.DELETED}:
            query.deleted = True
    query.states = (vm_states, task_states)


# ---- columns --------------------------------------------------------------------


def _read_columns(
    req: Request, filters: dict[str, str], query: InstanceQuery, equals: dict[str, Any]
) -> None:
    for name, column in EXACT.items():
        if name in filters:
            equals[column] = filters[name]
    for name in NUMBERS:
        if name in filters:
            equals[name] = _number(filters[name])
    if "auto_disk_config" in filters:
        equals["auto_disk_config"] = strutils.bool_from_string(filters["auto_disk_config"])
    if "locked" in filters:
        equals["locked"] = _boolean("locked", filters["locked"])
    if "flavor" in filters:
        equals["instance_type_id"] = _flavor_number(req, filters["flavor"])
    query.equals = equals
    query.matches = {name: filters[name] for name in PATTERNS if name in filters}
    query.metadata = _pairs(filters, "metadata")
    query.system_metadata = _pairs(filters, "system_metadata")


def _number(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise Nothing() from None
    if abs(number) >= 2**31:
        raise Nothing()
    return number


def _flavor_number(req: Request, flavor_id: str) -> int | None:
    with parts.api_database(req.deployment).read() as conn:
        try:
            return flavors.get(conn, flavor_id).id
        except FlavorNotFound:
            raise Nothing() from None


def _pairs(filters: dict[str, str], name: str) -> dict[str, str]:
    """``{"key": "value"}`` as JSON."""
    if name not in filters:
        return {}
    try:
        pairs = json.loads(filters[name])
    except ValueError:
        pairs = None
    if not isinstance(pairs, dict):
        raise ValidationError(detail=f"Invalid filter field: {name}.")
    return {str(key): str(value) for key, value in pairs.items()}


def _read_tags(filters: dict[str, str], query: InstanceQuery) -> None:
    for name, member in TAGS.items():
        if name in filters:
            setattr(query, member, filters[name].split(","))


# ---- addresses --------------------------------------------------------------------


def _read_addresses(req: Request, filters: dict[str, str], request: ListRequest) -> None:
    """By the network service where it can look for parts of addresses, else server by server."""
    wanted = {
        version: filters[name] for name, version in (("ip", 4), ("ip6", 6)) if name in filters
    }
    if not wanted:
        return
    search = AddressFilter(parts.network(req.deployment), req.context, wanted)
    uuids = search.uuids()
    if uuids is None:
        request.keep = search.matches
    elif not uuids:
        raise Nothing()
    else:
        request.query.uuids = uuids
