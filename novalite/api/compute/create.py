"""POST /servers behind the REST layer: check everything, promise once, then tell the conductor.

The order of the checks is the reference's (create-flow, part B): where two things are wrong at
once, the client sees the same one. What the checks need of the API database is read in one go.
"""

import dataclasses
import logging
from typing import TypeVar

from sqlalchemy import Connection

from novalite import quota
from novalite.api.compute import (
    block_devices,
    boot_volumes,
    groups,
    idempotency,
    image_checks,
    image_properties,
    networks,
    parameters,
    parts,
    placement,
    rows,
    unique_names,
)
from novalite.api.compute.request import Created, CreateRequest, Plan
from novalite.api.compute.withdrawal import withdraw
from novalite.context import RequestContext
from novalite.db.api_database import (
    build_requests,
    flavors,
    instance_mappings,
    keypairs,
    quotas,
    request_specs,
)
from novalite.deployment import Deployment
from novalite.exception import (
    FlavorNotFound,
    Invalid,
    KeypairNotFound,
    NovaliteError,
    ValidationError,
)
from novalite.objects import Flavor, ImageMeta, InstanceGroup, KeyPair

LOG = logging.getLogger(__name__)

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class Known:
    """What the API database said, before anything is checked. A NovaliteError in the place of a
    record is raised when its check has its turn."""

    flavor: Flavor | NovaliteError
    keypair: KeyPair | NovaliteError | None
    group: InstanceGroup | NovaliteError | None
    room: quota.Room


def create(deployment: Deployment, context: RequestContext, request: CreateRequest) -> Created:
    """Promise the servers. Raises the reference's 400, 403 and 409 faults.

    When this returns, the promise is committed: a conductor finds it even when the cast is lost.
    """
    database = parts.api_database(deployment)
    with database.read() as conn:
        former = idempotency.former_answer(conn, context, request)
        if former is not None:
            return former
        known = _look_up(deployment, conn, context, request)
    plan = _check(deployment, context, request, known)
    created, made = _promise(deployment, context, request, plan)
    if made is not None:
        _reserve_volumes(deployment, context, made)
        _tell_conductor(deployment, context, created)
    return created


def _look_up(
    deployment: Deployment, conn: Connection, context: RequestContext, request: CreateRequest
) -> Known:
    project_id, user_id = context.project_id or "", context.user_id or ""
    flavor: Flavor | NovaliteError
    keypair: KeyPair | NovaliteError | None = None
    group: InstanceGroup | NovaliteError | None
    try:
        owner = None if context.is_admin else project_id
        flavor = flavors.get(conn, request.flavor_ref, project_id=owner)
    except FlavorNotFound as exc:
        flavor = ValidationError(detail=str(exc))
    if request.key_name is not None:
        try:
            keypair = keypairs.get(conn, user_id, request.key_name)
        except KeypairNotFound:
            keypair = ValidationError(detail="Invalid key_name provided.")
    try:
        group = groups.find(conn, context, request.hints)
    except ValidationError as exc:
        group = exc
    room = quota.room(deployment.conf, conn, project_id, user_id)
    return Known(flavor, keypair, group, room)


def _settled(value: T | NovaliteError) -> T:
    if isinstance(value, NovaliteError):
        raise value
    return value


def _check(
    deployment: Deployment, context: RequestContext, request: CreateRequest, known: Known
) -> Plan:
    """Part B, steps 13 to 21."""
    flavor = _settled(known.flavor)
    networks.check_count(request)
    placement.check(deployment, request.destination)
    sources = boot_volumes.Sources(deployment, context)
    if request.image_ref:
        image = image_checks.fetch(parts.image(deployment), context, request.image_ref)
    else:
        image = sources.image_of(request.block_devices, legacy=request.legacy_block_devices)
    plan = _base_options(deployment, context, request, known, image)
    plan.block_devices = block_devices.complete(
        request,
        image,
        flavor,
        max_local=deployment.conf.max_local_block_devices,
        root_device_name=plan.root_device_name,
        check_volumes=lambda devices: boot_volumes.check(
            sources, devices, multiattach=request.multiattach
        ),
    )
    root = block_devices.boot_device(plan.block_devices)
    plan.is_bfv = root is not None and root.is_volume
    if plan.is_bfv and request.trusted_certs:
        raise Invalid("Image certificate validation is not supported for volume-backed servers.")
    limits = known.room.strictest()
    parameters.check_metadata(limits, request.metadata)
    parameters.check_distinct("Tags", request.tags)
    parameters.check_injected_files(limits, request.injected_files)
    image_checks.check(deployment, context, image, flavor, root)
    unique_names.check(deployment, context, request)
    plan.group = _settled(known.group)
    plan.count = quota.fitting_count(
        known.room, request.min_count, plan.count, flavor.vcpus, flavor.memory_mb
    )
    return plan


