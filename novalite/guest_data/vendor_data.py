"""vendor_data.json: what the operator tells every guest, from a file."""

import json
import logging
from pathlib import Path
from typing import Any

from novalite.guest_data.source import Source

LOG = logging.getLogger(__name__)
NAME = "vendor_data.json"


def document(source: Source) -> Any:
    """The file's content, {} without one. A broken file is logged, never shown."""
    path: str | None = source.conf.api.vendordata_jsonfile_path
    if not path or "StaticJSON" not in source.conf.api.vendordata_providers:
        return {}
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        LOG.warning("vendordata_jsonfile_path %s cannot be used: %s", path, error)
        return {}


def render(source: Source) -> bytes:
    return json.dumps(document(source)).encode()
