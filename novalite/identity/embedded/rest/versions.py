"""Version documents, which clients read before anything else."""

from typing import Any

from novalite.wsgi.operations import Answer, Operation, Request


def _v3(req: Request) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": req.link("/v3/")}],
        "media-types": [
            {
                "base": "application/json",
                "type": "application/vnd.openstack.identity-v3+json",
            }
        ],
    }


def list_(req: Request) -> Answer:
    location = {"Location": req.link("/v3/")}
    return Answer({"versions": {"values": [_v3(req)]}}, headers=location)


def show(req: Request) -> dict[str, Any]:
    return {"version": _v3(req)}


OPERATIONS = [
    Operation("GET", "/", list_, "List API versions", success=300, public=True),
    Operation("HEAD", "/", list_, "List API versions", success=300, public=True),
    Operation("GET", "/v3", show, "Show API v3", public=True),
    Operation("HEAD", "/v3", show, "Show API v3", public=True),
]
