"""The records of a create request: what the one transaction of the promise writes."""

import dataclasses
import datetime

from oslo_utils import uuidutils

from novalite import states
from novalite.api.compute import image_checks, image_properties, parameters
from novalite.api.compute.request import CreateRequest, Plan
from novalite.context import RequestContext
from novalite.objects import (
    BlockDevice,
    BuildRequest,
    Instance,
    InstanceMapping,
    RequestSpec,
)


@dataclasses.dataclass(slots=True)
class Rows:
    """One entry per server in each list."""

    requests: list[BuildRequest] = dataclasses.field(default_factory=list)
    specs: list[RequestSpec] = dataclasses.field(default_factory=list)
    mappings: list[InstanceMapping] = dataclasses.field(default_factory=list)

    @property
    def uuids(self) -> list[str]:
        return [mapping.instance_uuid for mapping in self.mappings]


@dataclasses.dataclass(slots=True)
class Maker:
    """Makes the records of one request. ``name_template``:
    [DEFAULT]multi_instance_display_name_template."""

    context: RequestContext
    request: CreateRequest
    plan: Plan
    reservation_id: str
    now: datetime.datetime
    name_template: str

    def make(self) -> Rows:
        rows = Rows()
        shared = self._shared_system_metadata()
        for index in range(self.plan.count):
            uuid = uuidutils.generate_uuid()
            instance = self._instance(uuid, index, dict(shared))
            rows.requests.append(
                BuildRequest(
                    instance_uuid=uuid,
                    project_id=instance.project_id,
                    instance=instance,
                    block_devices=self._block_devices(uuid),
                    tags=list(self.request.tags),
                    request_id=self.context.request_id,
                    created_at=self.now,
                )
            )
            rows.specs.append(self._spec(instance))
            rows.mappings.append(
                InstanceMapping(
                    instance_uuid=uuid,
                    project_id=instance.project_id,
                    user_id=instance.user_id,
                    vcpus=instance.vcpus,
                    memory_mb=instance.memory_mb,
                )
            )
        return rows

    def _instance(self, uuid: str, index: int, system_metadata: dict[str, str]) -> Instance:
        request, plan = self.request, self.plan
        flavor, keypair = plan.flavor, plan.keypair
        name = parameters.display_name(self.name_template, request.name, uuid, index, plan.count)
        return Instance(
            uuid=uuid,
            project_id=self.context.project_id or "",
            user_id=self.context.user_id or "",
            display_name=name,
            display_description=request.description,
            hostname=request.hostname or parameters.host_name(name, uuid),
            vm_state=states.BUILDING,
            task_state=states.SCHEDULING,
            power_state=states.NOSTATE,
            flavor=flavor,
            image_ref=plan.image.id or "",
            kernel_id=plan.kernel_id,
            ramdisk_id=plan.ramdisk_id,
            memory_mb=flavor.memory_mb,
            vcpus=flavor.vcpus,
            root_gb=flavor.root_gb,
            ephemeral_gb=flavor.ephemeral_gb,
            availability_zone=request.destination.zone,
            reservation_id=self.reservation_id,
            launch_index=index,
            key_name=keypair.name if keypair else None,
            key_data=keypair.public_key if keypair else None,
            keypairs=[keypair] if keypair else [],
            user_data=request.user_data,
            config_drive="True" if plan.config_drive else "",
            root_device_name=plan.root_device_name,
            access_ip_v4=request.access_ip_v4,
            access_ip_v6=request.access_ip_v6,
            auto_disk_config=plan.auto_disk_config,
            trusted_certs=request.trusted_certs,
            metadata=dict(request.metadata),
            system_metadata=system_metadata,
            created_at=self.now,
            os_type=self._image_text("os_type"),
            architecture=self._image_text("hw_architecture"),
            vm_mode=self._image_text("hw_vm_mode"),
        )

    def _image_text(self, name: str) -> str | None:
        found = image_properties.value(self.plan.image, name)
        return None if found is None else str(found)[:255]

    def _shared_system_metadata(self) -> dict[str, str]:
        roles = ",".join(sorted(self.context.roles or ()))
        return {**image_checks.system_metadata(self.plan.image), "boot_roles": roles}

    def _block_devices(self, uuid: str) -> list[BlockDevice]:
        """Their uuids are made here, so that a conductor may write the rows twice."""
        return [
            dataclasses.replace(device, uuid=uuidutils.generate_uuid(), instance_uuid=uuid)
            for device in self.plan.block_devices
        ]

    def _spec(self, instance: Instance) -> RequestSpec:
        request, plan, where = self.request, self.plan, self.request.destination
        return RequestSpec(
            instance_uuid=instance.uuid,
            project_id=instance.project_id,
            user_id=instance.user_id,
            flavor=plan.flavor,
            image=plan.image,
            num_instances=plan.count,
            availability_zone=where.zone,
            force_hosts=_one(where.force_host),
            force_nodes=_one(where.force_node),
            requested_host=where.host,
            requested_node=where.node,
            scheduler_hints=request.hints,
            instance_group=plan.group.uuid if plan.group else None,
            security_groups=list(request.security_groups),
            requested_networks=list(request.networks),
            injected_files=list(request.injected_files),
            is_bfv=plan.is_bfv,
        )


def _one(name: str | None) -> list[str]:
    return [name] if name else []
