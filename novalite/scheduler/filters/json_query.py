"""JsonFilter: the hint ``query``, an expression as a JSON list.

["and", [">=", "$free_ram_mb", 1024], ["<", "$num_instances", 3]]
"""

import json
import operator
from collections.abc import Callable
from typing import Any

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import MISSING, HostState
from novalite.scheduler.request import Request

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class JsonFilter(Filter):
    """The expression must be true of the host."""

    def applies(self, request: Request) -> bool:
        return bool(request.hint("query"))

    def refusal(self, host: HostState, request: Request) -> str | None:
        query = request.hint("query")[0]
        try:
            passes = bool(_evaluate(json.loads(query), host))
        except (ValueError, TypeError, IndexError) as error:
            return f"the query cannot be evaluated: {error}"
        return None if passes else "the query is not true of it"


def _evaluate(expression: Any, host: HostState) -> Any:
    if isinstance(expression, str) and expression.startswith("$"):
        value = host.attribute(expression[1:].split("."))
        return None if value is MISSING else value
    if not isinstance(expression, list):
        return expression
    if not expression:
        return True
    name = expression[0]
    values = [_evaluate(part, host) for part in expression[1:]]
    if name == "and":
        return all(values)
    if name == "or":
        return any(values)
    if name == "not":
        return not any(values)
    if name == "in":
        return values[0] in values[1:]
    if name not in _COMPARISONS:
        raise ValueError(f"unknown operator {name!r}")
    if any(value is None for value in values):
        return False
    return all(_COMPARISONS[name](values[0], value) for value in values[1:])
