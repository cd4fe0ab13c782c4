"""The state machine as data: what a server's states mean and which action may run in which.

Source of the facts: the compute API's reference (server status, permitted states). A state
change is a compare-and-swap on these values; nothing else decides whether an action may run.
"""

import dataclasses
from collections.abc import Iterable

from novalite.exception import InstanceInvalidState, InstanceIsLocked, InstanceNotReady
from novalite.objects import Instance

# vm_state
ACTIVE = "active"
BUILDING = "building"
PAUSED = "paused"
SUSPENDED = "suspended"
STOPPED = "stopped"
RESCUED = "rescued"
RESIZED = "resized"
SOFT_DELETED = "soft-delete"
DELETED = "deleted"
ERROR = "error"
SHELVED = "shelved"
SHELVED_OFFLOADED = "shelved_offloaded"

# task_state
SCHEDULING = "scheduling"
BLOCK_DEVICE_MAPPING = "block_device_mapping"
NETWORKING = "networking"
SPAWNING = "spawning"
POWERING_OFF = "powering-off"
POWERING_ON = "powering-on"
REBOOTING = "rebooting"
REBOOT_PENDING = "reboot_pending"
REBOOT_STARTED = "reboot_started"
REBOOTING_HARD = "rebooting_hard"
REBOOT_PENDING_HARD = "reboot_pending_hard"
REBOOT_STARTED_HARD = "reboot_started_hard"
DELETING = "deleting"
SOFT_DELETING = "soft-deleting"
RESUMING = "resuming"
PAUSING = "pausing"
UNPAUSING = "unpausing"
SUSPENDING = "suspending"

BUILD_TASKS = frozenset({None, SCHEDULING, BLOCK_DEVICE_MAPPING, NETWORKING, SPAWNING})

# power_state
NOSTATE = 0
RUNNING = 1
POWER_PAUSED = 3
SHUTDOWN = 4
CRASHED = 6
POWER_SUSPENDED = 7

_RESIZE_TASKS = ("resize_prep", "resize_migrating", "resize_migrated", "resize_finish")
_REBUILD_TASKS = ("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning")

# vm_state -> (status by default, {task_state: status})
STATUS: dict[str, tuple[str, dict[str, str]]] = {
    ACTIVE: (
        "ACTIVE",
        {
            **dict.fromkeys((REBOOTING, REBOOT_PENDING, REBOOT_STARTED), "REBOOT"),
            **dict.fromkeys(
                (REBOOTING_HARD, REBOOT_PENDING_HARD, REBOOT_STARTED_HARD), "HARD_REBOOT"
            ),
            "updating_password": "PASSWORD",
            **dict.fromkeys(_REBUILD_TASKS, "REBUILD"),
            "migrating": "MIGRATING",
            **dict.fromkeys(_RESIZE_TASKS, "RESIZE"),
        },
    ),
    BUILDING: ("BUILD", {}),
    STOPPED: (
        "SHUTOFF",
        {**dict.fromkeys(_RESIZE_TASKS, "RESIZE"), **dict.fromkeys(_REBUILD_TASKS, "REBUILD")},
    ),
    RESIZED: ("VERIFY_RESIZE", {"resize_reverting": "REVERT_RESIZE"}),
    PAUSED: ("PAUSED", {"migrating": "MIGRATING"}),
    SUSPENDED: ("SUSPENDED", {}),
    RESCUED: ("RESCUE", {}),
    ERROR: ("ERROR", dict.fromkeys(_REBUILD_TASKS, "REBUILD")),
    DELETED: ("DELETED", {}),
    SOFT_DELETED: ("SOFT_DELETED", {}),
    SHELVED: ("SHELVED", {}),
    SHELVED_OFFLOADED: ("SHELVED_OFFLOADED", {}),
}

STATUSES_WITH_PROGRESS = frozenset(
    {"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"}
)


def status_of(vm_state: str, task_state: str | None) -> str:
    """The API's ``status`` of a server that is not deleted."""
    default, overrides = STATUS.get(vm_state, ("UNKNOWN", {}))
    return overrides.get(task_state, default) if task_state else default


