"""What the resources of the volume API read from requests and write into answers alike."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from novalite.exception import InvalidInput, ValidationError
from novalite.volume.embedded.listing import MAX_LIMIT, Query, parse
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi import links
from novalite.wsgi.operations import Request, Schema

if TYPE_CHECKING:
    from novalite.volume.embedded.service import VolumeService

Row = dict[str, Any]

# ---- schemas ----

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
TEXT: Schema = {"type": ["string", "null"], "maxLength": 255}
ID: Schema = {"type": "string", "format": "uuid"}
BOOLEAN: Schema = {
    "enum": [
        *(True, False, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y"),
        *("t", "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"),
    ]
}
PAIRS: Schema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. /]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}


def object_(properties: dict[str, Schema], *required: str, more: bool = False) -> Schema:
    """``more``: members that are not named are let through."""
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": more}
    if required:
        schema["required"] = list(required)
    return schema


# ---- requests ----


def service_of(request: Request) -> "VolumeService":
    return cast("VolumeService", request.deployment.volume)


def query_of(request: Request) -> Query:
    """Raises InvalidInput."""
    return parse(request.query, request.version)


def public_of(request: Request) -> bool | None:
    """The filter ``is_public`` of lists of types; None: both. Raises ValidationError."""
    text = request.query_one("is_public", "true") or ""
    if text.lower() == "none":
        return None
    try:
        return boolean_of(text)
    except InvalidInput:
        raise ValidationError(detail=f"Invalid is_public filter [{text}]") from None


# ---- answers ----


def listed(request: Request, noun: str, path: str, found: Sequence[Row], query: Query) -> Row:
    """``{noun: found}``, with the link to the next page when there may be one."""
    answer: Row = {noun: list(found)}
    limit = MAX_LIMIT if query.limit is None else query.limit
    if found and len(found) >= limit:
        text = links.next_query(request.environ, str(found[-1]["id"]))
        answer[f"{noun}_links"] = [{"rel": "next", "href": f"{request.link(path)}?{text}"}]
    return answer


def links_of(request: Request, path: str) -> list[dict[str, str]]:
    return [
        {"rel": "self", "href": request.link(path)},
        {"rel": "bookmark", "href": request.bookmark(path)},
    ]
