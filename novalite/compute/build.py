"""Build one server: networking, spawning, active.

Each step is one compare-and-swap on the row and may be repeated after a crash: ports are found
again by the server's uuid, device names are worked out the same, and the driver completes what
is half-made. A step's expectation holds the state it comes from, the state it goes to (a
repeated report) and all states behind which a crash may have left the row. A step is a message
and a transaction, so that there are no more of them than there is work between them: disks are
laid out in no time, and where there is no network to wait for, spawning is the first step.
"""

import base64
import binascii
import dataclasses
import logging
import traceback
from typing import Any

from novalite import states
from novalite.compute import block_devices, build_volumes
from novalite.compute.block_devices import Completed
from novalite.compute.gateway import ConductorLost
from novalite.compute.workplace import Workplace, in_request, users_ports
from novalite.context import RequestContext
from novalite.exception import (
    BuildAbort,
    InstanceNotFound,
    InstanceNotOnHost,
    NovaliteError,
    UnexpectedTaskState,
    VolumeNotCreated,
)
from novalite.network.validation import wants_none
from novalite.objects import VIF, BuildWork, Instance, InstanceFault, InstanceStep
from novalite.virt.driver import SpawnRequest

LOG = logging.getLogger(__name__)

EVENT = "compute__do_build_and_run_instance"

_BUILDING = [states.BUILDING]
_ANY_STEP = sorted(states.BUILD_TASKS, key=str)


def resume(place: Workplace, context: RequestContext, instance_uuid: str) -> None:
    """Build what the row promises, if it still does; after a crash or a lost message."""
    try:
        work = place.gateway.build_work(context, instance_uuid)
    except ConductorLost:
        return
    if work is None:
        LOG.info("Instance %s is no longer to be built here", instance_uuid)
        return
    LOG.info("Taking up the build of instance %s again", instance_uuid)
    run(place, context, work)


def run(place: Workplace, context: RequestContext, work: BuildWork) -> None:
    """Never raises for what may happen to a build; its end is in the row."""
    context = in_request(context, work.request_id)
    build = _Build(place, context, work)
    try:
        build.begin()
    except (InstanceNotFound, UnexpectedTaskState) as error:
        LOG.info("Instance %s is not to be built here (any more): %s", work.instance.uuid, error)
        return
    except ConductorLost:
        return
    try:
        build.make()
    except ConductorLost:
        LOG.error("The build of instance %s rests until a sweep", work.instance.uuid)
    except (InstanceNotFound, UnexpectedTaskState) as error:
        build.overtaken(error)
    except Exception as error:
        build.failed(error)


