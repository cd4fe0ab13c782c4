"""The compute service: takes what the API and the conductor ask, hands it to the tasks."""

import logging
import math
import threading
from collections.abc import Callable
from typing import Any

from novalite.compute import (
    assisted_snapshots,
    build,
    device_tasks,
    external_events,
    power,
    resources,
    terminate,
)
from novalite.compute.events import LifecycleEvents
from novalite.compute.gateway import PATIENCE, Gateway
from novalite.compute.heartbeat import Heartbeat
from novalite.compute.housekeeping import Housekeeping
from novalite.compute.image_caching import ImageCaching
from novalite.compute.reconcile import Reconciler
from novalite.compute.resources import Resources
from novalite.compute.running import Kind, Register
from novalite.compute.sweep import GRACE, Sweep
from novalite.compute.volumes import Volumes
from novalite.compute.workplace import Workplace
from novalite.context import RequestContext, admin_context
from novalite.deployment import Deployment
from novalite.exception import (
    DependencyUnavailable,
    InstanceNotOnHost,
    InstanceNotReady,
)
from novalite.network.allocation import Allocator
from novalite.objects import BlockDevice, BuildWork, ImageMeta, Instance
from novalite.objects.block_device import ATTACHING, DETACHING, EXTENDING
from novalite.virt.driver import ComputeDriver

LOG = logging.getLogger(__name__)

_DEVICE_TASKS: dict[str, tuple[Kind, Callable[..., None]]] = {
    ATTACHING: (Kind.ATTACH, device_tasks.attach),
    DETACHING: (Kind.DETACH, device_tasks.detach),
    EXTENDING: (Kind.EXTEND, device_tasks.extend),
}

LET_GO_EVERY = 600.0
DRAIN_SECONDS = 30.0
LONGEST_START_PAUSE = 5.0
HOUSEKEEPING_SECONDS = 5.0


