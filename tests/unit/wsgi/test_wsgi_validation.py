"""Validators: the compiled form agrees with jsonschema, and messages say what is wrong."""

import itertools
from typing import Any

import jsonschema
import pytest

from novalite.api.openstack import app
from novalite.exception import ValidationError
from novalite.wsgi import formats
from novalite.wsgi.compiled_schema import Unsupported, compile_schema
from novalite.wsgi.operations import Versioned
from novalite.wsgi.validation import Strict, Validator

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 1.5, 2**40),
    *("", "a", " a", "abc", "1", "-1", "0", "on", "True", "12345678901", "x" * 300, "ä\n"),
    *("11111111-1111-1111-1111-111111111111", "2020-01-01T00:00:00Z", "http://a/b", "10.0.0.1"),
    *([], ["a"], ["a", "a"], [1, 2, 3], [[1], [1]], [None]),
    *({}, {"a": 1}, {"a": "x", "b": None}, {"x-1": "a"}, {"a": {"b": [1]}}),
]

SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "string"},
    {"type": ["string", "null"], "minLength": 1, "maxLength": 3},
    {"type": "integer", "minimum": 1, "maximum": 10},
    {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1},
    {"type": "number", "minimum": 1, "exclusiveMinimum": True},
    {"type": "number", "maximum": 1.5, "exclusiveMaximum": True},
    {"enum": [True, "True", "1", False, None, 1.0]},
    {"enum": [0, {"a": 1}, ["a"]]},
    {"type": "boolean"},
    {"type": "null"},
    {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
    {"type": "array", "uniqueItems": True},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    {"type": "object", "required": ["a"], "additionalProperties": {"type": "null"}},
    {"type": "object", "patternProperties": {"^[a-z]$": {"type": "string"}}},
    {
        "type": "object",
        "properties": {"a": {}},
        "patternProperties": {"^[ab]$": {"type": ["string", "null"]}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 2,
    },
    {"oneOf": [{"type": "string"}, {"maxLength": 2}]},
    {"anyOf": [{"type": "integer"}, {"enum": [""]}]},
    {"allOf": [{"type": "string"}, {"minLength": 2}]},
    {"not": {"type": ["string", "null"]}},
    *({"type": "string", "format": name} for name in sorted(formats.CHECKER.checkers)),
]


def _agrees(schema: dict[str, Any], value: Any) -> None:
    library = Strict(schema, format_checker=formats.CHECKER)
    assert compile_schema(schema)(value) is library.is_valid(value), (schema, value)


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_compiled_schema_agrees_with_the_library(schema: dict[str, Any]) -> None:
    for value in VALUES:
        _agrees(schema, value)


def _declared() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for operation in app.operations():
        for kind in ("request", "query", "response"):
            value = getattr(operation, kind)
            schemas = value.values() if isinstance(value, Versioned) else [value]
            title = f"{operation.method} {operation.path} {operation.action or ''} {kind}"
            found += [(title, schema) for schema in schemas if schema is not None]
    return found


def _parts(schema: Any) -> Any:
    """The schema and all that are nested in it."""
    if isinstance(schema, list):
        for item in schema:
            yield from _parts(item)
    elif isinstance(schema, dict):
        yield schema
        for key in ("items", "additionalProperties", "oneOf", "anyOf", "allOf", "not"):
            yield from _parts(schema.get(key))
        for key in ("properties", "patternProperties"):
            yield from _parts(list(schema.get(key, {}).values()))


def test_every_declared_schema_compiles_and_agrees() -> None:
    seen = set()
    for title, schema in _declared():
        jsonschema.Draft4Validator.check_schema(schema)
        compile_schema(schema)
        for part in _parts(schema):
            if repr(part) in seen:
                continue
            seen.add(repr(part))
            for value in VALUES:
                try:
                    _agrees(part, value)
                except TypeError as exc:  # pragma: no cover
                    raise AssertionError(f"{title}: {exc}") from exc
    assert len(seen) > 100


def test_what_is_not_known_is_not_compiled() -> None:
    with pytest.raises(Unsupported):
        compile_schema({"dependencies": {"a": ["b"]}})
    with pytest.raises(Unsupported):
        compile_schema({"items": [{}]})
    validator = Validator({"dependencies": {"a": ["b"]}})
    validator.check({"b": 1})
    with pytest.raises(ValidationError):
        validator.check({"a": 1})


def _message(schema: dict[str, Any], value: Any, kind: str = "body") -> str:
    with pytest.raises(ValidationError) as caught:
        Validator(schema, kind).check(value)
    return str(caught.value)


NESTED = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {}}}}}


