"""How quotas look."""

from collections.abc import Mapping
from typing import Any

from novalite.wsgi.microversions import Microversion

# Resource -> the first microversion without it.
_GONE: dict[str, tuple[int, int]] = {
    "fixed_ips": (2, 36),
    "floating_ips": (2, 36),
    "security_group_rules": (2, 36),
    "security_groups": (2, 36),
    "injected_file_content_bytes": (2, 57),
    "injected_file_path_bytes": (2, 57),
    "injected_files": (2, 57),
}


def _known(version: Microversion, limits: Mapping[str, int]) -> dict[str, int]:
    return {
        name: limit for name, limit in limits.items() if name not in _GONE or version < _GONE[name]
    }


def shown(
    version: Microversion, limits: Mapping[str, int], project_id: str | None = None
) -> dict[str, Any]:
    """Without ``project_id`` as after an update."""
    view: dict[str, Any] = {} if project_id is None else {"id": project_id}
    return {"quota_set": {**view, **_known(version, limits)}}


def detailed(
    version: Microversion, limits: Mapping[str, int], used: Mapping[str, int], project_id: str
) -> dict[str, Any]:
    """Nothing is reserved: what is promised is in use."""
    resources = {
        name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
        for name, limit in _known(version, limits).items()
    }
    return {"quota_set": {"id": project_id, **resources}}
