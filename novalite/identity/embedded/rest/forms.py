"""Pieces of request schemas, and how bodies and queries are read."""

import datetime
from typing import Any

from novalite import exception
from novalite.identity.embedded.rows import INEXACT, Page, Row
from novalite.identity.embedded.tokens import microseconds
from novalite.wsgi.formats import parse_time
from novalite.wsgi.operations import Request
from novalite.wsgi.paging import page as page_of

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"\S"}
LONG_NAME: Schema = {**NAME, "maxLength": 255}
TEXT: Schema = {"type": ["string", "null"]}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[\w-]+$"}
USER_FILTERS = ("name", "domain_id", "enabled")
OPTIONAL_ID: Schema = {**ID, "type": ["string", "null"]}
BOOLEAN: Schema = {"type": "boolean"}
OPTIONS: Schema = {
    "type": "object",
    "properties": {"immutable": {"type": ["boolean", "null"]}},
    "additionalProperties": False,
}
TAG: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^,/]*$"}
TAGS: Schema = {"type": "array", "items": TAG, "uniqueItems": True, "maxItems": 80}
REFERENCE: Schema = {
    "type": "object",
    "properties": {"id": LONG_NAME, "name": LONG_NAME},
    "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
}
REFERENCES: Schema = {"type": "array", "items": REFERENCE}

_TRUE = ("", "1", "true", "yes", "on")
_BOOLEANS = ("enabled", "is_domain")
_NOT_STORED = ("id", "links")


def body(noun: str, properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """``{noun: {...}}``. Members that we do not know are allowed, as identity v3 does."""
    inner: Schema = {"type": "object", "properties": properties}
    if required:
        inner["required"] = list(required)
    return {"type": "object", "properties": {noun: inner}, "required": [noun]}


def known(req: Request, noun: str, properties: Schema) -> Row:
    """The members of the body that ``properties`` declares."""
    return {k: v for k, v in req.body[noun].items() if k in properties}


def with_extra(req: Request, noun: str, properties: Schema) -> Row:
    """The declared members, and under ``extra`` those that are not, if there are any: identity
    v3 keeps them."""
    values = known(req, noun, properties)
    extra = {
        name: value
        for name, value in req.body[noun].items()
        if name not in properties and name not in _NOT_STORED
    }
    return {**values, "extra": extra} if extra else values


def filters(req: Request, *names: str) -> Row:
    """The filters among the query's parameters; ``name__contains`` and its kind too."""
    found: Row = {}
    for name in names:
        value = req.query_one(name)
        if value is not None:
            found[name] = flag(value) if name in _BOOLEANS else value
        for how in INEXACT:
            inexact = req.query_one(f"{name}__{how}")
            if inexact is not None and name not in _BOOLEANS:
                found[f"{name}__{how}"] = inexact
    return found


def flag(value: str) -> bool:
    return value.lower() in _TRUE


def flagged(req: Request, name: str) -> bool:
    """Whether the parameter is there, and not as a denial."""
    value = req.query_one(name)
    return value is not None and value.lower() not in ("0", "false", "no", "off")


def page(req: Request) -> Page:
    """All, unless the client asks for less. Raises ValidationError."""
    limit, marker = page_of(req)
    dirs = [each.lower() for each in _listed(req, "sort_dir")]
    keys = _listed(req, "sort_key") or (["id"] if dirs else [])
    for each in _listed(req, "sort"):
        key, _, direction = each.partition(":")
        keys.append(key)
        dirs.append(direction.lower() or "asc")
    wanted = limit if req.query_one("limit") not in (None, "0") else None
    return Page(wanted, marker, keys, dirs[: len(keys)])


def cut(rows: list[Row], found: Page) -> list[Row]:
    """The page of a list that was made in memory, by id. Raises MarkerNotFound."""
    rows = sorted(rows, key=lambda row: str(row["id"]))
    if found.marker is not None:
        ids = [row["id"] for row in rows]
        if found.marker not in ids:
            raise exception.MarkerNotFound(marker=found.marker)
        rows = rows[ids.index(found.marker) + 1 :]
    return rows[: found.limit]


def fitting(rows: list[Row], wanted: Row) -> list[Row]:
    """Those that have these values (exact filters only)."""
    exact = {k: v for k, v in wanted.items() if "__" not in k}
    return [row for row in rows if all(row.get(k) == v for k, v in exact.items())]


def future(text: str | None, now: datetime.datetime, what: str) -> int | None:
    """Microseconds of an expiry. Raises ValidationError for what is no time, or past."""
    if text is None:
        return None
    try:
        moment = parse_time(text)
    except ValueError:
        raise exception.ValidationError(
            detail=f"Invalid input for field '{what}': {text} is not a time in ISO 8601."
        ) from None
    if moment <= now:
        raise exception.ValidationError(detail=f"'{what}' must be in the future.")
    return microseconds(moment)


def _listed(req: Request, name: str) -> list[str]:
    return [part for value in req.query.get(name, ()) for part in value.split(",") if part]
