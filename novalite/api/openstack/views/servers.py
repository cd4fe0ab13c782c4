"""What a server looks like in the API, at every microversion."""

import datetime
import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from novalite import states
from novalite.api.compute import image_properties
from novalite.api.compute.lookup import Unreachable
from novalite.api.compute.server_facts import Facts, Wanted
from novalite.objects import FixedIP, Flavor, Instance, InstanceMapping
from novalite.wsgi.operations import Request

View = dict[str, Any]

ATTRIBUTES_RULE = "os_compute_api:os-extended-server-attributes"
EXTRA_SPECS_RULE = "os_compute_api:servers:show:flavor-extra-specs"
HOST_STATUS_RULE = "os_compute_api:servers:show:host_status"
UNKNOWN_STATUS_RULE = "os_compute_api:servers:show:host_status:unknown-only"


def time(moment: datetime.datetime | None) -> str | None:
    """``YYYY-MM-DDTHH:MM:SSZ``."""
    return None if moment is None else moment.isoformat(timespec="seconds") + "Z"


def precise_time(moment: datetime.datetime | None) -> str | None:
    """Naive, with microseconds."""
    return None if moment is None else moment.isoformat(timespec="microseconds")


@functools.lru_cache(maxsize=4096)
def host_id(project_id: str, host: str | None) -> str:
    """A host's name for one project: equal for servers on the same host, and says no more."""
    if not host:
        return ""
    return hashlib.sha224((project_id + host).encode("utf-8")).hexdigest()


def status(instance: Instance) -> str:
    if instance.deleted:
        return "DELETED"
    return states.status_of(instance.vm_state, instance.task_state)


def addresses(instance: Instance, *, extended: bool) -> dict[str, list[View]]:
    """label -> addresses, the fixed ones first; empty while the server is being built."""
    if instance.vm_state == states.BUILDING:
        return {}
    fixed: dict[str, list[View]] = {}
    floating: dict[str, list[View]] = {}
    for vif in instance.network_info or ():
        for ip in vif.fixed_ips():
            fixed.setdefault(vif.label, []).append(_address(ip, vif.address, extended))
            for address in ip.floating_ips:
                item = _address(FixedIP(address), vif.address, extended, "floating")
                floating.setdefault(vif.label, []).append(item)
        fixed.setdefault(vif.label, [])
    return {label: items + floating.get(label, []) for label, items in fixed.items()}


def _address(ip: FixedIP, mac: str, extended: bool, kind: str = "fixed") -> View:
    item: View = {"version": ip.version, "addr": ip.address}
    if extended:
        item["OS-EXT-IPS:type"] = kind
        item["OS-EXT-IPS-MAC:mac_addr"] = mac
    return item


