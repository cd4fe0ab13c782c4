"""One REST API as a WSGI application, made from a list of operations.

What happens to a request, in this order: microversion, route, project segment, body, action,
version gate, schema of body and query, policy, handler, schema of the answer. Authentication
stands before, in the paste pipeline, and left the caller in ``environ["novalite.context"]``.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from novalite.exception import Unauthorized, ValidationError
from novalite.wsgi import faults
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.microversions import ANY, Microversion, MicroversionRange
from novalite.wsgi.operations import Answer, Operation, Request, at
from novalite.wsgi.routing import Endpoint, RouteTable, choose
from novalite.wsgi.validation import Validators

if TYPE_CHECKING:
    from novalite.deployment import Deployment

LOG = logging.getLogger(__name__)

StartResponse = Callable[..., Any]
HeaderList = list[tuple[str, str]]


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_number).decode
_encode = json.JSONEncoder(ensure_ascii=False).encode
_NO_TYPE = ("", "text/plain")
MAX_DEPTH = 64
"""Levels of lists and objects in a body."""
_JSON = ("Content-Type", "application/json")


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceStyle:
    """How one service differs from the others. ``project_segment``: paths are also served below
    ``/{project_id}``. ``fault_body(code, message, exception)`` makes the error document."""

    name: str
    microversions: MicroversionRange | None = None
    fault_body: faults.FaultBody = faults.compute_fault
    project_segment: bool = False


class Application:
    def __init__(
        self, operations: Iterable[Operation], deployment: Deployment, service: ServiceStyle
    ) -> None:
        self._deployment = deployment
        self._service = service
        self._routes = RouteTable(operations)
        self._validators = Validators()
        self._versions = service.microversions
        self._version_headers: dict[Microversion, HeaderList] = {}
        conf = deployment.conf
        self._response_validation = conf.api.response_validation
        self._link_prefix = conf.api.compute_link_prefix if service.name == "compute" else None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        headers: HeaderList = []
        try:
            legacy = "novalite.legacy_v2" in environ
            version = self._negotiate(environ, legacy, headers)
            answer, success = self._perform(environ, version, legacy)
            status, body = self._finish(answer, success, headers)
        except Exception as exc:
            status, fault_headers, data = faults.render(exc, self._service.fault_body)
            headers.extend(fault_headers)
            body = (data,)
        start_response(faults.status_line(status), headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else body

    # ---- the steps ----

    def _negotiate(
        self, environ: dict[str, Any], legacy: bool, headers: HeaderList
    ) -> Microversion:
        """The request's version; adds to ``headers`` what every answer of it carries."""
        offered = self._versions
        if offered is None:
            return ANY
        if legacy:
            return offered.minimum
        version = offered.negotiate(environ)
        known = self._version_headers.get(version)
        if known is None:
            known = self._version_headers[version] = offered.answer_headers(version)
        headers.extend(known)
        return version

    def _perform(
        self, environ: dict[str, Any], version: Microversion, legacy: bool
    ) -> tuple[Answer, int]:
        endpoint, request = self._route(environ, version, legacy)
        operation = self._operation(endpoint, request)
        context = request.context
        if context is None and not operation.public:
            raise Unauthorized()
        self._validate(operation, request)
        if operation.policy is not None:
            request.authorize(operation.policy)
        result = operation.handler(request)
        answer = result if isinstance(result, Answer) else Answer(result)
        if self._response_validation != "ignore" and answer.iterator is None:
            self._check_answer(operation, request, answer)
        return answer, at(operation.success, version)

    def _route(
        self, environ: dict[str, Any], version: Microversion, legacy: bool
    ) -> tuple[Endpoint, Request]:
        try:
            path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8") or "/"
        except UnicodeDecodeError:
            raise HTTPFault(404, faults.NOT_FOUND) from None
        context = environ.get("novalite.context")
        project = None
        if self._service.project_segment:
            own = context.project_id if context is not None else None
            project, path = self._routes.split_project(path, own)
        found = self._routes.match(path)
        if found is None or "\0" in path:
            raise HTTPFault(404, faults.NOT_FOUND)
        if project is not None and context is not None and project != context.project_id:
            raise ValidationError(
                detail=f"Malformed request URL: URL's project_id '{project}' doesn't match "
                f"Context's project_id '{context.project_id}'"
            )
        endpoint, parameters = found
        request = Request(
            environ,
            self._deployment,
            version,
            parameters,
            project_segment=project,
            legacy=legacy,
            compute_link_prefix=self._link_prefix,
        )
        return endpoint, request

    def _operation(self, endpoint: Endpoint, request: Request) -> Operation:
        """The operation that was meant; reads the body, whose key names the action."""
        method = request.method
        actions = endpoint.actions.get(method)
        if actions is not None:
            return self._action(actions, request)
        operations = endpoint.methods.get(method)
        if operations is None:
            raise HTTPFault(
                405,
                f"The method {method} is not allowed for this resource.",
                {"Allow": endpoint.allow},
            )
        operation = choose(operations, request.version)
        if not operation.raw and method in ("POST", "PUT", "PATCH"):
            request.body = read_json(request.environ, operation.content_types)
        return operation

    def _action(self, actions: dict[str, list[Operation]], request: Request) -> Operation:
        body = request.body = read_json(request.environ, ("application/json",))
        if not isinstance(body, dict) or not body:
            raise HTTPFault(400, faults.MALFORMED_BODY)
        names = list(body)
        if request.legacy and len(names) > 1:
            names = [name for name in names if name in actions][:1] or names
            request.body = {names[0]: body[names[0]]}
        operations = actions.get(names[0])
        if operations is None:
            raise HTTPFault(400, f"There is no such action: {names[0]}")
        if len(request.body) > 1:
            raise HTTPFault(400, f"A request holds one action; this one holds {', '.join(names)}.")
        return choose(operations, request.version)

    def _validate(self, operation: Operation, request: Request) -> None:
        text = request.environ.get("QUERY_STRING")
        if text:
            if "%00" in text:
                raise HTTPFault(400, "Query string holds a NUL character")
            try:
                request.query = parse_qs(text, keep_blank_values=True, errors="strict")
            except (UnicodeDecodeError, ValueError):
                raise HTTPFault(400, "Query string is not UTF-8 encoded") from None
            if any("\0" in value for values in request.query.values() for value in values):
                raise HTTPFault(400, "Query string holds a NUL character")
        version = request.version
        schema = at(operation.query, version)
        if schema is not None and request.query:
            self._validators.get(schema, "query").check(request.query)
        schema = at(operation.request, version)
        if schema is not None:
            if request.body is None:
                raise HTTPFault(400, faults.MALFORMED_BODY)
            self._validators.get(schema, "body", lenient=request.legacy).check(request.body)

    def _check_answer(self, operation: Operation, request: Request, answer: Answer) -> None:
        schema = at(operation.response, request.version)
        if schema is None or answer.body is None:
            return
        try:
            self._validators.get(schema, "response").check(answer.body)
        except ValidationError as exc:
            if self._response_validation == "error":
                raise RuntimeError(f"{operation.title}: the answer is not as declared") from exc
            LOG.warning(
                "the answer of %s %s is not as declared at %s: %s",
                operation.method,
                operation.path,
                request.version,
                exc,
            )

    def _finish(
        self, answer: Answer, success: int, headers: HeaderList
    ) -> tuple[int, Iterable[bytes]]:
        status = answer.status if answer.status is not None else success
        headers.extend(answer.headers.items())
        typed = any(name.lower() == "content-type" for name in answer.headers)
        if answer.iterator is not None:
            return status, answer.iterator
        if status in (204, 304):
            return status, ()
        body = answer.body
        if body is None:
            data = b""
        elif isinstance(body, bytes):
            data = body
        else:
            data = _encode(body).encode("utf-8")
        if not typed:
            headers.append(_JSON)
        headers.append(("Content-Length", str(len(data))))
        return status, (data,)