class _Build:
    def __init__(self, place: Workplace, context: RequestContext, work: BuildWork) -> None:
        self._place = place
        self._context = context
        self._work = work
        self._instance: Instance = work.instance
        self._network_info: list[VIF] = []
        self._disks: Completed | None = None

    # ---- the steps ----

    def begin(self) -> None:
        if wants_none(self._work.requested_networks) and not self._has_volumes():
            try:
                disks = self._lay_out_disks()
            except BuildAbort:
                pass  # make() meets it again, where it is told
            else:
                self._spawning(disks, start_event=EVENT)
                return
        # A port that the user brought is noted before it is touched: so whoever ends this
        # server later knows not to delete it, wherever the build was cut off.
        self._network_info = [
            VIF(id=wish.port_id, address="", network_id="", label="", created_by_us=False)
            for wish in self._work.requested_networks
            if wish.port_id
        ]
        changes: dict[str, Any] = {"task_state": states.NETWORKING}
        if self._network_info and not self._instance.network_info:
            changes["network_info"] = self._network_info
        self._step(changes, start_event=EVENT)

    def make(self) -> None:
        place, work = self._place, self._work
        if self._disks is None:
            self._network_info = place.allocator.allocate(
                self._context,
                self._instance,
                work.requested_networks,
                work.security_groups,
                place.host,
            )
            disks = self._lay_out_disks()
            if self._has_volumes():
                disks = self._connect_volumes(disks)
            self._spawning(disks)
        assert self._disks is not None
        place.driver.spawn(
            SpawnRequest(
                instance=self._instance,
                image=work.image,
                network_info=self._network_info,
                block_devices=self._disks.devices,
                injected_files=[
                    (path, _content(path, text, self._instance.uuid))
                    for path, text in work.injected_files
                ],
                admin_password=work.admin_password,
            )
        )
        if self._has_volumes():
            build_volumes.complete(place, self._context, self._instance, self._disks.devices)
        self._active()
        place.failed_builds = 0
        LOG.info("Instance %s is active", self._instance.uuid)

    def _lay_out_disks(self) -> Completed:
        """Raises BuildAbort."""
        return block_devices.complete(
            self._instance, self._work.image, self._instance.block_devices or []
        )

    def _has_volumes(self) -> bool:
        return any(device.is_volume for device in self._instance.block_devices or ())

    def _connect_volumes(self, disks: Completed) -> Completed:
        self._step(
            {
                "task_state": states.BLOCK_DEVICE_MAPPING,
                "network_info": self._network_info,
                **disks.instance_changes,
            },
            block_devices=disks.updates,
        )
        self._instance = dataclasses.replace(self._instance, block_devices=disks.devices)
        devices, updates = build_volumes.prepare(
            self._place,
            self._context,
            self._instance,
            disks.devices,
            lambda columns: self._step({}, block_devices=columns),
        )
        return Completed(devices, updates, {})

    def _spawning(self, disks: Completed, **more: Any) -> None:
        self._step(
            {
                "task_state": states.SPAWNING,
                "network_info": self._network_info,
                **disks.instance_changes,
            },
            block_devices=disks.updates,
            **more,
        )
        self._instance = dataclasses.replace(self._instance, block_devices=disks.devices)
        self._disks = disks

    def _active(self) -> None:
        self._step(
            {
                "vm_state": states.ACTIVE,
                "task_state": None,
                "power_state": self._place.driver.get_info(self._instance).power_state,
                "launched_at": self._place.clock.now(),
                "launched_on": self._place.host,
                "progress": 100,
            },
            finish_event=EVENT,
        )

    def _step(self, changes: dict[str, Any], **more: Any) -> None:
        step = InstanceStep(
            changes=changes,
            expected_task_state=list(_ANY_STEP),
            expected_vm_state=list(_BUILDING),
            **more,
        )
        self._place.gateway.report(self._context, self._instance.uuid, step)
        self._instance = dataclasses.replace(self._instance, **changes)

    # ---- the ends that nobody wants ----

    def overtaken(self, error: NovaliteError) -> None:
        """The row says something else than this build: a delete came, an operator reset the
        state, another host has it, or our own last report arrived and its answer did not."""
        place, uuid = self._place, self._instance.uuid
        LOG.info("The build of instance %s was overtaken: %s", uuid, error)
        try:
            now = place.gateway.instance(self._context, uuid)
        except ConductorLost:
            return
        if now is not None and not now.deleted:
            if now.vm_state == states.ACTIVE and now.host == place.host:
                return
            # A guest here is one too many; the ports are those of the other host's guest now.
            if now.host is not None and now.host != place.host:
                self._remove_guest()
                return
        try:
            if self._remove_guest():
                self._give_ports_back()
                self._give_volumes_back(now, for_ever=now is None or now.deleted)
        except ConductorLost:
            return

    def failed(self, error: Exception) -> None:
        """Clean up and let the conductor decide: another host, or ERROR with this reason. A
        server whose guest will not go away ends in ERROR here: it must not get a twin on
        another host, and deleting it must try again at the right place."""
        place, uuid = self._place, self._instance.uuid
        place.failed_builds += 1
        LOG.warning("The build of instance %s failed: %s", uuid, error, exc_info=error)
        reason = str(error) or type(error).__name__
        details = "".join(traceback.format_exception(error))
        changes: dict[str, Any] = {}
        volumes: list[dict[str, Any]] = []
        fault = None
        try:
            if not self._remove_guest():
                changes = {"vm_state": states.ERROR, "task_state": None}
                fault = InstanceFault(uuid, 500, reason, details, place.host)
            else:
                if self._give_ports_back():
                    changes = {"network_info": []}
                volumes = self._give_volumes_back(None, for_ever=False)
            self._step(
                changes,
                block_devices=volumes,
                finish_event=EVENT,
                result="Error",
                message=reason,
                traceback=details,
                fault=fault,
            )
            if fault is None:
                place.gateway.reschedule(
                    self._context, uuid, reason, self._work.admin_password, abort=is_final(error)
                )
        except (InstanceNotFound, UnexpectedTaskState) as overtaken:
            LOG.info("Nobody waits for the failed build of instance %s: %s", uuid, overtaken)
        except ConductorLost:
            LOG.error("The failed build of instance %s rests until a sweep", uuid)

    def _remove_guest(self) -> bool:
        """Whether it is gone; if not, that is logged."""
        try:
            self._place.driver.destroy(self._instance, self._network_info)
        except Exception:
            LOG.exception("The guest of instance %s could not be removed", self._instance.uuid)
            return False
        return True

    def _give_ports_back(self) -> bool:
        """Whether all are; if not, that is logged, and they are found again by the server's
        uuid. Waits for a network service that is away; raises ConductorLost when that is in
        vain."""
        place, uuid = self._place, self._instance.uuid
        try:
            place.gateway.patiently(
                f"give back the ports of instance {uuid}",
                lambda: place.allocator.deallocate(
                    self._context, self._instance, users_ports(self._network_info)
                ),
            )
        except ConductorLost:
            raise
        except Exception:
            LOG.exception("Ports of instance %s remain", uuid)
            return False
        return True

    def _give_volumes_back(self, row: Instance | None, *, for_ever: bool) -> list[dict[str, Any]]:
        """What is to be written down of them. Raises ConductorLost."""
        devices = (row.block_devices if row else None) or self._instance.block_devices or []
        try:
            self._place.volumes.release(self._context, self._instance, devices, for_ever=for_ever)
        except ConductorLost:
            raise
        except Exception:
            LOG.exception("Attachments of instance %s remain", self._instance.uuid)
            return []
        return build_volumes.released(devices)


def is_final(error: Exception) -> bool:
    """Whether no other host would do better: the request itself cannot be met."""
    if isinstance(error, BuildAbort | VolumeNotCreated):
        return True
    if isinstance(error, InstanceNotOnHost) or not isinstance(error, NovaliteError):
        return False
    return 400 <= error.code < 500


def _content(path: str, text: str, instance_uuid: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise BuildAbort(
            instance_uuid=instance_uuid, reason=f"the content of {path} is not base64"
        ) from error
