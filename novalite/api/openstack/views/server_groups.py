"""How server groups look."""

from collections.abc import Iterable
from typing import Any

from novalite.objects import InstanceGroup

Version = tuple[int, int]


def _view(version: Version, group: InstanceGroup) -> dict[str, Any]:
    view: dict[str, Any] = {"id": group.uuid, "name": group.name, "members": group.members}
    if version >= (2, 64):
        view["policy"] = group.policy
        view["rules"] = group.rules
    else:
        view["policies"] = [group.policy] if group.policy else []
        view["metadata"] = {}
    if version >= (2, 13):
        view["project_id"] = group.project_id
        view["user_id"] = group.user_id
    return view


def shown(version: Version, group: InstanceGroup) -> dict[str, Any]:
    return {"server_group": _view(version, group)}


def listed(version: Version, groups: Iterable[InstanceGroup]) -> dict[str, Any]:
    return {"server_groups": [_view(version, group) for group in groups]}
