"""An nftables ruleset as a value: written out in full, or as the change from another one."""

import dataclasses
from collections.abc import Iterator

ELEMENTS_PER_COMMAND = 200


@dataclasses.dataclass(slots=True)
class Collection:
    """A named set, or with ``is_map`` a map. ``elements``: key -> value ("" in a set), in the
    language of nft."""

    type: str
    is_map: bool = False
    interval: bool = False
    elements: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Chain:
    """``hook`` is the inside of a base chain's braces, empty for a chain that is jumped to."""

    rules: list[str]
    hook: str = ""


@dataclasses.dataclass(slots=True)
class Table:
    family: str
    name: str
    collections: dict[str, Collection] = dataclasses.field(default_factory=dict)
    chains: dict[str, Chain] = dataclasses.field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.family} {self.name}"


Ruleset = tuple[Table, ...]


def full(ruleset: Ruleset) -> str:
    """One transaction that replaces these tables, and nothing else, by ``ruleset``."""
    lines: list[str] = []
    for table in ruleset:
        # adding first makes the deletion succeed whether or not the table was there
        lines += [f"add table {table.path}", f"delete table {table.path}"]
        lines.append(f"add table {table.path}")
        lines += _changes(Table(table.family, table.name), table)
    return "\n".join(lines) + "\n"


def change(old: Ruleset, new: Ruleset) -> str:
    """One transaction that turns ``old``, which is in force, into ``new``; empty if there is
    nothing to do. Both have the same tables."""
    lines: list[str] = []
    for before, after in zip(old, new, strict=True):
        lines += _changes(before, after)
    return "\n".join(lines) + "\n" if lines else ""


def removal(names: list[tuple[str, str]]) -> str:
    """Deletes the tables (family, name)."""
    return "".join(
        f"add table {family} {name}\ndelete table {family} {name}\n" for family, name in names
    )


def _changes(old: Table, new: Table) -> list[str]:
    """What is referred to is made before, and removed after, what refers to it."""
    lines: list[str] = []
    path = new.path
    for name, item in new.collections.items():
        if name not in old.collections:
            lines.append(f"add {_kind(item)} {path} {name} {{ {_declaration(item)} }}")
    for name, chain in new.chains.items():
        if name not in old.chains:
            hook = f" {{ {chain.hook} }}" if chain.hook else ""
            lines.append(f"add chain {path} {name}{hook}")
    for name, chain in new.chains.items():
        before = old.chains.get(name)
        if before is not None and before.rules == chain.rules:
            continue
        if before is not None:
            lines.append(f"flush chain {path} {name}")
        lines += [f"add rule {path} {name} {rule}" for rule in chain.rules]
    for name, item in new.collections.items():
        known = old.collections.get(name)
        lines += _element_changes(path, name, known.elements if known else {}, item.elements)
    gone = [name for name in old.chains if name not in new.chains]
    unused = [name for name in old.collections if name not in new.collections]
    lines += [f"flush chain {path} {name}" for name in gone]
    lines += [f"delete chain {path} {name}" for name in gone]
    lines += [f"delete {_kind(old.collections[name])} {path} {name}" for name in unused]
    return lines


def _element_changes(
    path: str, name: str, old: dict[str, str], new: dict[str, str]
) -> Iterator[str]:
    stale = [key for key, value in old.items() if new.get(key) != value]
    fresh = [key for key, value in new.items() if old.get(key) != value]
    for keys in _batches(stale):
        yield f"delete element {path} {name} {{ {', '.join(keys)} }}"
    for keys in _batches(fresh):
        text = ", ".join(f"{key} : {new[key]}" if new[key] else key for key in keys)
        yield f"add element {path} {name} {{ {text} }}"


def _batches(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), ELEMENTS_PER_COMMAND):
        yield keys[start : start + ELEMENTS_PER_COMMAND]


def _kind(item: Collection) -> str:
    return "map" if item.is_map else "set"


def _declaration(item: Collection) -> str:
    return f"{item.type}; flags interval;" if item.interval else f"{item.type};"
