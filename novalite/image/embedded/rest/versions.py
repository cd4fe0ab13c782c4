"""Version documents, which clients read before anything else."""

from typing import Any

from novalite.wsgi.operations import Operation, Request

CURRENT = 17
_VERSIONS = [
    (f"v2.{minor}", "CURRENT" if minor == CURRENT else "SUPPORTED")
    for minor in range(CURRENT, -1, -1)
]


def list_(req: Request) -> dict[str, Any]:
    links = [{"rel": "self", "href": req.link("/v2/")}]
    return {
        "versions": [
            {"id": version, "status": status, "links": links} for version, status in _VERSIONS
        ]
    }


OPERATIONS = [
    Operation("GET", "/", list_, "List API versions", success=300, public=True),
    Operation("HEAD", "/", list_, "List API versions", success=300, public=True),
    Operation("GET", "/versions", list_, "List API versions", public=True),
    Operation("GET", "/v2", list_, "List API versions", success=300, public=True),
]
