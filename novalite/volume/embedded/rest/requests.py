"""What the resources of the volume API read from requests and write into answers alike."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from novalite.exception import ValidationError
from novalite.volume.embedded.pages import Page
from novalite.wsgi import links
from novalite.wsgi.operations import Request, Schema

if TYPE_CHECKING:
    from novalite.volume.embedded.service import VolumeService

Row = dict[str, Any]

RESERVED = frozenset({"sort", "sort_key", "sort_dir", "limit", "marker", "offset", "with_count"})
"""Query parameters that are no filters."""

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


def page_of(request: Request) -> Page:
    """Raises ValidationError."""
    return Page(
        sort=sort_of(request),
        limit=_number(request, "limit"),
        marker=request.query_one("marker"),
        offset=_number(request, "offset") or 0,
    )


def sort_of(request: Request) -> list[tuple[str, str]]:
    """From ``sort=name:asc,size`` or, as before, ``sort_key`` and ``sort_dir``."""
    text = request.query_one("sort")
    old = request.query_one("sort_key")
    if text and old:
        raise ValidationError(
            detail="The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used "
            "with the 'sort' parameter."
        )
    if text:
        pairs = [each.strip().partition(":") for each in text.split(",")]
        return [(name.strip(), direction.strip() or "desc") for name, _, direction in pairs]
    direction = request.query_one("sort_dir")
    if old or direction:
        return [((old or "created_at").strip(), (direction or "desc").strip())]
    return []


def filters_of(request: Request) -> Row:
    """Name -> last value of what is not about paging."""
    return {name: values[-1] for name, values in request.query.items() if name not in RESERVED}


def _number(request: Request, name: str) -> int | None:
    text = request.query_one(name)
    if text is None or text == "":
        return None
    try:
        value = int(text)
    except ValueError:
        raise ValidationError(detail=f"{name} param must be an integer") from None
    if value < 0:
        raise ValidationError(detail=f"{name} param must be positive")
    if value > 0x7FFFFFFF:
        raise ValidationError(detail=f"{name} param must be less than 2147483648")
    return value


# ---- answers ----


def listed(
    request: Request, noun: str, path: str, found: Sequence[Row], page: Page, *, key: str = "id"
) -> Row:
    """``{noun: found}``, with the link to the next page when there may be one."""
    answer: Row = {noun: list(found)}
    if found and len(found) >= page.most > 0:
        query = links.next_query(request.environ, str(found[-1][key]))
        answer[f"{noun}_links"] = [{"rel": "next", "href": f"{request.link(path)}?{query}"}]
    return answer


def links_of(request: Request, path: str) -> list[dict[str, str]]:
    return [
        {"rel": "self", "href": request.link(path)},
        {"rel": "bookmark", "href": request.bookmark(path)},
    ]
