"""What is the same for all resources: list, show, create, update, delete over HTTP.

The services below have these five methods with the same arguments; a module here adds the
schemas of its resource.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from novalite.exception import InvalidInput, NovaliteError
from novalite.network.embedded.rows import Page, Row, boolean_of
from novalite.wsgi import links
from novalite.wsgi.operations import Answer, Operation, Request, Schema

if TYPE_CHECKING:
    from novalite.network.embedded.service import NetworkService

ROOT = "/v2.0"
MOST = (1 << 31) - 1
RESERVED = frozenset({"fields", "limit", "marker", "sort_key", "sort_dir", "page_reverse"})

_REVISION = re.compile(r"^\s*revision_number=(\d{1,9})\s*$")

# ---- schemas shared by the resources ----

TEXT: Schema = {"type": ["string", "null"], "maxLength": 255}
BOOLEAN: Schema = {
    "anyOf": [{"type": "boolean"}, {"type": "string", "maxLength": 5}, {"enum": [0, 1]}]
}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
NUMBER: Schema = {
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]{1,9}$"}, {"type": "null"}]
}
TAGS: Schema = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}}
STRING_OR_NULL: Schema = {"type": ["string", "null"]}
STRINGS: Schema = {"type": "array", "items": {"type": "string"}}
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

    def __init__(
        self,
        noun: str,
        service: Callable[["NetworkService"], Any],
        plural: str | None = None,
        path: str | None = None,
    ) -> None:
        self.noun = noun
        self.plural = plural or f"{noun}s"
        self.path = f"{ROOT}/{path or self.plural.replace('_', '-')}"
        self._service = service

    def operations(self, create: Schema | None, update: Schema | None) -> list[Operation]:
        one = f"{self.path}/{{id}}"
        title = self.noun.replace("_", " ")
        made = [
            Operation("GET", self.path, self._list, f"List {title}s"),
            Operation("GET", one, self._show, f"Show a {title}", errors=(404,)),
        ]
        if create is not None:
            made.append(
                Operation(
                    "POST",
                    self.path,
                    self._create,
                    f"Create a {title}",
                    success=201,
                    request=self._one_or_many(create),
                    errors=(400, 403, 404, 409),
                )
            )
        if create is not None or update is not None:
            made.append(
                Operation(
                    "DELETE", one, self._delete, f"Delete a {title}", success=204, errors=(404, 409)
                )
            )
        if update is not None:
            made.append(
                Operation(
                    "PUT",
                    one,
                    self._update,
                    f"Update a {title}",
                    request=object_({self.noun: update}, self.noun),
                    errors=(400, 403, 404, 409),
                )
            )
        return made

    def _one_or_many(self, create: Schema) -> Schema:
        many = {"type": "array", "items": create, "minItems": 1}
        return {
            "type": "object",
            "properties": {self.noun: create, self.plural: many},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def action(
        self,
        name: str,
        do: Callable[[Any, Request], Any],
        title: str,
        request: Schema,
        wrap: bool = True,
    ) -> Operation:
        """PUT /{collection}/{id}/{name}. ``wrap``: the answer is under the resource's noun."""

        def handler(request: Request) -> dict[str, Any]:
            answer = do(service_of(request), request)
            return {self.noun: answer} if wrap else answer

        path = f"{self.path}/{{id}}/{name}"
        return Operation("PUT", path, handler, title, request=request, errors=(400, 404, 409))

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
        last = found[0 if page.reverse else -1]
        marker = last["id"] if "id" in last else last["network_id"]  # the use of a network
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
        """``If-Match: revision_number=N`` makes it conditional, where revisions are counted."""
        body = request.body[self.noun]
        revision = expected_revision(request)
        more = () if revision is None else (revision,)
        service = self._of(request)
        return {self.noun: service.update(request.context, request.path["id"], body, *more)}

    def _delete(self, request: Request) -> Answer:
        self._of(request).delete(request.context, request.path["id"])
        return Answer(status=204)


def expected_revision(request: Request) -> int | None:
    """Raises InvalidInput."""
    condition = request.headers.get("If-Match")
    if condition is None:
        return None
    match = _REVISION.match(condition)
    if match is None:
        raise InvalidInput(reason=f"If-Match: {condition} names no revision_number.")
    return int(match[1])


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
        limit=min(limit, MOST) or None,
        marker=request.query_one("marker"),
        reverse=boolean_of(request.query_one("page_reverse", "false")),
    )


def chosen(request: Request, item: Row) -> Row:
    """The members that ``fields`` asks for, if it does."""
    wanted = request.query.get("fields")
    if not wanted:
        return item
    return {name: item[name] for name in wanted if name in item}