class ComputeManager:
    """One compute host. ``deployment`` gives conf, host, clock, driver, conductor, network, and
    volume where there is a volume service.

    Methods that a message calls return at once; what they start runs in threads, one task
    per instance at a time. ``grace`` and ``patience``: see ``sweep`` and ``gateway``.
    """

    def __init__(
        self, deployment: Deployment, *, grace: float = GRACE, patience: float = PATIENCE
    ) -> None:
        if deployment.driver is None or deployment.conductor is None or deployment.network is None:
            raise ValueError("a compute service needs a driver, a conductor and a network service")
        conf, host, clock = deployment.conf, deployment.host, deployment.clock
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._driver: ComputeDriver = deployment.driver
        gateway = Gateway(deployment.conductor, host, clock, self._stopping, patience)
        self._place = Workplace(
            conf=conf,
            host=host,
            driver=deployment.driver,
            gateway=gateway,
            allocator=Allocator(deployment.network),
            volumes=Volumes(deployment.volume, gateway, deployment.driver),
            clock=clock,
            stopping=self._stopping,
        )
        self._register = Register(
            clock,
            host,
            builds=conf.max_concurrent_builds,
            workers=conf.default_thread_pool_size,
        )
        self._resources = Resources(self._place)
        self._image_caching = ImageCaching(self._driver, host, self._stopping)
        self._reconciler = Reconciler(self._place, self._register)
        self._events = LifecycleEvents(self._register, self._reconciler.one, host)
        self._sweep = Sweep(
            gateway,
            self._register,
            clock,
            self._resume,
            self._expire,
            build_timeout=conf.instance_build_timeout,
            grace=grace,
            resume_device=self._resume_device,
        )
        self._heartbeat = Heartbeat(
            gateway, conf.report_interval, self._stopping, lambda: self._resources.healthy
        )
        self._reconciled = False
        self._housekeeping = Housekeeping(f"{host}-housekeeping", clock, self._stopping)

    # ---- life ----

    def start(self) -> None:
        """Returns at once. The host takes work when its hypervisor answers, and is up when its
        first heartbeat has got through: see ``wait_until_ready``."""
        threading.Thread(
            target=self._bring_up, name=f"{self._place.host}-start", daemon=True
        ).start()

    def wait_until_ready(self, timeout: float) -> bool:
        """Whether within ``timeout`` seconds the service is registered, its node reported and
        its first sweep done."""
        return self._ready.wait(timeout)

    def stop(self, timeout: float = DRAIN_SECONDS) -> bool:
        """Take no more work, let running tasks end. False when some did not within
        ``timeout`` seconds; the next start takes them up again."""
        drained = self._register.close(timeout)
        if not drained:
            LOG.warning("Stopped with tasks running: %s", self._register.running())
        self._stopping.set()
        self._events.stop()
        self._housekeeping.join(HOUSEKEEPING_SECONDS)
        self._driver.close()
        return drained

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    # ---- what messages ask ----

    def build_and_run_instance(self, context: RequestContext, work: BuildWork) -> None:
        self._submit(context, work.instance.uuid, Kind.BUILD, build.run, work)

    def terminate_instance(self, context: RequestContext, instance: Instance) -> None:
        self._submit(context, instance.uuid, Kind.TERMINATE, terminate.run, instance)

    def stop_instance(
        self, context: RequestContext, instance: Instance, clean_shutdown: bool = True
    ) -> None:
        self._submit(context, instance.uuid, Kind.STOP, power.stop, instance, clean_shutdown)

    def start_instance(self, context: RequestContext, instance: Instance) -> None:
        self._submit(context, instance.uuid, Kind.START, power.start, instance)

    def reboot_instance(
        self, context: RequestContext, instance: Instance, reboot_type: str
    ) -> None:
        """``reboot_type``: SOFT or HARD."""
        hard = reboot_type == "HARD"
        self._submit(context, instance.uuid, Kind.REBOOT, power.reboot, instance, hard)

    def attach_volume(
        self, context: RequestContext, instance: Instance, device: BlockDevice
    ) -> None:
        self._device_task(context, instance, ATTACHING, device.volume_id)

    def detach_volume(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        attachment_id: str | None = None,
    ) -> None:
        self._device_task(context, instance, DETACHING, volume_id)

    def volume_snapshot_create(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        create_info: dict[str, Any],
    ) -> None:
        task, args = assisted_snapshots.create, (instance, volume_id, create_info)
        key = f"create {create_info.get('snapshot_id')}"
        self._submit(context, instance.uuid, Kind.SNAPSHOT, task, *args, key=key)

    def volume_snapshot_delete(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        snapshot_id: str,
        delete_info: dict[str, Any],
    ) -> None:
        task, args = assisted_snapshots.delete, (instance, volume_id, snapshot_id, delete_info)
        key = f"delete {snapshot_id}"
        self._submit(context, instance.uuid, Kind.SNAPSHOT, task, *args, key=key)

    def external_instance_event(
        self, context: RequestContext, instances: list[Instance], events: list[dict[str, Any]]
    ) -> None:
        of = {instance.uuid: instance for instance in instances}
        for event in events:
            instance = of.get(str(event.get("server_uuid")))
            if instance is None:
                continue
            if external_events.concerns_network(event):
                task = external_events.refresh_network
                self._submit(context, instance.uuid, Kind.REFRESH, task, instance)
            elif external_events.concerns_volume(event):
                self._device_task(context, instance, EXTENDING, event["tag"])
            else:
                LOG.info("Event %s of instance %s", event.get("name"), instance.uuid)

    def _device_task(
        self, context: RequestContext, instance: Instance, task_state: str, volume_id: str | None
    ) -> None:
        kind, task = _DEVICE_TASKS[task_state]
        self._submit(context, instance.uuid, kind, task, instance, volume_id, key=volume_id or "")

    def _submit(
        self,
        context: RequestContext,
        instance_uuid: str,
        kind: Kind,
        task: Callable[..., None],
        *args: Any,
        key: str = "",
    ) -> None:
        def call() -> None:
            context.update_store()  # so that this thread's log lines carry the request id
            task(self._place, context, *args)

        self._register.submit(instance_uuid, kind, call, key)

    def get_console_output(self, context: RequestContext, instance: Instance) -> str:
        """The end of the guest's first serial line; the caller cuts it to a number of lines.
        Raises InstanceNotReady for a server that has no guest (yet)."""
        try:
            return self._driver.get_console_output(instance).decode("utf-8", "replace")
        except InstanceNotOnHost as error:
            raise InstanceNotReady(instance_uuid=instance.uuid) from error

    def get_host_uptime(self, context: RequestContext, host: str | None = None) -> str:
        """Raises NotSupported."""
        return resources.uptime()

    def control_host(self, context: RequestContext, action: str) -> str:
        """Raises NotSupported."""
        return self._driver.control_host(action)

    def cache_images(self, context: RequestContext, images: list[ImageMeta]) -> None:
        self._image_caching.fetch(context, images)

    # ---- what the host does by itself ----

    def _bring_up(self) -> None:
        self._driver.on_lifecycle_event(self._events)
        if not self._until_it_works("The hypervisor", self._connect):
            return
        self._register.open()
        if not self._until_it_works("The conductor", self._announce):
            return
        self._events.start()
        self._heartbeat.start()
        conf, add = self._place.conf, self._housekeeping.add
        every = conf.sync_power_state_interval
        add("Reconciliation", every if every > 0 else math.inf, self._reconcile)
        add("Sweep", conf.work_sweep_interval, self._look)
        add("Resource report", max(1, conf.update_resources_interval), self._report)
        add("Release of claims", LET_GO_EVERY, self._resources.let_go)
        self._housekeeping.start()

    def _until_it_works(self, what: str, call: Callable[[], None]) -> bool:
        """False when the service was stopped meanwhile."""
        pause = 0.2
        while not self._stopping.is_set():
            try:
                call()
                return True
            except DependencyUnavailable as error:
                LOG.error("%s is not there yet: %s", what, error)
            except Exception:
                LOG.exception("%s is not there yet", what)
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_START_PAUSE)
        return False

    def _connect(self) -> None:
        self._driver.init_host(self._place.host)

    def _announce(self) -> None:
        if self._heartbeat.beat() is None:
            raise DependencyUnavailable(reason="no heartbeat gets through")
        self._resources.report()

    def _look(self) -> float | None:
        young = self._sweep.look()
        self._ready.set()
        return self._sweep.grace if young else None

    def _reconcile(self) -> None:
        self._reconciler.everything(
            known_host=self._heartbeat.known_before, at_start=not self._reconciled
        )
        self._reconciled = True

    def _report(self) -> None:
        self._resources.report()

    def _resume(self, instance: Instance, kind: Kind) -> None:
        """From a sweep: no message told of it, or the process that had it is gone."""
        context = admin_context()
        if kind is Kind.BUILD:
            self._submit(context, instance.uuid, kind, build.resume, instance.uuid)
        elif kind is Kind.TERMINATE:
            self.terminate_instance(context, instance)
        elif kind is Kind.STOP:
            self.stop_instance(context, instance)
        elif kind is Kind.START:
            self.start_instance(context, instance)
        elif kind is Kind.REBOOT:
            hard = instance.task_state in power.HARD_TASKS
            self.reboot_instance(context, instance, "HARD" if hard else "SOFT")

    def _resume_device(self, instance: Instance, device: BlockDevice) -> None:
        """A volume that has no attachment yet is still its API request's business."""
        known = device.task_state in _DEVICE_TASKS
        if known and device.volume_id and (device.attachment_id or device.task_state != ATTACHING):
            assert device.task_state is not None
            self._device_task(admin_context(), instance, device.task_state, device.volume_id)

    def _expire(self, instance: Instance) -> None:
        """[DEFAULT]instance_build_timeout passed. The running build notices at its next step."""
        reason = f"not built within {self._place.conf.instance_build_timeout} seconds"
        LOG.warning("Instance %s: %s", instance.uuid, reason)
        self._place.gateway.conductor.reschedule_build(
            admin_context(), instance.uuid, self._place.host, reason, abort=True
        )
