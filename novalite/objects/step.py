"""What a compute host reports of a server, in one message and one transaction."""

import dataclasses
from typing import Any

from novalite.objects.base import record
from novalite.objects.instance import InstanceFault


@record
class InstanceStep:
    """One compare-and-swap on an instance with all that belongs to it.

    ``changes``: columns and ``network_info``. May be empty: then only the expectations are
    checked. ``expected_*`` None: not checked. ``block_devices``: ``{"uuid", column: value...}``.
    ``removed_devices``: uuids of block devices that the server has no longer.

    ``start_event`` and ``finish_event`` name a step of the action that the context's request id
    belongs to; when the instance has no action of that id (work resumed after a crash), its
    newest action is meant. Starting a step that is open already keeps its start time; finishing
    a step that was never started creates it. ``result``: Success or Error; Error sets the
    action's message too. ``message`` and ``traceback`` go to the finished event.
    ``fault`` is recorded with the rest. ``answered``: whether the reporter wants the row back;
    reading it and sending it costs as much as all the rest. ``load``: the collections that the
    answer shall have.
    """

    changes: dict[str, Any] = dataclasses.field(default_factory=dict)
    expected_task_state: list[str | None] | None = None
    expected_vm_state: list[str] | None = None
    block_devices: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    removed_devices: list[str] = dataclasses.field(default_factory=list)
    start_event: str | None = None
    finish_event: str | None = None
    result: str = "Success"
    message: str | None = None
    traceback: str | None = None
    fault: InstanceFault | None = None
    answered: bool = True
    load: list[str] = dataclasses.field(default_factory=list)
