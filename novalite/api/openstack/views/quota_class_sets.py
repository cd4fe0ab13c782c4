"""How quota classes look."""

from collections.abc import Mapping
from typing import Any

from novalite.quota import NETWORK
from novalite.wsgi.microversions import Microversion

_GROUPS = ("server_groups", "server_group_members")
_FILES = ("injected_files", "injected_file_content_bytes", "injected_file_path_bytes")


def shown(
    version: Microversion, limits: Mapping[str, int], name: str | None = None
) -> dict[str, Any]:
    """Without ``name`` as after an update."""
    hidden = set(_GROUPS if version < (2, 50) else NETWORK)
    if version >= (2, 57):
        hidden.update(_FILES)
    view: dict[str, Any] = {} if name is None else {"id": name}
    view.update((key, limit) for key, limit in limits.items() if key not in hidden)
    return {"quota_class_set": view}
