"""From a path and a method to the operations that they may mean.

The paths of all operations go into one Routes mapper, built once; a path's methods, versions and
actions are looked up in plain tables afterwards. Two operations may share path, method and
action if their version ranges do not overlap.
"""

import dataclasses
import re
from collections.abc import Iterable

from routes import Mapper

from novalite.wsgi.faults import NOT_FOUND, HTTPFault
from novalite.wsgi.microversions import Microversion
from novalite.wsgi.operations import Operation

_PARAMETER = re.compile(r"\{[^}]+\}")
_PROJECT = re.compile(r"^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")


@dataclasses.dataclass(slots=True)
class Endpoint:
    """All operations of one path: by method, and for POST by action."""

    path: str
    methods: dict[str, list[Operation]] = dataclasses.field(default_factory=dict)
    actions: dict[str, dict[str, list[Operation]]] = dataclasses.field(default_factory=dict)

    def add(self, operation: Operation) -> None:
        if operation.action is None:
            table = self.methods.setdefault(operation.method, [])
        else:
            named = self.actions.setdefault(operation.method, {})
            table = named.setdefault(operation.action, [])
        for other in table:
            if other.low <= operation.high and operation.low <= other.high:
                raise ValueError(f"{operation.method} {operation.path} is declared twice")
        table.append(operation)

    @property
    def allow(self) -> str:
        return ", ".join(sorted({*self.methods, *self.actions}))


def choose(operations: list[Operation], version: Microversion) -> Operation:
    """The one that exists at ``version``. Raises a 404: it is as if there were none."""
    for operation in operations:
        if operation.low <= version <= operation.high:
            return operation
    raise HTTPFault(404, NOT_FOUND)


def _specificity(path: str) -> tuple[tuple[int, ...], str]:
    """Sorts fixed segments before parameters, position by position."""
    return tuple(int("{" in segment) for segment in path.split("/")), path


class RouteTable:
    """``first_segments`` are the fixed beginnings of all paths (``servers``...)."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        endpoints: dict[str, Endpoint] = {}
        for operation in operations:
            shape = _PARAMETER.sub("{}", operation.path)
            endpoint = endpoints.setdefault(shape, Endpoint(operation.path))
            if endpoint.path != operation.path:
                raise ValueError(f"{operation.path} is declared as {endpoint.path} too")
            endpoint.add(operation)
        self.endpoints = sorted(endpoints.values(), key=lambda e: _specificity(e.path))
        self.first_segments = {e.path.split("/")[1] for e in self.endpoints}
        self._mapper = Mapper(register=False)
        self._mapper.minimization = False
        for number, endpoint in enumerate(self.endpoints):
            self._mapper.connect(None, endpoint.path, endpoint=str(number))
        self._mapper.create_regs([])

    def match(self, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint of ``path`` with its parameters."""
        found = self._mapper.match(path, _NO_ENVIRON)
        if found is None:
            return None
        return self.endpoints[int(found.pop("endpoint"))], found

    def split_project(self, path: str, own_project: str | None) -> tuple[str | None, str]:
        """``/<project>/servers`` -> (project, ``/servers``); (None, path) without the segment.

        A first segment is a project if it looks like an id (32 hexadecimal digits or a uuid) or
        is the caller's own project; a name that begins one of our own paths never is.
        """
        end = path.find("/", 1)
        first = path[1:] if end < 0 else path[1:end]
        if not first or first in self.first_segments:
            return None, path
        if first == own_project or _PROJECT.match(first):
            return first, path[end:] if end > 0 else "/"
        return None, path


_NO_ENVIRON: dict[str, str] = {"REQUEST_METHOD": "GET"}
