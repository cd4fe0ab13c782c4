"""JSON schema validation of bodies, query strings and answers.

Schemas are draft 4. Validators are made at their first use and kept by the application. A
compiled form says "yes" quickly; the library is asked only why a value is not valid.

The legacy ``/v2`` API validates the same schemas leniently: unknown members are dropped, and
names may have blanks around them, which are stripped.
"""

from collections.abc import Iterator
from typing import Any

import jsonschema
from jsonschema import exceptions as jsonschema_errors
from jsonschema import validators

from novalite.exception import ValidationError
from novalite.wsgi import formats
from novalite.wsgi.compiled_schema import Test, Unsupported, compile_schema, number_of

_BASE = jsonschema.Draft4Validator

_LOOSE_FORMATS = {
    "name": "name_with_leading_trailing_spaces",
    "az_name": "az_name_with_leading_trailing_spaces",
}


def _minimum(validator: Any, bound: float, instance: Any, schema: Any) -> Iterator[Any]:
    value = number_of(instance)
    if value is None:
        return
    failed = value <= bound if schema.get("exclusiveMinimum") else value < bound
    if failed:
        yield jsonschema_errors.ValidationError(f"{instance!r} is less than the minimum of {bound}")


def _maximum(validator: Any, bound: float, instance: Any, schema: Any) -> Iterator[Any]:
    value = number_of(instance)
    if value is None:
        return
    failed = value >= bound if schema.get("exclusiveMaximum") else value > bound
    if failed:
        yield jsonschema_errors.ValidationError(
            f"{instance!r} is greater than the maximum of {bound}"
        )


def _drop_unknown(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if allowed is False and isinstance(instance, dict):
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        if not patterns:
            for name in [name for name in instance if name not in known]:
                del instance[name]
            return
    yield from _BASE.VALIDATORS["additionalProperties"](validator, allowed, instance, schema)


def _loose_format(validator: Any, name: Any, instance: Any, schema: Any) -> Iterator[Any]:
    yield from _BASE.VALIDATORS["format"](
        validator, _LOOSE_FORMATS.get(name, name), instance, schema
    )


def _is_name(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    if schema.get("format") in _LOOSE_FORMATS:
        return True
    return any(
        _is_name(item) for key in ("oneOf", "anyOf", "allOf") for item in schema.get(key, ())
    )


def _strip_names(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for name, subschema in properties.items():
            value = instance.get(name)
            if isinstance(value, str) and value.strip() and _is_name(subschema):
                instance[name] = value.strip()
    yield from _BASE.VALIDATORS["properties"](validator, properties, instance, schema)


_BOUNDS = {"minimum": _minimum, "maximum": _maximum}
Strict = validators.extend(_BASE, _BOUNDS)
Lenient = validators.extend(
    _BASE,
    {
        **_BOUNDS,
        "additionalProperties": _drop_unknown,
        "format": _loose_format,
        "properties": _strip_names,
    },
)


class Validator:
    """One schema, ready to check. ``kind``: body, query or response."""

    __slots__ = ("_accepts", "_kind", "_validator", "schema")

    def __init__(self, schema: dict[str, Any], kind: str = "body", *, lenient: bool = False):
        self.schema = schema
        self._kind = kind
        self._accepts: Test | None = None
        if not lenient:
            try:
                self._accepts = compile_schema(schema)
            except Unsupported:
                self._accepts = None
        cls = Lenient if lenient else Strict
        self._validator = cls(schema, format_checker=formats.CHECKER)

    def check(self, value: Any) -> None:
        """Raises ValidationError, which names the member, its value and the reason. A lenient
        validator may change ``value``."""
        if self._accepts is not None and self._accepts(value):
            return
        try:
            error = jsonschema_errors.best_match(self._validator.iter_errors(value))
        except TypeError as exc:
            # A pattern property met a member name that is no string.
            raise ValidationError(detail=str(exc)) from None
        if error is not None:
            raise ValidationError(detail=self._describe(error))

    def _describe(self, error: jsonschema_errors.ValidationError) -> str:
        if isinstance(error.cause, formats.InvalidName):
            reason = f"An invalid 'name' value was provided. {error.cause}"
        else:
            reason = error.message
        if not error.path:
            return reason
        name = error.path[-1]
        where = "query parameters" if self._kind == "query" else "field/attribute"
        return f"Invalid input for {where} {name}. Value: {error.instance}. {reason}"


class Validators:
    """The validators of one application, each made once, when it is first needed."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[tuple[int, str, bool], Validator] = {}

    def get(self, schema: dict[str, Any], kind: str, *, lenient: bool = False) -> Validator:
        key = (id(schema), kind, lenient)
        validator = self._made.get(key)
        if validator is None:
            validator = self._made[key] = Validator(schema, kind, lenient=lenient)
        return validator
