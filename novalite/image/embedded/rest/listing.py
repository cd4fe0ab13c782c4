"""From the query string of GET /v2/images to an ImageQuery."""

import datetime
from typing import Any

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded.records import (
    COLUMNS,
    MEMBER_STATUSES,
    VISIBILITIES,
    ImageQuery,
)
from novalite.image.embedded.rest.common import number_of
from novalite.wsgi.formats import parse_time

_TEXTS = (
    "id", "name", "owner", "status", "disk_format", "container_format", "checksum",
    "os_hash_algo", "os_hash_value",
)  # fmt: skip
_NUMBERS = ("min_disk", "min_ram", "size", "virtual_size")
_BOUNDS = {"size_min": ("size", "gte"), "size_max": ("size", "lte")}
_TIMES = ("created_at", "updated_at")
_SORTABLE = tuple(name for name in COLUMNS if name not in ("os_hash_algo", "virtual_size"))
_NOT_FILTERS = (
    "limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status", "tag",
    "os_hidden", "protected",
)  # fmt: skip
_OPERATORS = ("gt", "gte", "lt", "lte", "eq", "neq")


def read(
    query: ImageQuery, parameters: dict[str, list[str]], context: RequestContext, page: int
) -> ImageQuery:
    """Fills ``query`` in. ``page``: most items of one page. Raises InvalidInput."""
    one = {name: values[-1] for name, values in parameters.items()}
    _read_visibility(query, one, context)
    query.equal["os_hidden"] = (_boolean("os_hidden", one.get("os_hidden", "false")),)
    if "protected" in one:
        query.equal["protected"] = (_boolean("protected", one["protected"]),)
    query.tags = parameters.get("tag", [])
    for name, value in one.items():
        if name in _NOT_FILTERS:
            continue
        if name in _TEXTS:
            query.equal[name] = _alternatives(value)
        elif name in _NUMBERS:
            query.equal[name] = (_number(name, value),)
        elif name in _BOUNDS:
            column, compare = _BOUNDS[name]
            query.compare.append((column, compare, _number(name, value)))
        elif name in _TIMES:
            query.compare.append((name, *_time(name, value)))
        else:
            query.properties[name] = value
    query.sort = _sort(one, parameters)
    query.limit = min(page, _number("limit", one["limit"])) if "limit" in one else page
    query.marker = one.get("marker")
    return query


def _read_visibility(query: ImageQuery, one: dict[str, str], context: RequestContext) -> None:
    status = one.get("member_status", "accepted")
    if status not in (*MEMBER_STATUSES, "all"):
        raise _invalid("member_status", status)
    query.member_status = status
    visibility = one.get("visibility")
    if visibility is None:
        return
    query.community = True
    if visibility == "all":
        return
    if visibility not in VISIBILITIES:
        raise _invalid("visibility", visibility)
    query.equal["visibility"] = (visibility,)


def _alternatives(value: str) -> tuple[str, ...]:
    """``a`` or ``in:a,b`` with blanks and commas in double quotes."""
    if not value.startswith("in:"):
        return (value,)
    found, word, quoted = [], "", False
    for char in value[3:]:
        if char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            found.append(word)
            word = ""
        else:
            word += char
    return (*found, word)


def _boolean(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0"):
        raise _invalid(name, value)
    return value.lower() in ("true", "1")


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise _invalid(name, value)
    return number_of(value)


def _time(name: str, value: str) -> tuple[str, datetime.datetime]:
    compare, colon, text = value.partition(":")
    if not colon or compare not in _OPERATORS:
        compare, text = "eq", value
    try:
        return compare, parse_time(text)
    except ValueError as e:
        raise _invalid(name, value) from e


def _sort(one: dict[str, str], parameters: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Always total: the id decides at last."""
    keys = parameters.get("sort_key", [])
    directions = parameters.get("sort_dir", [])
    if "sort" in one:
        if keys or directions:
            raise exception.InvalidInput(
                reason="sort and sort_key or sort_dir cannot be given together"
            )
        pairs = [item.partition(":") for item in one["sort"].split(",")]
        wanted = [(key.strip(), direction.strip() or "desc") for key, _, direction in pairs]
    else:
        if len(directions) not in (0, 1, len(keys) or 1):
            raise exception.InvalidInput(reason="as many sort_dir as sort_key are needed")
        keys = keys or ["created_at"]
        directions = directions or ["desc"]
        if len(directions) == 1:
            directions = directions * len(keys)
        wanted = list(zip(keys, directions, strict=True))
    for key, direction in wanted:
        if key not in _SORTABLE or direction not in ("asc", "desc"):
            raise _invalid("sort", f"{key}:{direction}")
    for key in ("created_at", "id"):
        if key not in dict(wanted):
            wanted.append((key, wanted[0][1]))
    return wanted


def _invalid(name: str, value: Any) -> exception.InvalidInput:
    return exception.InvalidInput(reason=f"invalid value {value!r} of {name}")