def _base_options(
    deployment: Deployment,
    context: RequestContext,
    request: CreateRequest,
    known: Known,
    image: ImageMeta,
) -> Plan:
    """Step 16 and 17. ``count`` of the answer is what the network service has room for."""
    flavor = _settled(known.flavor)
    auto_disk_config = image_checks.auto_disk_config(request.auto_disk_config, image)
    if flavor.disabled:
        raise ValidationError(detail=f"Flavor {request.flavor_ref} could not be found.")
    parameters.check_user_data(request.user_data)
    count = networks.check(deployment, context, request)
    kernel_id, ramdisk_id = image_checks.kernel_and_ramdisk(parts.image(deployment), context, image)
    config_drive = parameters.parse_config_drive(request.config_drive)
    keypair = _settled(known.keypair)
    root_device_name = image_properties.value(image, "img_root_device_name")
    image_properties.check(image)
    if count < request.max_count:
        LOG.info("the port quota allows %d of %d servers", count, request.max_count)
    return Plan(
        flavor=flavor,
        image=image,
        keypair=keypair,
        group=None,
        count=count,
        block_devices=[],
        kernel_id=kernel_id,
        ramdisk_id=ramdisk_id,
        root_device_name=root_device_name,
        auto_disk_config=auto_disk_config,
        config_drive=config_drive,
        room=known.room,
    )


def _promise(
    deployment: Deployment, context: RequestContext, request: CreateRequest, plan: Plan
) -> tuple[Created, rows.Rows | None]:
    """Write the rows of all servers in one transaction; None: a former request made them."""
    conf, database = deployment.conf, parts.api_database(deployment)
    reservation_id = parameters.generate_reservation_id()
    made = rows.Maker(
        context=context,
        request=request,
        plan=plan,
        reservation_id=reservation_id,
        now=deployment.clock.now(),
        name_template=conf.multi_instance_display_name_template,
    ).make()
    created = Created(
        uuids=made.uuids,
        reservation_id=reservation_id,
        auto_disk_config=plan.auto_disk_config,
        admin_password=request.admin_password or parameters.generate_password(conf.password_length),
    )

    def write(conn: Connection) -> Created | None:
        former = idempotency.reserve(conn, context, request, created)
        if former is not None:
            return former
        if conf.quota.recheck_quota:
            _recheck_quota(conn, context, plan)
        build_requests.create(conn, made.requests)
        request_specs.create(conn, made.specs)
        instance_mappings.create(conn, made.mappings)
        if plan.group is not None:
            limits = plan.room.of_user()
            groups.add_members(conn, context, plan.group, made.uuids, limits)
        return None

    former = database.run(write)
    return (created, made) if former is None else (former, None)


def _recheck_quota(conn: Connection, context: RequestContext, plan: Plan) -> None:
    """Other requests may have been written since the first look. Raises TooManyInstances."""
    if all(plan.room.headroom(name) is None for name in quota.COUNTED):
        return
    project_id = context.project_id or ""
    quotas.lock(conn, project_id)
    room = quota.used_again(conn, plan.room, project_id, context.user_id)
    wanted = quota.deltas(plan.count, plan.flavor.vcpus, plan.flavor.memory_mb)
    quota.check_deltas(room, wanted)


def _reserve_volumes(deployment: Deployment, context: RequestContext, made: rows.Rows) -> None:
    """Raises what the volume service says; the promise is taken back then."""
    for request in made.requests:
        try:
            boot_volumes.reserve(deployment, context, request)
        except NovaliteError:
            for uuid in made.uuids:
                withdraw(deployment, uuid)
            raise


def _tell_conductor(deployment: Deployment, context: RequestContext, created: Created) -> None:
    try:
        parts.conductor(deployment).schedule_and_build_instances(
            context, created.uuids, created.admin_password
        )
    except Exception:
        LOG.warning(
            "no conductor could be told of servers %s; one will find their build requests",
            ", ".join(created.uuids),
            exc_info=True,
        )
