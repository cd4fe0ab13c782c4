"""What an API operation is: declared once, in one place.

Routes, validation, policy, microversion gating and the OpenAPI document all follow from a list
of ``Operation``. A handler takes a ``Request`` and returns an ``Answer``, a dict (the body), or
None (no body).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from novalite.wsgi import links
from novalite.wsgi.microversions import ANY, Microversion

if TYPE_CHECKING:
    from novalite.context import RequestContext
    from novalite.deployment import Deployment

Schema = dict[str, Any]


class Versioned:
    """A value per microversion range: ``Versioned(("2.1", "2.18", a), ("2.19", None, b))``.

    Bounds are inclusive, None is open. ``at`` answers ``default`` outside all ranges.
    """

    __slots__ = ("ranges",)

    def __init__(self, *ranges: tuple[str | None, str | None, Any]) -> None:
        self.ranges = tuple(
            (
                Microversion.parse(low) if low else Microversion(0, 0),
                Microversion.parse(high) if high else Microversion(9999, 0),
                value,
            )
            for low, high, value in ranges
        )

    def at(self, version: tuple[int, int], default: Any = None) -> Any:
        for low, high, value in self.ranges:
            if low <= version <= high:
                return value
        return default

    def values(self) -> list[Any]:
        return [value for _, _, value in self.ranges]


def at(value: Any, version: tuple[int, int]) -> Any:
    """``value`` itself, or what a Versioned holds at ``version``."""
    return value.at(version) if isinstance(value, Versioned) else value


@dataclasses.dataclass(slots=True)
class Answer:
    """``status`` None means the operation's success code. ``iterator`` streams bytes instead of
    ``body``; a ``bytes`` body is sent as it is (give its Content-Type in ``headers``)."""

    body: Any = None
    status: int | None = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    iterator: Iterable[bytes] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path in one range of microversions (or one action of it).

    ``path`` is relative to the API's root, without project segment. ``policy`` is enforced
    before the handler with the caller's own project and user as target; None leaves it to the
    handler. ``request``, ``query`` and ``response`` are JSON schemas; a query schema describes a
    dict of name -> list of strings. ``raw``: the body is not JSON, the handler reads
    ``req.stream``. ``public``: needs no token.
    """

    method: str
    path: str
    handler: Callable[[Request], Answer | dict[str, Any] | None]
    title: str
    policy: str | None = None
    success: int | Versioned = 200
    min_version: str = "2.1"
    max_version: str | None = None
    action: str | None = None
    request: Versioned | Schema | None = None
    query: Versioned | Schema | None = None
    response: Versioned | Schema | None = None
    errors: tuple[int, ...] = ()
    raw: bool = False
    public: bool = False
    content_types: tuple[str, ...] = ("application/json",)
    low: Microversion = dataclasses.field(init=False, repr=False)
    high: Microversion = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", Microversion.parse(self.min_version))
        high = Microversion.parse(self.max_version) if self.max_version else Microversion(9999, 0)
        object.__setattr__(self, "high", high)

    def covers(self, version: tuple[int, int]) -> bool:
        return self.low <= version <= self.high


class Headers:
    """Case-insensitive reading of a request's headers."""

    __slots__ = ("_environ",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, default: str | None = None) -> str | None:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        return self._environ.get(key, default)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def items(self) -> list[tuple[str, str]]:
        return [
            (key[5:].replace("_", "-").title(), value)
            for key, value in self._environ.items()
            if key.startswith("HTTP_")
        ]


@dataclasses.dataclass(slots=True)
class Request:
    """What a handler gets. ``path`` holds the parameters of the path, decoded; ``query`` maps a
    name to the list of its values, validated; ``body`` is the parsed JSON (None if there was no
    body). ``legacy`` is True under ``/v2``, which is 2.1 without strict validation."""

    environ: dict[str, Any]
    deployment: Deployment
    version: Microversion = ANY
    path: dict[str, str] = dataclasses.field(default_factory=dict)
    query: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    body: Any = None
    project_segment: str | None = None
    legacy: bool = False
    compute_link_prefix: str | None = None

    @property
    def method(self) -> str:
        return cast(str, self.environ["REQUEST_METHOD"])

    @property
    def headers(self) -> Headers:
        return Headers(self.environ)

    @property
    def stream(self) -> Any:
        """The raw body: an object with ``read(size)``. Ends at Content-Length, or at the last
        chunk."""
        return self.environ["wsgi.input"]

    # ---- who asks ----

    @property
    def context(self) -> RequestContext:
        return cast("RequestContext", self.environ.get("novalite.context"))

    def target(self) -> dict[str, Any]:
        """The policy target of things that belong to the caller."""
        context = self.context
        return {"project_id": context.project_id, "user_id": context.user_id}

    def authorize(self, rule: str, target: dict[str, Any] | None = None) -> None:
        """Raises PolicyNotAuthorized. ``target`` defaults to the caller's project and user."""
        policy = self.deployment.policy
        assert policy is not None
        policy.authorize(self.context, rule, self.target() if target is None else target)

    def allowed(self, rule: str, target: dict[str, Any] | None = None) -> bool:
        policy = self.deployment.policy
        assert policy is not None
        return policy.allowed(self.context, rule, self.target() if target is None else target)

    # ---- what was asked ----

    def query_one(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else default

    # ---- links ----

    @property
    def base_url(self) -> str:
        """``http://host/v2.1``: scheme, host and where this API is mounted, without final slash."""
        return links.base_url(self.environ, self.compute_link_prefix)

    def link(self, path: str) -> str:
        """The versioned URL of ``path`` (``/servers/x``), with the project segment if the
        request's own URL had it."""
        segment = f"/{self.project_segment}" if self.project_segment else ""
        return f"{self.base_url}{segment}{path}"

    def bookmark(self, path: str) -> str:
        """The URL of ``path`` without version."""
        segment = f"/{self.project_segment}" if self.project_segment else ""
        return f"{links.without_version(self.base_url)}{segment}{path}"

    def page_link(self, path: str, marker: str) -> str:
        """The URL of the next page: this request's query with another ``marker``."""
        return f"{self.link(path)}?{links.next_query(self.environ, marker)}"
