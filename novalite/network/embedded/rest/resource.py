"""What is the same for all resources: list, show, create, update, delete over HTTP.

The services below have these five methods with the same arguments; a module here adds the
schemas of its resource.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from novalite.exception import InvalidInput, NovaliteError
from novalite.network.embedded.rows import Page, Row, boolean_of
from novalite.wsgi import links
from novalite.wsgi.operations import Answer, Operation, Request, Schema

if TYPE_CHECKING:
    from novalite.network.embedded.service import NetworkService

ROOT = "/v2.0"
RESERVED = frozenset({"fields", "limit", "marker", "sort_key", "sort_dir", "page_reverse"})

# ---- schemas shared by the resources ----

TEXT: Schema = {"type": ["string", "null"], "maxLength": 255}
BOOLEAN: Schema = {
    "anyOf": [{"type": "boolean"}, {"type": "string", "maxLength": 5}, {"enum": [0, 1]}]
}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
NUMBER: Schema = {
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]{1,9}$"}, {"type": "null"}]
}
PROJECT: dict[str, Schema] = {
    "project_id": {"type": "string", "maxLength": 64},
    "tenant_id": {"type": "string", "maxLength": 64},
}


def object_(properties: dict[str, Schema], *required: str) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return schema


def service_of(request: Request) -> "NetworkService":
    return cast("NetworkService", request.deployment.network)


class Resource:
    """``noun`` is the body's key; ``service(NetworkService)`` has the five methods."""

    def __init__(self, noun: str, service: Callable[["NetworkService"], Any]) -> None:
        self.noun = noun
        self.plural = f"{noun}s"
        self.path = f"{ROOT}/{self.plural.replace('_', '-')}"
        self._service = service

    def operations(self, create: Schema, update: Schema | None) -> list[Operation]:
        one = f"{self.path}/{{id}}"
        many = {"type": "array", "items": create, "minItems": 1}
        either: Schema = {
            "type": "object",
            "properties": {self.noun: create, self.plural: many},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        title = self.noun.replace("_", " ")
        made = [
            Operation("GET", self.path, self._list, f"List {title}s"),
            Operation("GET", one, self._show, f"Show a {title}", errors=(404,)),
            Operation(
                "POST",
                self.path,
                self._create,
                f"Create a {title}",
                success=201,
                request=either,
                errors=(400, 403, 404, 409),
            ),
            Operation(
                "DELETE", one, self._delete, f"Delete a {title}", success=204, errors=(404, 409)
            ),
        ]
        if update is not None:
            body = object_({self.noun: update}, self.noun)
            made.append(
                Operation(
                    "PUT",
                    one,
                    self._update,
                    f"Update a {title}",
                    request=body,
                    errors=(400, 403, 404, 409),
                )
            )
        return made

    def _of(self, request: Request) -> Any:
        return self._service(service_of(request))

    def _list(self, request: Request) -> dict[str, Any]:
        page = page_of(request)
        filters = {name: values for name, values in request.query.items() if name not in RESERVED}
        for name, values in filters.items():
            if len(values) == 1:
                filters[name] = values[0]  # type: ignore[assignment]
        found = self._of(request).list_(request.context, filters, page)
        answer: dict[str, Any] = {self.plural: [chosen(request, item) for item in found]}
        if page.limit:
            answer[f"{self.plural}_links"] = self._links(request, page, found)
        return answer

    def _links(self, request: Request, page: Page, found: list[Row]) -> list[dict[str, str]]:
        if not found or len(found) < (page.limit or 0):
            return []
        marker = found[0 if page.reverse else -1]["id"]
        query = links.next_query(request.environ, marker)
        return [
            {
                "rel": "previous" if page.reverse else "next",
                "href": f"{request.base_url}{self.path}?{query}",
            }
        ]

    def _show(self, request: Request) -> dict[str, Any]:
        found = self._of(request).show(request.context, request.path["id"])
        return {self.noun: chosen(request, found)}

    def _create(self, request: Request) -> dict[str, Any]:
        if self.noun in request.body:
            made = self._of(request).create(request.context, request.body[self.noun])
            return {self.noun: made}
        return {self.plural: self._create_many(request)}

    def _create_many(self, request: Request) -> list[Row]:
        """All or none."""
        made: list[Row] = []
        service = self._of(request)
        try:
            for body in request.body[self.plural]:
                made.append(service.create(request.context, body))
        except NovaliteError:
            for item in reversed(made):
                service.delete(request.context, item["id"])
            raise
        return made

    def _update(self, request: Request) -> dict[str, Any]:
        body = request.body[self.noun]
        return {self.noun: self._of(request).update(request.context, request.path["id"], body)}

    def _delete(self, request: Request) -> Answer:
        self._of(request).delete(request.context, request.path["id"])
        return Answer(status=204)


def page_of(request: Request) -> Page:
    """Raises InvalidInput."""
    text = request.query_one("limit")
    try:
        limit = int(text) if text else 0
    except ValueError:
        limit = -1
    if limit < 0:
        raise InvalidInput(reason=f"Limit must be an integer 0 or greater and not '{text}'")
    keys = request.query.get("sort_key", [])
    directions = request.query.get("sort_dir", [])
    if len(directions) > len(keys):
        raise InvalidInput(reason="The number of sort_keys and sort_dirs must be same")
    return Page(
        sort_keys=keys,
        sort_dirs=directions,
        limit=limit or None,
        marker=request.query_one("marker"),
        reverse=boolean_of(request.query_one("page_reverse", "false")),
    )


def chosen(request: Request, item: Row) -> Row:
    """The members that ``fields`` asks for, if it does."""
    wanted = request.query.get("fields")
    if not wanted:
        return item
    return {name: item[name] for name in wanted if name in item}