def read_body(environ: dict[str, Any]) -> bytes:
    """The whole body; with chunked transfer until its last chunk."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        try:
            size = int(length)
        except ValueError:
            raise HTTPFault(400, faults.MALFORMED_BODY) from None
        return environ["wsgi.input"].read(size) if size > 0 else b""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return environ["wsgi.input"].read()
    return b""


def read_json(environ: dict[str, Any], content_types: tuple[str, ...]) -> Any:
    """The parsed body, None when there is none. Raises 415 and 400 faults."""
    data = read_body(environ)
    if not data:
        return None
    content_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if content_type not in _NO_TYPE and content_type not in content_types:
        raise HTTPFault(415, "Unsupported Content-Type")
    try:
        value = _decode(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HTTPFault(400, faults.MALFORMED_BODY) from None
    if not _acceptable(value):
        raise HTTPFault(400, faults.MALFORMED_BODY)
    return value


def _acceptable(value: Any, depth: int = 0) -> bool:
    """No nesting that later code might not get through, and only strings that can be stored: no
    NUL (PostgreSQL), no half of a surrogate pair."""
    if isinstance(value, str):
        return ("\0" not in value and value.isascii()) or _storable(value)
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(
            _acceptable(name) and _acceptable(item, depth + 1) for name, item in value.items()
        )
    if isinstance(value, list):
        return all(_acceptable(item, depth + 1) for item in value)
    return True


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
