"""The extensions that the reference lists, from the table beside this module."""

import json
import pathlib
from typing import Any

_TABLE = pathlib.Path(__file__).with_suffix(".json")

ALL: list[dict[str, Any]] = [
    {
        **entry,
        "links": [],
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
    }
    for entry in json.loads(_TABLE.read_text())
]
