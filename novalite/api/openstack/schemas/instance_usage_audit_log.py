"""Audits of usage."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, spans

_COUNT: Schema = {"type": "integer", "minimum": 0}
_RUN = types.closed(
    {
        "instances": _COUNT,
        "errors": _COUNT,
        "message": types.STRING,
        "state": {"type": "string", "enum": ["RUNNING", "DONE"]},
    }
)
_AUDIT: dict[str, Schema] = {
    # Names of hosts, which the reference takes for uuids.
    "hosts_not_run": types.listed(types.STRING),
    "log": {"type": "object", "additionalProperties": _RUN},
    "num_hosts": _COUNT,
    "num_hosts_done": _COUNT,
    "num_hosts_not_run": _COUNT,
    "num_hosts_running": _COUNT,
    "overall_status": types.STRING,
    "period_beginning": types.DATE_TIME,
    "period_ending": types.DATE_TIME,
    "total_errors": _COUNT,
    "total_instances": _COUNT,
}


def _document(name: str) -> Schema:
    return types.closed({name: types.closed(_AUDIT, tuple(_AUDIT))}, (name,))


INDEX = _document("instance_usage_audit_logs")
SHOWN = _document("instance_usage_audit_log")
QUERY = spans(
    lambda version: {
        "type": "object",
        "properties": {},
        "additionalProperties": version < (2, 102),
    },
    ("2.1", "2.102"),
)
