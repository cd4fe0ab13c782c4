"""JSON schemas in the flat form in which the reference's facts are written.

A document becomes ``{path: facts}``: paths as the reference writes them (``.``, ``a.b``,
``a[]``, ``a./pattern/``, ``a<oneOf1>``), facts as a set, so that the order in which constraints
or enumerated values are written says nothing. ``facts`` brings a reference entry into the same
form.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

BOOLISH = [
    *(True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"),
    *(False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"),
]
_WORDS = {
    "format": "fmt",
    "minLength": "minlen",
    "maxLength": "maxlen",
    "minimum": "min",
    "maximum": "max",
    "minItems": "minitems",
    "maxItems": "maxitems",
    "minProperties": "minprops",
    "maxProperties": "maxprops",
    "pattern": "pat",
}
_CHOICES = ("oneOf", "anyOf", "allOf")
PRINTABLE = "pat=<printable chars only>"

Flat = dict[str, frozenset[str]]


def _enum(values: list[Any]) -> str:
    if len(values) == 1:
        return f"const={json.dumps(values[0])}"
    return "enum=" + json.dumps(sorted(values, key=json.dumps))


def _scalar(schema: dict[str, Any]) -> set[str]:
    """The facts of one schema without its children."""
    if set(schema.get("enum", ())) == set(BOOLISH) and len(schema["enum"]) == len(BOOLISH):
        return {"boolish"}
    out: set[str] = set()
    kind = schema.get("type")
    if kind is not None:
        out.add("type=" + "|".join(sorted(kind if isinstance(kind, list) else [kind])))
    for key, word in _WORDS.items():
        if key in schema:
            out.add(f"{word}={schema[key]}")
    if schema.get("format") == "printable":
        out.discard("fmt=printable")
        out.add(PRINTABLE)
    if "enum" in schema:
        out.add(_enum(schema["enum"]))
    if schema.get("uniqueItems"):
        out.add("unique")
    if isinstance(schema.get("items"), dict) and not _is_deep(schema["items"]):
        inner = _scalar(schema["items"])
        # What the reference does not spell out: items of any kind, names and the like.
        if inner:
            out.add(f"of<{_joined(inner)}>")
    if isinstance(schema.get("items"), list):
        out.add("tuple<" + " ; ".join(_joined(_scalar(item)) for item in schema["items"]) + ">")
    for choice in _CHOICES:
        if _asks_for_members(schema.get(choice, ())):
            out.add(f"{choice}-required=" + _members(schema[choice]))
            continue
        for index, alternative in enumerate(schema.get(choice, ())):
            if not _deep_alternatives(schema):
                out.add(f"{choice}{index}<{_joined(_scalar(alternative))}>")
    return out or {"any"}


def _asks_for_members(alternatives: Sequence[dict[str, Any]]) -> bool:
    """Whether the alternatives say nothing but which members must be there."""
    return bool(alternatives) and all(set(item) == {"required"} for item in alternatives)


def _members(alternatives: Sequence[dict[str, Any]]) -> str:
    return json.dumps([item["required"] for item in alternatives])


def _joined(facts: set[str]) -> str:
    return " ".join(sorted(facts))


def _is_deep(schema: dict[str, Any]) -> bool:
    return bool(
        schema.get("type") == "object" or "properties" in schema or _deep_alternatives(schema)
    )


def _deep_alternatives(schema: dict[str, Any]) -> bool:
    return any(
        _is_deep(item) or (isinstance(item.get("items"), dict) and _is_deep(item["items"]))
        for item in schema.get("oneOf", ())
    )


def flatten(schema: dict[str, Any]) -> Flat:
    out: Flat = {}
    _walk(schema, ".", out, required=False)
    return out


def _child(path: str, name: str) -> str:
    return name if path == "." else f"{path}.{name}"


def _walk(schema: dict[str, Any], path: str, out: Flat, *, required: bool) -> None:
    facts = _scalar(schema)
    if _deep_alternatives(schema):
        facts.discard("any")
        facts.add("oneOf")
    is_object = schema.get("type") == "object" and not _deep_alternatives(schema)
    is_object = is_object or isinstance(schema.get("type"), list)
    if is_object and schema.get("additionalProperties") is False:
        facts.add("closed")  # an open object is written as "open" or not at all
    if required:
        facts.add("required")
    out[path] = frozenset(facts)
    needed = schema.get("required", ())
    for name, child in schema.get("properties", {}).items():
        _walk(child, _child(path, name), out, required=name in needed)
    for pattern, child in schema.get("patternProperties", {}).items():
        _walk(child, _child(path, f"/{pattern}/"), out, required=False)
    items = schema.get("items")
    if isinstance(items, dict) and _is_deep(items):
        _walk(items, f"{path}[]", out, required=False)
    if _deep_alternatives(schema):
        for index, alternative in enumerate(schema["oneOf"]):
            base = "" if path == "." else path
            _walk(alternative, f"{base}<oneOf{index}>", out, required=False)


# ---- the reference's entries -------------------------------------------------


def resolve(schemas: dict[str, dict[str, Any]], name: str) -> dict[str, str]:
    """The entry ``name`` with its bases applied."""
    entry = schemas[name]
    out = resolve(schemas, entry["base"]) if "base" in entry else {}
    out.update(entry.get("set", {}))
    for path in entry.get("del", ()):
        out.pop(path, None)
    return out


def reference(schemas: dict[str, dict[str, Any]], name: str) -> Flat:
    return {path: facts(text) for path, text in resolve(schemas, name).items()}


_WORD = re.compile(r"(enum|const)=(\[.*?\](?= |$|!|\))|\"[^\"]*\"|\S+)|(pat)=(.+)")
_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}


def facts(text: str) -> frozenset[str]:
    """``string|null fmt=uuid!`` -> the set that ``flatten`` gives for the same schema."""
    out: set[str] = set()
    if text.endswith("!"):
        out.add("required")
        text = text[:-1]
    elif re.match(r"\S+! ", text):  # "object! closed"
        out.add("required")
        text = text.replace("! ", " ", 1)
    inner = re.search(r" of<(.*)>$", text)
    if inner:
        out.add(f"of<{_joined(set(facts(inner.group(1))))}>")
        text = text[: inner.start()]
    places = re.search(r" tuple<(.*)>$", text)
    if places:
        parts = (_joined(set(facts(part))) for part in places.group(1).split(" ; "))
        # Of at most one item the first place is every place.
        kind = "of" if " ; " not in places.group(1) and "maxitems=1" in text else "tuple"
        out.add(f"{kind}<" + " ; ".join(parts) + ">")
        text = text[: places.start()]
    members = re.search(r" ((?:oneOf|anyOf)-required=)(\[\[.*\]\])", text)
    if members:
        out.add(members.group(1) + json.dumps(json.loads(members.group(2))))
        text = text[: members.start()] + text[members.end() :]
    choice = re.search(r"(oneOf|anyOf|allOf)\((.*)\)$", text)
    if choice:
        for index, part in enumerate(choice.group(2).split(" ; ")):
            out.add(f"{choice.group(1)}{index}<{_joined(set(facts(part)))}>")
        text = text[: choice.start()].strip()
    pattern = re.search(r"pat=(.*)$", text)
    if pattern:
        out.add(f"pat={pattern.group(1)}")
        text = text[: pattern.start()].strip()
    values = re.search(r"(enum|const)=(.*)$", text)
    if values:
        parsed = json.loads(values.group(2))
        out.add(_enum(parsed if values.group(1) == "enum" else [parsed]))
        text = text[: values.start()].strip()
    for word in text.split():
        if set(word.split("|")) <= _TYPES:
            out.add("type=" + "|".join(sorted(word.split("|"))))
        else:
            out.add(word)
    out -= {"required=[]", "open"}
    return frozenset(out)
