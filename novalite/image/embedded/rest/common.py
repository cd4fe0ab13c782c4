"""What the resources of the API share."""

from typing import Any, cast
from urllib.parse import urlencode

from novalite import exception
from novalite.image.embedded.service import ImageService
from novalite.wsgi import links
from novalite.wsgi.operations import Request


def service_of(req: Request) -> ImageService:
    return cast(ImageService, req.deployment.image)


DIGITS, LARGEST = 18, 2**63 - 1


def number_of(digits: str) -> int:
    """No number that is kept is larger than LARGEST, and thousands of digits are no int at all."""
    return int(digits) if len(digits) <= DIGITS else LARGEST


def page(req: Request, sortable: tuple[str, ...]) -> tuple[tuple[str, str], int, str | None]:
    """((sort key, direction), limit, marker) of a list. Raises Invalid."""
    key = req.query_one("sort_key", "created_at") or "created_at"
    direction = req.query_one("sort_dir", "desc") or "desc"
    if key not in sortable:
        raise exception.Invalid(f"Unsupported sort key: {key}")
    if direction not in ("asc", "desc"):
        raise exception.Invalid(f"Invalid sort direction: {direction}")
    text, most = req.query_one("limit"), service_of(req).core.page
    if text is None:
        return (key, direction), most, req.query_one("marker")
    if not (text.isascii() and text.isdigit()):
        raise exception.Invalid("limit param must be an integer")
    return (key, direction), min(number_of(text), most), req.query_one("marker")


def listed(
    req: Request, path: str, name: str, schema: str, items: list[Any], limit: int, last: str | None
) -> dict[str, Any]:
    """A page of a list; ``last`` is its last item's marker."""
    pairs = [(key, value) for key, values in req.query.items() for value in values]
    first = urlencode([(key, value) for key, value in pairs if key != "marker"])
    body = {name: items, "schema": schema, "first": _with(path, first)}
    if limit and len(items) == limit and last is not None:
        body["next"] = _with(path, links.next_query(req.environ, last))
    return body


def _with(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
