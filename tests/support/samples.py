"""The reference's samples, and how an answer compares with one: in shape, not in values."""

import json
import pathlib
from typing import Any

DIRECTORY = pathlib.Path(__file__).parents[1] / "data" / "reference" / "api_samples"


def sample(name: str) -> Any:
    """``os-services/v2.53/services-list-get-resp`` -> its document."""
    return json.loads((DIRECTORY / f"{name}.json").read_text())


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", type(None): "null", dict: "object", list: "array"}[type(value)]


def differences(answer: Any, expected: Any, path: str = "") -> list[str]:
    """Where the answer has other members or other kinds of values than the sample. Null and a
    value are no difference, nor is the length of a list: its items compare with the sample's
    first one."""
    if answer is None or expected is None:
        return []
    if _kind(answer) != _kind(expected):
        return [f"{path}: {_kind(answer)} instead of {_kind(expected)}"]
    found: list[str] = []
    if isinstance(expected, dict):
        for name in answer.keys() ^ expected.keys():
            found.append(f"{path}.{name}: {'unexpected' if name in answer else 'missing'}")
        for name in answer.keys() & expected.keys():
            found += differences(answer[name], expected[name], f"{path}.{name}")
    elif isinstance(expected, list) and expected:
        for index, item in enumerate(answer):
            found += differences(item, expected[0], f"{path}[{index}]")
    return found