class ServerViews:
    """Views of the servers of one answer. What the caller may see is asked once."""

    def __init__(self, req: Request) -> None:
        self.req = req
        self.version = req.version
        self._links: Callable[[str], list[dict[str, str]]] = self._link_maker("servers")
        self._bookmark_base = req.bookmark("")
        self._allowed: dict[str, bool] = {}
        self._template = req.deployment.conf.instance_name_template

    def _link_maker(self, collection: str) -> Callable[[str], list[dict[str, str]]]:
        mine, bookmark = self.req.link(f"/{collection}/"), self.req.bookmark(f"/{collection}/")

        def make(uuid: str) -> list[dict[str, str]]:
            return [
                {"rel": "self", "href": mine + uuid},
                {"rel": "bookmark", "href": bookmark + uuid},
            ]

        return make

    def may(self, rule: str) -> bool:
        known = self._allowed.get(rule)
        if known is None:
            known = self._allowed[rule] = self.req.allowed(rule)
        return known

    def wanted(self, *, single: bool) -> Wanted:
        """What ``server_facts.load`` is to read for these views."""
        version = self.version
        return Wanted(
            host_status=version >= (2, 16)
            and (self.may(HOST_STATUS_RULE) or self.may(UNKNOWN_STATUS_RULE)),
            specs=version >= (2, 96),
            groups=single and version >= (2, 71),
        )

    # ---- envelopes ----

    def summary(self, instance: Instance) -> View:
        return {
            "id": instance.uuid,
            "name": instance.display_name,
            "links": self._links(instance.uuid),
        }

    def created(
        self,
        uuid: str,
        *,
        auto_disk_config: bool,
        security_groups: Iterable[str],
        admin_password: str | None,
    ) -> View:
        view: View = {
            "id": uuid,
            "links": self._links(uuid),
            "OS-DCF:diskConfig": _disk_config(auto_disk_config),
            "security_groups": [{"name": name} for name in security_groups],
        }
        if admin_password is not None:
            view["adminPass"] = admin_password
        return view

    def detail(self, instance: Instance, facts: Facts) -> View:
        """One item of GET /servers/detail."""
        view = self._core(instance, facts, extended_addresses=True)
        self._add_states(view, instance, facts)
        return view

    def show(self, instance: Instance, facts: Facts) -> View:
        """GET /servers/{id}, and from 2.75 PUT."""
        view = self.detail(instance, facts)
        self._add_groups(view, instance, facts)
        return view

    def updated(self, instance: Instance, facts: Facts) -> View:
        """PUT /servers/{id}."""
        if self.version >= (2, 75):
            return self.show(instance, facts)
        view = self._core(instance, facts, extended_addresses=False)
        self._add_groups(view, instance, facts)
        return view

    def unreachable(self, mapping: InstanceMapping, *, detail: bool) -> View:
        """A server whose cell does not answer, in a list (2.69)."""
        view: View = {
            "id": mapping.instance_uuid,
            "status": "UNKNOWN",
            "links": self._links(mapping.instance_uuid),
        }
        if detail:
            view["tenant_id"] = mapping.project_id
            view["created"] = time(mapping.created_at)
        return view

    def show_unreachable(self, known: Unreachable) -> View:
        """A server whose cell does not answer, alone (2.69)."""
        mapping, spec = known.mapping, known.spec
        view = self.unreachable(mapping, detail=True)
        view["user_id"] = mapping.user_id
        view["flavor"] = self.flavor_view(spec.flavor)
        view["image"] = self.image_view(spec.image.id)
        view["OS-EXT-AZ:availability_zone"] = spec.availability_zone or "UNKNOWN"
        view["OS-EXT-STS:power_state"] = states.NOSTATE
        if self.version >= (2, 71):
            view["server_groups"] = [known.group] if known.group else []
        return view

    # ---- parts ----

    def _core(self, instance: Instance, facts: Facts, *, extended_addresses: bool) -> View:
        version = self.version
        shown = status(instance)
        view: View = {
            "id": instance.uuid,
            "name": instance.display_name,
            "status": shown,
            "tenant_id": instance.project_id or "",
            "user_id": instance.user_id or "",
            "metadata": instance.metadata or {},
            "hostId": host_id(instance.project_id, instance.host),
            "image": self._image(instance),
            "flavor": self.flavor_view(instance.flavor),
            "created": time(instance.created_at),
            "updated": time(instance.updated_at or instance.created_at),
            "addresses": addresses(instance, extended=extended_addresses),
            "accessIPv4": instance.access_ip_v4 or "",
            "accessIPv6": instance.access_ip_v6 or "",
            "links": self._links(instance.uuid),
            "OS-DCF:diskConfig": _disk_config(instance.auto_disk_config),
        }
        if shown in states.STATUSES_WITH_PROGRESS:
            view["progress"] = instance.progress or 0
        if shown in ("ERROR", "DELETED") and instance.fault is not None:
            view["fault"] = self._fault(instance)
        if version >= (2, 9):
            view["locked"] = bool(instance.locked)
        if version >= (2, 19):
            view["description"] = instance.display_description
        if version >= (2, 26):
            view["tags"] = instance.tags or []
        if version >= (2, 63):
            view["trusted_image_certificates"] = instance.trusted_certs
        if version >= (2, 73):
            view["locked_reason"] = (instance.system_metadata or {}).get("locked_reason")
        if version >= (2, 96):
            view["pinned_availability_zone"] = facts.spec_of(instance).get("availability_zone")
        if version >= (2, 100):
            view["scheduler_hints"] = facts.spec_of(instance).get("scheduler_hints") or {}
        return view

    def image_view(self, image_ref: str | None) -> View | str:
        if not image_ref:
            return ""
        href = f"{self._bookmark_base}/images/{image_ref}"
        return {"id": image_ref, "links": [{"rel": "bookmark", "href": href}]}

    def _image(self, instance: Instance) -> View | str:
        view = self.image_view(instance.image_ref)
        if isinstance(view, dict) and self.version >= (2, 98):
            kept = instance.system_metadata or {}
            view["properties"] = image_properties.recognised(kept)
        return view

    def flavor_view(self, flavor: Flavor | None) -> View:
        assert flavor is not None
        if self.version < (2, 47):
            href = f"{self._bookmark_base}/flavors/{flavor.flavorid}"
            return {"id": flavor.flavorid, "links": [{"rel": "bookmark", "href": href}]}
        view: View = {
            "vcpus": flavor.vcpus,
            "ram": flavor.memory_mb,
            "disk": flavor.root_gb,
            "ephemeral": flavor.ephemeral_gb,
            "swap": flavor.swap,
            "original_name": flavor.name,
        }
        if self.may(EXTRA_SPECS_RULE):
            view["extra_specs"] = flavor.extra_specs
        return view

    def _fault(self, instance: Instance) -> View:
        fault = instance.fault
        assert fault is not None
        view = {
            "code": fault.code,
            "created": time(fault.created_at),
            "message": fault.message,
        }
        if fault.details and (self.req.context.is_admin or fault.code != 500):
            view["details"] = fault.details
        return view

    def _add_states(self, view: View, instance: Instance, facts: Facts) -> None:
        view["OS-EXT-AZ:availability_zone"] = facts.zone_of(instance)
        view["config_drive"] = instance.config_drive or ""
        view["key_name"] = instance.key_name
        view["OS-SRV-USG:launched_at"] = precise_time(instance.launched_at)
        view["OS-SRV-USG:terminated_at"] = precise_time(instance.terminated_at)
        view["OS-EXT-STS:task_state"] = instance.task_state
        view["OS-EXT-STS:vm_state"] = instance.vm_state
        view["OS-EXT-STS:power_state"] = instance.power_state
        view["os-extended-volumes:volumes_attached"] = self._volumes(instance)
        names = facts.security_groups.get(instance.uuid)
        if names:
            view["security_groups"] = [{"name": name} for name in names]
        if self.may(ATTRIBUTES_RULE):
            self._add_attributes(view, instance)
        if self.version >= (2, 90):
            view["OS-EXT-SRV-ATTR:hostname"] = instance.hostname
        if self.version >= (2, 16):
            self._add_host_status(view, instance, facts)

    def _volumes(self, instance: Instance) -> list[View]:
        volumes = [device for device in instance.block_devices or () if device.volume_id]
        if self.version < (2, 3):
            return [{"id": device.volume_id} for device in volumes]
        return [
            {"id": device.volume_id, "delete_on_termination": device.delete_on_termination}
            for device in volumes
        ]

    def _add_attributes(self, view: View, instance: Instance) -> None:
        prefix = "OS-EXT-SRV-ATTR:"
        view[prefix + "host"] = instance.host
        view[prefix + "instance_name"] = instance.name(self._template)
        view[prefix + "hypervisor_hostname"] = instance.node
        if self.version >= (2, 3):
            view[prefix + "reservation_id"] = instance.reservation_id
            view[prefix + "launch_index"] = instance.launch_index
            view[prefix + "hostname"] = instance.hostname
            view[prefix + "kernel_id"] = instance.kernel_id
            view[prefix + "ramdisk_id"] = instance.ramdisk_id
            view[prefix + "root_device_name"] = instance.root_device_name
            view[prefix + "user_data"] = instance.user_data

    def _add_host_status(self, view: View, instance: Instance, facts: Facts) -> None:
        everything = self.may(HOST_STATUS_RULE)
        if not everything and not self.may(UNKNOWN_STATUS_RULE):
            return
        shown = facts.host_status_of(instance)
        if everything or shown == "UNKNOWN":
            view["host_status"] = shown

    def _add_groups(self, view: View, instance: Instance, facts: Facts) -> None:
        if self.version >= (2, 71):
            group = facts.groups.get(instance.uuid)
            view["server_groups"] = [group] if group else []


def _disk_config(auto: bool | None) -> str:
    return "AUTO" if auto else "MANUAL"
