"""A State as JSON, for hosts without a database."""

import dataclasses
import hashlib
import json
import types
import typing
from typing import Any

from novalite.network.embedded.plane.state import State


def dumps(state: State) -> str:
    """Equal states give equal texts."""
    return json.dumps(dataclasses.asdict(state), sort_keys=True, default=sorted)


def revision_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def loads(text: str) -> State:
    """Raises ValueError for what is not a State of this version."""
    try:
        state: State = _value(State, json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a state: {error}") from error
    return state


def _value(kind: Any, given: Any) -> Any:
    """``given`` as a value of the type ``kind``."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        members = {name: _value(hints[name], value) for name, value in given.items()}
        return kind(**members)  # type: ignore[operator]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return tuple(_value(arguments[0], each) for each in given)
        pairs = zip(arguments, given, strict=True)
        return tuple(_value(argument, each) for argument, each in pairs)
    if origin is frozenset:
        return frozenset(_value(arguments[0], each) for each in given)
    if origin is dict:
        return {name: _value(arguments[1], each) for name, each in given.items()}
    if origin in (types.UnionType, typing.Union):
        if given is None:
            return None
        return _value(next(each for each in arguments if each is not type(None)), given)
    if not isinstance(given, kind):
        raise TypeError(f"{given!r} is not of {kind}")
    return given
