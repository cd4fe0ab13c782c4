"""/v2.0/{collection}/{id}/tags"""

from typing import Any

from novalite.context import RequestContext
from novalite.network.embedded.rest.resource import ROOT, TAGS, object_, service_of
from novalite.wsgi.operations import Answer, Operation, Request

COLLECTIONS = (
    "networks",
    "subnets",
    "ports",
    "routers",
    "subnetpools",
    "floatingips",
    "security-groups",
)
BODY = object_({"tags": TAGS}, "tags")


class _Tags:
    """The operations of one collection."""

    def __init__(self, collection: str) -> None:
        self.collection = collection

    def operations(self) -> list[Operation]:
        all_ = f"{ROOT}/{self.collection}/{{id}}/tags"
        one = f"{all_}/{{tag}}"
        of = f"of one of the {self.collection}"
        missing = (404,)
        return [
            Operation("GET", all_, self._list, f"List the tags {of}", errors=missing),
            Operation("PUT", all_, self._replace, f"Set the tags {of}", request=BODY,
                      errors=(400, 404)),
            Operation("POST", all_, self._add_many, f"Add tags {of}", success=201, request=BODY,
                      errors=(400, 404)),
            Operation("DELETE", all_, self._remove, f"Remove all tags {of}", success=204,
                      errors=missing),
            Operation("GET", one, self._check, f"Look for a tag {of}", success=204,
                      errors=missing),
            Operation("PUT", one, self._add, f"Add a tag {of}", success=201, errors=(400, 404)),
            Operation("DELETE", one, self._remove, f"Remove a tag {of}", success=204,
                      errors=missing),
        ]  # fmt: skip

    def _arguments(self, request: Request) -> tuple[RequestContext, str, str]:
        return request.context, self.collection, request.path["id"]

    def _list(self, request: Request) -> dict[str, Any]:
        return {"tags": service_of(request).tags.list_(*self._arguments(request))}

    def _replace(self, request: Request) -> dict[str, Any]:
        tags = service_of(request).tags
        return {"tags": tags.replace(*self._arguments(request), request.body["tags"])}

    def _add_many(self, request: Request) -> dict[str, Any]:
        tags = service_of(request).tags
        return {"tags": tags.add(*self._arguments(request), request.body["tags"])}

    def _add(self, request: Request) -> Answer:
        service_of(request).tags.add(*self._arguments(request), [request.path["tag"]])
        return Answer(b"null", headers={"Content-Type": "application/json"})

    def _check(self, request: Request) -> Answer:
        service_of(request).tags.check(*self._arguments(request), request.path["tag"])
        return Answer(status=204)

    def _remove(self, request: Request) -> Answer:
        tags = service_of(request).tags
        tags.remove(*self._arguments(request), request.path.get("tag"))
        return Answer(status=204)


OPERATIONS = [
    operation for collection in COLLECTIONS for operation in _Tags(collection).operations()
]
