"""How availability zones look."""

import datetime
from collections.abc import Collection, Mapping
from typing import Any

from novalite.api.openstack.views.services import updated_at
from novalite.objects import Service


def _zone(name: str, available: bool, hosts: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"zoneName": name, "zoneState": {"available": available}, "hosts": hosts}


def listed(available: Collection[str], unavailable: Collection[str]) -> dict[str, Any]:
    zones = [_zone(name, True) for name in sorted(available)]
    zones += [_zone(name, False) for name in sorted(unavailable)]
    return {"availabilityZoneInfo": zones}


def detailed(
    available: Mapping[str, Collection[Service]],
    unavailable: Collection[str],
    now: datetime.datetime,
    down_after: float,
) -> dict[str, Any]:
    zones = []
    for name, services in sorted(available.items()):
        hosts: dict[str, dict[str, Any]] = {}
        for service in services:
            hosts.setdefault(service.host, {})[service.binary] = {
                "active": not service.disabled,
                "available": service.is_up(now, down_after),
                "updated_at": updated_at(service),
            }
        zones.append(_zone(name, True, hosts))
    zones += [_zone(name, False) for name in sorted(unavailable)]
    return {"availabilityZoneInfo": zones}
