"""How records travel: as JSON, over RPC and in the databases' JSON columns.

A record is a dataclass with slots, registered by name. ``to_primitive`` turns a tree of
records, dicts, lists and datetimes into JSON-able values; ``from_primitive`` is its inverse.
Members that the reader does not know are dropped, members that the writer did not know take
their default, so that two releases can talk.
"""

import dataclasses
import datetime
import json
from typing import Any, TypeVar, dataclass_transform

RECORD = "!record"
DATETIME = "!datetime"
BYTES = "!bytes"

_registry: dict[str, type] = {}
_fields: dict[type, dict[str, None]] = {}
"""Ordered sets of the members' names."""

R = TypeVar("R")


@dataclass_transform()
def record(cls: type[R]) -> type[R]:
    """Declare a dataclass that may travel. Two records never share a name."""
    made = dataclasses.dataclass(slots=True)(cls)
    if made.__name__ in _registry:
        raise TypeError(f"record {made.__name__} is declared twice")
    _registry[made.__name__] = made
    names = (f.name for f in dataclasses.fields(made))  # type: ignore[arg-type]
    _fields[made] = dict.fromkeys(names)
    return made


def to_primitive(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    names = _fields.get(type(value))
    if names is not None:
        out = {name: to_primitive(getattr(value, name)) for name in names}
        out[RECORD] = type(value).__name__
        return out
    if isinstance(value, dict):
        return {key: to_primitive(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_primitive(item) for item in value]
    if isinstance(value, datetime.datetime):
        return {DATETIME: value.isoformat()}
    if isinstance(value, bytes):
        return {BYTES: value.hex()}
    raise TypeError(f"{type(value).__name__} cannot travel")


def from_primitive(value: Any) -> Any:
    if isinstance(value, list):
        return [from_primitive(item) for item in value]
    if not isinstance(value, dict):
        return value
    return _revive({key: from_primitive(item) for key, item in value.items()})


def to_json(value: Any) -> str:
    """``to_primitive`` and JSON in one pass."""
    return _encoder.encode(value)


def from_json(text: str) -> Any:
    """JSON and ``from_primitive`` in one pass; the hot path of every list."""
    return _decoder.decode(text)


def _revive(members: dict[str, Any]) -> Any:
    """What a dict with revived members stands for."""
    name = members.get(RECORD)
    if name is not None:
        cls = _registry[name]
        known = _fields[cls]
        return cls(**{key: value for key, value in members.items() if key in known})
    if len(members) == 1:
        if DATETIME in members:
            return datetime.datetime.fromisoformat(members[DATETIME])
        if BYTES in members:
            return bytes.fromhex(members[BYTES])
    return members


def _unknown_to_json(value: Any) -> Any:
    """One level of ``to_primitive``: the encoder comes back for what is inside."""
    names = _fields.get(type(value))
    if names is not None:
        out = {name: getattr(value, name) for name in names}
        out[RECORD] = type(value).__name__
        return out
    if isinstance(value, set | frozenset):
        return list(value)
    return to_primitive(value)


_encoder = json.JSONEncoder(separators=(",", ":"), default=_unknown_to_json)
_decoder = json.JSONDecoder(object_hook=_revive)