def test_messages() -> None:
    NESTED["properties"]["a"]["properties"]["b"] = {"type": "integer"}  # type: ignore[index]
    assert _message(NESTED, {"a": {"b": "x"}}) == (
        "Invalid input for field/attribute b. Value: x. 'x' is not of type 'integer'"
    )
    query = {"type": "object", "properties": {"limit": {"type": "array", "maxItems": 1}}}
    assert _message(query, {"limit": ["1", "2"]}, "query").startswith(
        "Invalid input for query parameters limit. Value: ['1', '2']. "
    )
    assert _message({"type": "object"}, []) == "[] is not of type 'object'"
    name = {"type": "object", "properties": {"name": {"type": "string", "format": "name"}}}
    assert "can not start or end with whitespace" in _message(name, {"name": " x"})
    uuid = {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}}
    assert _message(uuid, {"id": "x"}).endswith("'x' is not a 'uuid'")


def test_lenient_validation_changes_what_it_may() -> None:
    schema = {
        "type": "object",
        "properties": {
            "server": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "format": "name", "maxLength": 5},
                    "az": {"oneOf": [{"type": "null"}, {"type": "string", "format": "az_name"}]},
                    "text": {"type": "string"},
                },
                "additionalProperties": False,
            }
        },
        "additionalProperties": False,
    }
    body = {"server": {"name": "  abc  ", "az": " z ", "text": " t ", "more": 1}, "other": 2}
    Validator(schema, lenient=True).check(body)
    assert body == {"server": {"name": "abc", "az": "z", "text": " t "}}
    with pytest.raises(ValidationError):
        Validator(schema, lenient=True).check({"server": {"name": "   "}})
    with pytest.raises(ValidationError):
        Validator(schema).check({"server": {"name": " abc"}})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("uuid", ["11111111-1111-1111-1111-11111111111A", "1" * 32], ["1" * 31, "x" * 32, ""]),
        (
            "date-time",
            ["2020-01-02T03:04:05Z", "2020-01-02T03:04:05.123456", "2020-01-02T03:04:05+01:00"],
            ["yesterday", "2020-13-01T00:00:00Z", ""],
        ),
        ("base64", ["YWJj", ""], ["a", "YWJ"]),
        ("cidr", ["10.0.0.0/8", "10.0.0.1/8", "fe80::/64"], ["10.0.0.0", "10.0.0.0/33", "x/8"]),
        ("uri", ["http://a/b", "ftp://x:1"], ["a/b", "http:", ""]),
        ("regex", ["a.*", ""], ["[", "("]),
        ("ipv4", ["10.0.0.1"], ["10.0.0.256", "::1"]),
        ("ipv6", ["::1"], ["10.0.0.1", "x"]),
        ("mac-address", ["fa:16:3e:00:00:01"], ["fa:16:3e:00:00", "x"]),
        ("name", ["a b", "ä", "a:b"], ["", " a", "a ", "a\n", "a\x00b", "\u200b"]),
        ("az_name", ["nova"], ["a:b", " a"]),
        ("printable", ["", " a b "], ["a\nb", "\x7f"]),
    ],
)
def test_formats(name: str, good: list[str], bad: list[str]) -> None:
    validator = Strict({"format": name}, format_checker=formats.CHECKER)
    for value, expected in itertools.chain(((v, True) for v in good), ((v, False) for v in bad)):
        assert validator.is_valid(value) is expected, value
    assert validator.is_valid(None)


def test_parse_time() -> None:
    assert formats.parse_time("2020-01-02T03:04:05+01:00").isoformat() == "2020-01-02T02:04:05"
    assert formats.parse_time("2020-01-02T03:04:05 01:00").isoformat() == "2020-01-02T02:04:05"
    assert formats.parse_time("2020-01-02T03:04:05Z").tzinfo is None
