"""Volumes of servers."""

from novalite.policy.rules import (
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    SERVICE_OR_ADMIN,
    rule,
)

_ALL = "/servers/{server_id}/os-volume_attachments"
_ONE = f"{_ALL}/{{volume_id}}"

RULES = [
    rule(
        "os_compute_api:os-volumes-attachments:index",
        PROJECT_READER_OR_ADMIN,
        "List volume attachments",
        [f"GET {_ALL}"],
    ),
    rule(
        "os_compute_api:os-volumes-attachments:create",
        PROJECT_MEMBER_OR_ADMIN,
        "Attach volume",
        [f"POST {_ALL}"],
    ),
    rule(
        "os_compute_api:os-volumes-attachments:show",
        PROJECT_READER_OR_ADMIN,
        "Show volume attachment",
        [f"GET {_ONE}"],
    ),
    rule(
        "os_compute_api:os-volumes-attachments:update",
        PROJECT_MEMBER_OR_ADMIN,
        "Change delete_on_termination of an attachment (2.85+); not checked when a swap is "
        "requested",
        [f"PUT {_ONE}"],
    ),
    rule(
        "os_compute_api:os-volumes-attachments:swap",
        SERVICE_OR_ADMIN,
        "Replace attached volume by another one",
        [f"PUT {_ONE}"],
    ),
    rule(
        "os_compute_api:os-volumes-attachments:delete",
        PROJECT_MEMBER_OR_ADMIN,
        "Detach volume",
        [f"DELETE {_ONE}"],
    ),
]
