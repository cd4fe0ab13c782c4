"""JSON patches of an image: a flat document, and its list of locations.

Two forms: RFC 6902's of "v2.1", ``{"op": "add", "path": "/a", "value": 1}``, and the older one of
"v2.0", ``{"add": "/a", "value": 1}``.
"""

import dataclasses
from typing import Any

from novalite import exception
from novalite.image.embedded import attributes
from novalite.image.embedded.rest.common import number_of

OLD_MEDIA_TYPE = "application/openstack-images-v2.0-json-patch"
MEDIA_TYPES = ("application/openstack-images-v2.1-json-patch", OLD_MEDIA_TYPE)
LOCATIONS = "locations"

SCHEMA = {"type": "array", "items": {"type": "object"}}
_OPERATIONS = ("add", "replace", "remove")
_NO_VALUE = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """``path``: the member's name, for locations maybe with an index or ``-`` behind it."""

    op: str
    path: tuple[str, ...]
    value: Any = _NO_VALUE


def read(body: list[dict[str, Any]], content_type: str | None) -> list[Step]:
    """Raises InvalidInput, Forbidden for an attribute that cannot be changed."""
    old = (content_type or "").partition(";")[0].strip().lower() == OLD_MEDIA_TYPE
    return [_step(change, old) for change in body]


def _step(change: dict[str, Any], old: bool) -> Step:
    op, path = change.get("op"), change.get("path")
    if old:
        given = [name for name in _OPERATIONS if name in change]
        if len(given) != 1:
            raise exception.InvalidInput(
                reason="Operation objects must contain only one member named 'add', 'remove', or "
                "'replace'."
            )
        op, path = given[0], change[given[0]]
    if op not in _OPERATIONS:
        raise exception.InvalidInput(reason=f"Invalid operation: '{op}'. It must be one of the "
                                     f"following: {', '.join(_OPERATIONS)}.")  # fmt: skip
    names = _names(path)
    if op != "remove" and "value" not in change:
        raise exception.InvalidInput(reason=f'Operation "{op}" requires a member named "value".')
    if names[0] == "id":
        raise exception.Forbidden("Attribute 'id' is read-only.")
    if names[0] != LOCATIONS:
        if len(names) > 1:
            raise exception.InvalidInput(reason=f"Invalid JSON pointer for this resource: {path!r}")
        attributes.check_name(names[0])
    return Step(op, names, change.get("value", _NO_VALUE))


def _names(path: Any) -> tuple[str, ...]:
    if not isinstance(path, str) or not path.startswith("/"):
        raise exception.InvalidInput(reason=f'Pointer `{path}` does not start with "/".')
    names = path[1:].split("/")
    if not all(names) or len(names) > 2:
        raise exception.InvalidInput(reason=f"Pointer `{path}` does not contain valid tokens.")
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in names)


def apply(steps: list[Step], before: dict[str, Any]) -> dict[str, Any]:
    """The document after all the operations that are not about locations. Raises Conflict for a
    property that is not there, Forbidden for one that stays, ValidationError for a bad value."""
    after = dict(before)
    for step in steps:
        name = step.path[0]
        if name == LOCATIONS:
            continue
        if step.op == "remove":
            if name in attributes.WRITABLE:
                raise exception.Forbidden(f"Property {name} may not be removed.")
            if name not in after:
                raise exception.Conflict(f"Property {name} does not exist.")
            del after[name]
            continue
        if step.op == "replace" and name not in after:
            raise exception.Conflict(f"Property {name} does not exist.")
        after[name] = step.value
    attributes.check_values(after)
    return after


def apply_to_locations(steps: list[Step], before: list[Any]) -> list[Any]:
    """The list after all the operations about locations. Raises Invalid."""
    after = list(before)
    for step in steps:
        if step.path[0] != LOCATIONS:
            continue
        if len(step.path) == 1:
            if step.op == "remove":
                raise exception.Forbidden("Property locations may not be removed.")
            if not isinstance(step.value, list):
                raise exception.Invalid("Invalid locations: a list is needed")
            after = list(step.value) if step.op == "replace" else after + step.value
        elif step.op == "replace":
            raise exception.Invalid("Property locations can only be replaced as a whole.")
        else:
            _at_index(step, after)
    return after


def _at_index(step: Step, places: list[Any]) -> None:
    text = step.path[1]
    if step.op == "add" and text == "-":
        places.append(step.value)
        return
    index = number_of(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= index < len(places) + (step.op == "add"):
        raise exception.Invalid(f"Invalid position of a location: {text}")
    if step.op == "add":
        places.insert(index, step.value)
    else:
        del places[index]
