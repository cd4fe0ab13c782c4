"""Where the audit of a period's usage ran: /os-instance_usage_audit_log."""

import datetime
from typing import Any

from novalite.api.compute import usage_audit
from novalite.api.openstack.schemas import instance_usage_audit_log as schemas
from novalite.api.openstack.views import instance_usage_audit_log as views
from novalite.exception import ValidationError
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-instance-usage-audit-log:"


def index(req: Request) -> dict[str, Any]:
    return {"instance_usage_audit_logs": views.shown(usage_audit.audit(req.deployment))}


def show(req: Request) -> dict[str, Any]:
    text = req.path["id"]
    form = "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S"
    try:
        before = datetime.datetime.strptime(text, form)
        found = usage_audit.audit(req.deployment, before)
    except (ValueError, OverflowError):
        raise ValidationError(detail=f"Invalid timestamp for date {text}") from None
    return {"instance_usage_audit_log": views.shown(found)}


OPERATIONS = [
    Operation(
        "GET",
        "/os-instance_usage_audit_log",
        index,
        "Usage-audit runs up to now",
        policy=RULE + "list",
        query=schemas.QUERY,
        response=schemas.INDEX,
    ),
    Operation(
        "GET",
        "/os-instance_usage_audit_log/{id}",
        show,
        "Usage-audit runs before a timestamp",
        policy=RULE + "show",
        query=schemas.QUERY,
        response=schemas.SHOWN,
        errors=(400,),
    ),
]
