"""Pieces of the pages."""

from collections.abc import Iterable, Sequence

GENERATED = "Written by `make docs` from the code; edit it there."


def cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell(text) for text in row) + " |" for row in lines]


def page(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"# {title}", "", GENERATED, "", *lines]).rstrip() + "\n"
