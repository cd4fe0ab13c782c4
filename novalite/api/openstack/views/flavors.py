"""How flavors look."""

from collections.abc import Sequence
from typing import Any

from novalite.objects import Flavor
from novalite.wsgi.operations import Request
from novalite.wsgi.paging import next_links

SEE_EXTRA_SPECS = "os_compute_api:os-flavor-extra-specs:index"


def links(req: Request, flavor: Flavor) -> list[dict[str, str]]:
    path = f"/flavors/{flavor.flavorid}"
    return [
        {"rel": "self", "href": req.link(path)},
        {"rel": "bookmark", "href": req.bookmark(path)},
    ]


def _summary(req: Request, flavor: Flavor) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": flavor.flavorid,
        "name": flavor.name,
        "links": links(req, flavor),
    }
    if req.version >= (2, 55):
        view["description"] = flavor.description
    return view


def _details(req: Request, flavor: Flavor, extra_specs: bool) -> dict[str, Any]:
    version = req.version
    view = _summary(req, flavor)
    view |= {
        "ram": flavor.memory_mb,
        "disk": flavor.root_gb,
        "swap": flavor.swap or ("" if version < (2, 75) else 0),
        "vcpus": flavor.vcpus,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gb,
        "os-flavor-access:is_public": flavor.is_public,
    }
    if version < (2, 102):
        view["rxtx_factor"] = flavor.rxtx_factor or ""
        view["OS-FLV-DISABLED:disabled"] = flavor.disabled
    if extra_specs:
        view["extra_specs"] = flavor.extra_specs
    return view


def _with_extra_specs(req: Request) -> bool:
    return req.version >= (2, 61) and req.allowed(SEE_EXTRA_SPECS)


def shown(req: Request, flavor: Flavor) -> dict[str, Any]:
    return {"flavor": _details(req, flavor, _with_extra_specs(req))}


def listed(req: Request, flavors: Sequence[Flavor], limit: int, *, detail: bool) -> dict[str, Any]:
    if detail:
        extra_specs = _with_extra_specs(req)
        views = [_details(req, flavor, extra_specs) for flavor in flavors]
    else:
        views = [_summary(req, flavor) for flavor in flavors]
    answer: dict[str, Any] = {"flavors": views}
    path = "/flavors/detail" if detail else "/flavors"
    more = next_links(req, path, limit, len(flavors), flavors[-1].flavorid if flavors else "")
    if more:
        answer["flavors_links"] = more
    return answer


def access(flavor: Flavor) -> dict[str, Any]:
    return {
        "flavor_access": [
            {"flavor_id": flavor.flavorid, "tenant_id": project} for project in flavor.projects
        ]
    }
