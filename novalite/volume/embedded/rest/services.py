"""/os-services"""

from collections.abc import Callable

from novalite.exception import ValidationError
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.volume.embedded.rows import moment
from novalite.volume.embedded.services import VOLUME
from novalite.wsgi.operations import Answer, Operation, Request, Schema

_HOST: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_TEXT: Schema = {"type": ["string", "null"], "maxLength": 255}
_CLUSTERS = (3, 7)
_BACKEND_STATE = (3, 49)

CHANGE = object_(
    {"host": _HOST, "binary": _HOST, "service": _HOST, "disabled_reason": _TEXT}, "host"
)
HOST = object_({"host": _HOST, "cluster": _TEXT, "backend_id": _TEXT})
LOG = object_({"binary": _TEXT, "server": _TEXT, "prefix": _TEXT, "level": _TEXT})


def _status(row: Row) -> str:
    return "disabled" if row["disabled"] else "enabled"


def _view(request: Request, zone: str, row: Row) -> Row:
    view = {
        "binary": row["binary"],
        "host": row["host"],
        "zone": zone,
        "status": _status(row),
        "state": "up" if row["up"] else "down",
        "updated_at": moment(row["seen_at"]),
        "disabled_reason": row["disabled_reason"],
    }
    if row["binary"] == VOLUME:
        view["replication_status"] = "disabled"
        view["active_backend_id"] = None
        view["frozen"] = row["frozen"]
        if request.version >= _BACKEND_STATE:
            view["backend_state"] = view["state"]
    if request.version >= _CLUSTERS:
        view["cluster"] = None
    return view


def _list(request: Request) -> Row:
    service = service_of(request)
    binary = request.query_one("binary") or request.query_one("service")
    found = service.services.list_(request.context, request.query_one("host"), binary)
    return {"services": [_view(request, service.core.zone, row) for row in found]}


def _set(request: Request, *, enabled: bool, reason: str | None = None) -> Row:
    body = request.body
    host, binary = body["host"], body.get("binary") or body.get("service") or ""
    services = service_of(request).services
    services.set_enabled(request.context, host, binary, enabled=enabled, reason=reason)
    return {
        "host": host,
        "service": binary,
        "binary": binary,
        "disabled": not enabled,
        "status": "enabled" if enabled else "disabled",
    }


def _enable(request: Request) -> Row:
    return {**_set(request, enabled=True), "disabled_reason": None}


def _disable(request: Request) -> Row:
    return _set(request, enabled=False)


def _disable_for(request: Request) -> Row:
    reason = (request.body.get("disabled_reason") or "").strip()
    if not reason:
        raise ValidationError(detail="Disabled reason contains invalid characters or is too long")
    return {**_set(request, enabled=False, reason=reason), "disabled_reason": reason}


def _host(request: Request) -> str:
    host = request.body.get("host")
    if not host:
        raise ValidationError(detail="Missing required element 'host' in request body.")
    return str(host)


def _freeze(request: Request) -> Answer:
    service_of(request).services.set_frozen(request.context, _host(request), frozen=True)
    return Answer()


def _thaw(request: Request) -> Answer:
    service_of(request).services.set_frozen(request.context, _host(request), frozen=False)
    return Answer()


def _fail_over(request: Request) -> Answer:
    service_of(request).services.fail_over(request.context, _host(request))
    return Answer()


def _get_log(request: Request) -> Row:
    body = request.body
    found = service_of(request).log_levels.get(
        request.context, body.get("binary"), body.get("server"), body.get("prefix")
    )
    return {"log_levels": found}


def _set_log(request: Request) -> Answer:
    body = request.body
    service_of(request).log_levels.set_(
        request.context,
        body.get("binary"),
        body.get("server"),
        body.get("prefix"),
        body.get("level") or "",
    )
    return Answer()


def _put(
    action: str,
    handler: Callable[[Request], Answer | Row],
    title: str,
    schema: Schema,
    *,
    success: int = 200,
    since: str = "3.0",
) -> Operation:
    return Operation(
        "PUT",
        f"/os-services/{action}",
        handler,
        title,
        success=success,
        min_version=since,
        request=schema,
        errors=(400, 403, 404),
    )


OPERATIONS = [
    Operation("GET", "/os-services", _list, "List services", min_version="3.0", errors=(403,)),
    _put("enable", _enable, "Enable a service", CHANGE),
    _put("disable", _disable, "Disable a service", CHANGE),
    _put("disable-log-reason", _disable_for, "Disable a service and say why", CHANGE),
    _put("freeze", _freeze, "Freeze a backend", HOST),
    _put("thaw", _thaw, "Thaw a backend", HOST),
    _put("failover_host", _fail_over, "Fail a backend over", HOST, success=202),
    _put("failover", _fail_over, "Fail a backend over", HOST, success=202, since="3.26"),
    _put("get-log", _get_log, "Show log levels", LOG, since="3.32"),
    _put("set-log", _set_log, "Set log levels", LOG, success=202, since="3.32"),
]
