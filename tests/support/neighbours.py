"""An image and a network service in memory, and a conductor and compute hosts that only listen.

They keep records and behave as their contracts say (``novalite.image.interface``,
``novalite.network.interface``, ``novalite.rpc``), so that the API's use-cases run unchanged.
"""

import dataclasses
import uuid as uuids
from collections.abc import Iterator
from typing import Any

from novalite.context import RequestContext
from novalite.exception import (
    DependencyUnavailable,
    ImageNotFound,
    MessagingUnavailable,
    PortNotFound,
)
from novalite.objects import BlockDevice, ImageMeta, Instance, from_primitive, to_primitive

Resource = dict[str, Any]


class FakeImages:
    """ImageAPI. An image that is neither public nor the caller's own is not found."""

    def __init__(self) -> None:
        self.images: dict[str, ImageMeta] = {}

    def add(self, **members: Any) -> str:
        """A new public, active image; its id."""
        image = ImageMeta(**{"id": str(uuids.uuid4()), "name": "image", "size": 1024, **members})
        if "visibility" not in members:
            image.visibility = "public"
        assert image.id is not None
        self.images[image.id] = image
        return image.id

    def get(self, context: RequestContext, image_id: str) -> ImageMeta:
        image = self.images.get(image_id)
        seen = image is not None and (
            image.visibility == "public" or context.is_admin or image.owner == context.project_id
        )
        if image is None or not seen:
            raise ImageNotFound(image_id=image_id)
        return dataclasses.replace(image, properties=dict(image.properties))

    def download(self, context: RequestContext, image_id: str) -> Iterator[bytes]:
        image = self.get(context, image_id)
        yield b"\0" * image.size

    def local_path(self, image_id: str) -> str | None:
        return None

    def list(self, context: RequestContext, **filters: Any) -> list[ImageMeta]:
        return [
            image
            for image in self.images.values()
            if all(getattr(image, name) == value for name, value in filters.items())
        ]


class FakeNetworks:
    """NetworkAPI. ``down``: it does not answer. ``port_quota``: ports that each project may
    still make; -1 without limit."""

    def __init__(self) -> None:
        self.networks: dict[str, Resource] = {}
        self.subnets: dict[str, Resource] = {}
        self.ports: dict[str, Resource] = {}
        self.groups: dict[str, Resource] = {}
        self.floating: dict[str, Resource] = {}
        self.offered = frozenset({"ip-substring-filtering"})
        self.port_quota = -1
        self.down = False
        self.calls: list[str] = []

    # ---- what a test does ----

    def add_network(
        self, project_id: str, *, cidr: str | None = "10.0.0.0/24", **members: Any
    ) -> str:
        """A network with one subnet (none when ``cidr`` is None); its id."""
        id_ = str(uuids.uuid4())
        subnets = []
        if cidr is not None:
            subnet = {"id": str(uuids.uuid4()), "network_id": id_, "cidr": cidr, "ip_version": 4}
            self.subnets[subnet["id"]] = subnet
            subnets.append(subnet["id"])
        self.networks[id_] = {
            "id": id_,
            "name": "private",
            "project_id": project_id,
            "shared": False,
            "router:external": False,
            "admin_state_up": True,
            "subnets": subnets,
            "mtu": 1500,
            **members,
        }
        return id_

    def add_port(self, project_id: str, network_id: str, **members: Any) -> str:
        id_ = str(uuids.uuid4())
        self.ports[id_] = {
            "id": id_,
            "project_id": project_id,
            "network_id": network_id,
            "device_id": "",
            "device_owner": "",
            "mac_address": f"fa:16:3e:00:00:{len(self.ports) % 256:02x}",
            "fixed_ips": [{"ip_address": f"10.0.0.{len(self.ports) + 2}", "subnet_id": None}],
            "security_groups": [],
            **members,
        }
        return id_

    def add_group(self, project_id: str, name: str) -> str:
        id_ = str(uuids.uuid4())
        self.groups[id_] = {"id": id_, "name": name, "project_id": project_id}
        return id_

    # ---- NetworkAPI ----

    def _answer(self, call: str, found: list[Resource]) -> list[Resource]:
        self.calls.append(call)
        if self.down:
            raise DependencyUnavailable(reason="network")
        return from_primitive(to_primitive(found))

    def list_networks(self, context: RequestContext, **filters: Any) -> list[Resource]:
        found = [
            net
            for net in self.networks.values()
            if _matches(net, filters) and (_visible(context, net) or net["shared"])
        ]
        return self._answer("list_networks", found)

    def list_subnets(self, context: RequestContext, **filters: Any) -> list[Resource]:
        found = [subnet for subnet in self.subnets.values() if _matches(subnet, filters)]
        return self._answer("list_subnets", found)

    def list_ports(self, context: RequestContext, **filters: Any) -> list[Resource]:
        addresses = filters.pop("fixed_ips", None)
        found = [
            port
            for port in self.ports.values()
            if _matches(port, filters) and _visible(context, port) and _has(port, addresses)
        ]
        return self._answer("list_ports", found)

    def show_port(self, context: RequestContext, port_id: str) -> Resource:
        found = self._answer("show_port", [self.ports[port_id]] if port_id in self.ports else [])
        if not found:
            raise PortNotFound(port_id=port_id)
        return found[0]

    def create_port(self, context: RequestContext, body: Resource) -> Resource:
        project_id = body.get("project_id") or context.project_id
        id_ = self.add_port(project_id, body["network_id"], **body)
        return self.show_port(context, id_)

    def update_port(
        self, context: RequestContext, port_id: str, body: Resource, revision: int | None = None
    ) -> Resource:
        self.show_port(context, port_id)
        self.ports[port_id].update(body)
        return self.show_port(context, port_id)

    def delete_port(self, context: RequestContext, port_id: str) -> None:
        self._answer("delete_port", [])
        self.ports.pop(port_id, None)

    def list_security_groups(self, context: RequestContext, **filters: Any) -> list[Resource]:
        found = [group for group in self.groups.values() if _matches(group, filters)]
        return self._answer("list_security_groups", found)

    def list_floating_ips(self, context: RequestContext, **filters: Any) -> list[Resource]:
        found = [item for item in self.floating.values() if _matches(item, filters)]
        return self._answer("list_floating_ips", found)

    def extensions(self, context: RequestContext) -> frozenset[str]:
        return self.offered

    def port_quota_left(self, context: RequestContext, project_id: str) -> int:
        return self.port_quota


