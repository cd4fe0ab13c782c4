"""Schemas by composition: a document is a table of members, each with its span of microversions.

A ``Field`` says from when until when a member exists; ``document`` gives the JSON schema of one
microversion; ``spans`` cuts a table into the fewest ranges in which nothing changes.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from novalite.wsgi.operations import Versioned

Schema = dict[str, Any]
Version = tuple[int, int]


def parse(version: str) -> Version:
    major, minor = version.split(".")
    return int(major), int(minor)


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """``since`` and ``until`` are microversions, both inclusive. ``schema`` may be a function of
    the microversion for a member whose own form changes."""

    name: str
    schema: Schema | Callable[[Version], Schema]
    since: str = "2.1"
    until: str | None = None
    required: bool = False

    def exists_at(self, version: Version) -> bool:
        if version < parse(self.since):
            return False
        return self.until is None or version <= parse(self.until)

    def schema_at(self, version: Version) -> Schema:
        return self.schema(version) if callable(self.schema) else self.schema


def document(fields: Iterable[Field], version: Version, **more: Any) -> Schema:
    """A closed object with the members that exist at ``version``."""
    present = [field for field in fields if field.exists_at(version)]
    made: Schema = {
        "type": "object",
        "properties": {field.name: field.schema_at(version) for field in present},
        "additionalProperties": False,
    }
    required = [field.name for field in present if field.required]
    if required:
        made["required"] = required
    return {**made, **more}


def spans(build: Callable[[Version], Schema], starts: Iterable[str]) -> Versioned:
    """One range per start; each ends where the next one begins."""
    first = sorted(parse(start) for start in starts)
    ranges = []
    for index, start in enumerate(first):
        last = index + 1 == len(first)
        end = None if last else f"2.{first[index + 1][1] - 1}"
        ranges.append((f"2.{start[1]}", end, build(start)))
    return Versioned(*ranges)