def states_of(statuses: Iterable[str]) -> tuple[set[str], set[str] | None]:
    """The inverse, for list filters: (vm_states, task_states) that may show a status.

    ``task_states`` None means "any". An unknown status adds nothing, so two empty answers
    mean that no server can match.
    """
    wanted = {status.upper() for status in statuses}
    vm_states: set[str] = set()
    task_states: set[str] = set()
    any_task = False
    for vm_state, (default, overrides) in STATUS.items():
        if default in wanted:
            vm_states.add(vm_state)
            any_task = True
        for task_state, status in overrides.items():
            if status in wanted:
                vm_states.add(vm_state)
                task_states.add(task_state)
    return vm_states, (None if any_task else task_states)


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """When an action may run. None stands for "not checked"; ``task_states`` may hold None,
    which means "no task runs"."""

    vm_states: frozenset[str] | None = None
    task_states: frozenset[str | None] | None = frozenset({None})
    must_have_launched: bool = True
    lock: bool = True
    needs_host: bool = False
    task_state: str | None = None
    """The task_state that the action sets."""


def _states(*names: str) -> frozenset[str]:
    return frozenset(names)


_HARD_REBOOT_FROM: frozenset[str | None] = frozenset(
    {
        None,
        REBOOTING,
        REBOOT_PENDING,
        REBOOT_STARTED,
        RESUMING,
        REBOOTING_HARD,
        UNPAUSING,
        PAUSING,
        SUSPENDING,
    }
)

_SETTLED = _states(ACTIVE, PAUSED, SUSPENDED, STOPPED)
_VOLUMES_FROM = _states(ACTIVE, PAUSED, STOPPED, RESIZED, SOFT_DELETED, SHELVED, SHELVED_OFFLOADED)

ACTIONS: dict[str, Rule] = {
    "delete": Rule(task_states=None, must_have_launched=False, task_state=DELETING),
    "start": Rule(_states(STOPPED), needs_host=True, task_state=POWERING_ON),
    "stop": Rule(_states(ACTIVE, ERROR), needs_host=True, task_state=POWERING_OFF),
    "reboot": Rule(_states(ACTIVE), task_state=REBOOTING),
    "reboot_hard": Rule(
        _states(ACTIVE, STOPPED, PAUSED, SUSPENDED, ERROR),
        task_states=_HARD_REBOOT_FROM,
        task_state=REBOOTING_HARD,
    ),
    "get_console_output": Rule(
        task_states=None, must_have_launched=False, lock=False, needs_host=True
    ),
    "attach_volume": Rule(_VOLUMES_FROM),
    "detach_volume": Rule(_VOLUMES_FROM),
    "swap_volume": Rule(_states(ACTIVE, PAUSED, RESIZED)),
    "volume_snapshot": Rule(lock=False, needs_host=True),
    "update metadata": Rule(_SETTLED, task_states=None),
    "delete metadata": Rule(_SETTLED, task_states=None),
    "update tag": Rule(_SETTLED, task_states=None, must_have_launched=False, lock=False),
    "update tags": Rule(_SETTLED, task_states=None, must_have_launched=False, lock=False),
    "delete tag": Rule(_SETTLED, task_states=None, must_have_launched=False, lock=False),
    "delete tags": Rule(_SETTLED, task_states=None, must_have_launched=False, lock=False),
    "lock": Rule(task_states=None, must_have_launched=False, lock=False),
    "unlock": Rule(task_states=None, must_have_launched=False, lock=False),
    "os-resetState": Rule(task_states=None, must_have_launched=False, lock=False),
}


def invalid(action: str, instance: Instance) -> InstanceInvalidState:
    """That ``action`` may not run in the server's vm_state."""
    return InstanceInvalidState(
        method=action, instance_uuid=instance.uuid, attr="vm_state", state=instance.vm_state
    )


def check(action: str, instance: Instance, *, is_admin: bool, name: str | None = None) -> Rule:
    """The action's rule, when the server's state allows it.

    ``name`` is the action's token in the message, where it differs from the table's key.
    Raises InstanceIsLocked, InstanceInvalidState or InstanceNotReady (all 409).
    """
    rule = ACTIONS[action]
    token = name or action.removesuffix("_hard")
    if rule.lock and instance.locked and not is_admin:
        raise InstanceIsLocked(instance_uuid=instance.uuid)
    bad: tuple[str, object] | None = None
    if rule.vm_states is not None and instance.vm_state not in rule.vm_states:
        bad = ("vm_state", instance.vm_state)
    elif rule.task_states is not None and instance.task_state not in rule.task_states:
        bad = ("task_state", instance.task_state)
    elif rule.must_have_launched and instance.launched_at is None:
        bad = ("launched_at", None)
    if bad:
        raise InstanceInvalidState(
            method=token, instance_uuid=instance.uuid, attr=bad[0], state=bad[1]
        )
    if rule.needs_host and not instance.host:
        raise InstanceNotReady(instance_uuid=instance.uuid)
    return rule
