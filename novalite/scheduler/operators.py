"""Requirements of flavor extra specs, with the reference's operators.

4              the text is equal            s== != < <= > >= with s before: as texts
>= 4, = 4      the number is at least       == != <= with numbers: as they say
<in> sse       the text contains            <or> a <or> b: is one of
<all-in> a b   the list contains all
"""

import operator
from collections.abc import Callable
from typing import Any

_NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
}


def matches(value: Any, requirement: str) -> bool:
    """Whether what a host or an aggregate has meets ``requirement``. Never raises: a number
    that is none does not match."""
    words = requirement.split()
    if not words:
        return str(value) == requirement
    first, rest = words[0], words[1:]
    if first in _NUMERIC and rest:
        try:
            return _NUMERIC[first](float(value), float(rest[0]))
        except (TypeError, ValueError):
            return False
    if first in _TEXTUAL and rest:
        return _TEXTUAL[first](str(value), rest[0])
    if first == "<in>" and rest:
        return rest[0] in (value if isinstance(value, list) else str(value))
    if first == "<all-in>" and rest:
        return all(word in value for word in rest) if _is_collection(value) else False
    if first == "<or>" and rest:
        return str(value) in [word for word in rest if word != "<or>"]
    return str(value) == requirement


def _is_collection(value: Any) -> bool:
    return isinstance(value, str | list | tuple | set | frozenset | dict)
