"""Version documents, which clients read before anything else."""

from typing import Any

from novalite.wsgi.operations import Operation, Request

_VERSIONS = (("v2.9", "CURRENT"), ("v2.7", "SUPPORTED"), ("v2.6", "SUPPORTED"),
             ("v2.5", "SUPPORTED"), ("v2.4", "SUPPORTED"), ("v2.3", "SUPPORTED"),
             ("v2.2", "SUPPORTED"), ("v2.1", "SUPPORTED"), ("v2.0", "SUPPORTED"))  # fmt: skip


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
