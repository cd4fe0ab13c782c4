"""How records travel: as JSON, over RPC and in the databases' JSON columns.

A record is a dataclass with slots, registered by name. ``to_primitive`` turns a tree of
records, dicts, lists and datetimes into JSON-able values; ``from_primitive`` is its inverse.
Members that the reader does not know are dropped, members that the writer did not know take
their default, so that two releases can talk.
"""

import dataclasses
import datetime
from typing import Any, TypeVar, dataclass_transform

RECORD = "!record"
DATETIME = "!datetime"
BYTES = "!bytes"

_registry: dict[str, type] = {}
_fields: dict[type, tuple[str, ...]] = {}

R = TypeVar("R")


@dataclass_transform()
def record(cls: type[R]) -> type[R]:
    """Declare a dataclass that may travel. Two records never share a name."""
    made = dataclasses.dataclass(slots=True)(cls)
    if made.__name__ in _registry:
        raise TypeError(f"record {made.__name__} is declared twice")
    _registry[made.__name__] = made
    _fields[made] = tuple(f.name for f in dataclasses.fields(made))  # type: ignore[arg-type]
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
    if RECORD in value:
        cls = _registry[value[RECORD]]
        names = _fields[cls]
        return cls(**{name: from_primitive(value[name]) for name in names if name in value})
    if DATETIME in value and len(value) == 1:
        return datetime.datetime.fromisoformat(value[DATETIME])
    if BYTES in value and len(value) == 1:
        return bytes.fromhex(value[BYTES])
    return {key: from_primitive(item) for key, item in value.items()}