def _visible(context: RequestContext, thing: Resource) -> bool:
    return bool(context.is_admin) or thing["project_id"] == context.project_id


def _matches(thing: Resource, filters: dict[str, Any]) -> bool:
    for name, wanted in filters.items():
        if isinstance(wanted, list | tuple | set | frozenset):
            if thing.get(name) not in wanted:
                return False
        elif thing.get(name) != wanted:
            return False
    return True


def _has(port: Resource, wanted: list[str] | None) -> bool:
    """``ip_address=...`` (the whole) and ``ip_address_substr=...`` (a part)."""
    if wanted is None:
        return True
    held = [fixed["ip_address"] for fixed in port["fixed_ips"]]
    for condition in wanted:
        kind, _, text = condition.partition("=")
        if kind == "ip_address" and text in held:
            return True
        if kind == "ip_address_substr" and any(text in address for address in held):
            return True
    return False


class RecordingConductor:
    """The casts of ConductorAPI that the API sends. ``down``: the broker does not answer."""

    def __init__(self) -> None:
        self.builds: list[tuple[list[str], str | None]] = []
        self.down = False

    def schedule_and_build_instances(
        self,
        context: RequestContext,
        instance_uuids: list[str],
        admin_password: str | None = None,
    ) -> None:
        if self.down:
            raise MessagingUnavailable()
        self.builds.append((list(instance_uuids), admin_password))


class RecordingCompute:
    """ComputeAPI. ``down``: the broker does not answer."""

    def __init__(self) -> None:
        self.casts: list[tuple[Any, ...]] = []
        self.console = "line 1\nline 2\nline 3\n"
        self.down = False

    def _record(self, *cast: Any) -> None:
        if self.down:
            raise MessagingUnavailable()
        self.casts.append(cast)

    def terminate_instance(self, context: RequestContext, instance: Instance) -> None:
        self._record("terminate_instance", instance.uuid)

    def stop_instance(
        self, context: RequestContext, instance: Instance, clean_shutdown: bool = True
    ) -> None:
        self._record("stop_instance", instance.uuid)

    def start_instance(self, context: RequestContext, instance: Instance) -> None:
        self._record("start_instance", instance.uuid)

    def reboot_instance(
        self, context: RequestContext, instance: Instance, reboot_type: str
    ) -> None:
        self._record("reboot_instance", instance.uuid, reboot_type)

    def attach_volume(
        self, context: RequestContext, instance: Instance, device: BlockDevice
    ) -> None:
        self._record("attach_volume", instance.uuid, device)

    def detach_volume(
        self, context: RequestContext, instance: Instance, volume_id: str, attachment_id: str | None
    ) -> None:
        self._record("detach_volume", instance.uuid, volume_id, attachment_id)

    def external_instance_event(
        self,
        context: RequestContext,
        host: str,
        instances: list[Instance],
        events: list[Resource],
    ) -> None:
        self._record("external_instance_event", host, [it.uuid for it in instances], events)

    def volume_snapshot_create(
        self, context: RequestContext, instance: Instance, volume_id: str, create_info: Resource
    ) -> None:
        self._record("volume_snapshot_create", instance.uuid, volume_id, create_info)

    def volume_snapshot_delete(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        snapshot_id: str,
        delete_info: Resource,
    ) -> None:
        self._record("volume_snapshot_delete", instance.uuid, volume_id, snapshot_id, delete_info)

    def get_console_output(self, context: RequestContext, instance: Instance) -> str:
        self._record("get_console_output", instance.uuid)
        return self.console
