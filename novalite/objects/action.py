"""What was done to a server, by whom, and how each step of it went."""

import datetime

from novalite.objects.base import record


@record
class ActionEvent:
    """One step of an action on one host. ``result``: Success, Error, or None while it runs."""

    event: str
    start_time: datetime.datetime | None = None
    finish_time: datetime.datetime | None = None
    result: str | None = None
    traceback: str | None = None
    host: str | None = None
    details: str | None = None
    id: int | None = None


@record
class InstanceAction:
    """``action`` is a name of the reference's list: create, stop, reboot..."""

    action: str
    instance_uuid: str
    request_id: str
    user_id: str | None = None
    project_id: str | None = None
    start_time: datetime.datetime | None = None
    finish_time: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None
    message: str | None = None
    events: list[ActionEvent] | None = None
    id: int | None = None
