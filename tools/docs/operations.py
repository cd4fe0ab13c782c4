"""What the pages about the API have in common."""

from typing import Any

from novalite.wsgi.microversions import COMPUTE, Microversion
from novalite.wsgi.operations import Operation, Versioned, at

NEWEST: Microversion = COMPUTE.maximum
_NEWER_THAN_ALL = Microversion(9998, 0)


def shown_at(operation: Operation) -> Microversion:
    """The newest microversion that has this operation, of whichever API it is part of."""
    return max(operation.low, min(_NEWER_THAN_ALL, operation.high))


def versions(operation: Operation) -> str:
    if operation.max_version:
        return f"{operation.min_version} to {operation.max_version}"
    return f"from {operation.min_version}"


def success_codes(operation: Operation) -> list[tuple[str, int]]:
    """(first microversion, code), oldest first."""
    if not isinstance(operation.success, Versioned):
        return [(operation.min_version, operation.success)]
    return [
        (str(max(low, operation.low)), code) for low, _, code in sorted(operation.success.ranges)
    ]


def members(schema: Any) -> list[tuple[str, bool]]:
    """(name, required) of an object's members, one level below a single envelope."""
    found = _members(schema)
    if len(found) == 1:
        name = found[0][0]
        inner = schema["properties"][name]
        below = _members(inner) or _members(inner.get("items"))
        return [(f"{name}.{inner_name}", required) for inner_name, required in below] or found
    return found


def _members(schema: Any) -> list[tuple[str, bool]]:
    if not isinstance(schema, dict):
        return []
    required = schema.get("required", ())
    return [(name, name in required) for name in schema.get("properties", {})]


def schema_of(operation: Operation, kind: str) -> Any:
    """The request, query or response schema at the newest microversion of the operation."""
    return at(getattr(operation, kind), shown_at(operation))
