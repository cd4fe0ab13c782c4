"""How version documents look. ``base`` is the URL above ``/v2.1``."""

import dataclasses
from typing import Any

from novalite.wsgi.microversions import COMPUTE

MEDIA_BASE = "application/json"


@dataclasses.dataclass(frozen=True, slots=True)
class _Version:
    id: str
    path: str
    status: str
    updated: str
    media_type: str
    version: str = ""
    min_version: str = ""

    def summary(self, base: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "links": [{"rel": "self", "href": f"{base}{self.path}/"}],
            "status": self.status,
            "version": self.version,
            "min_version": self.min_version,
            "updated": self.updated,
        }

    def media_types(self) -> list[dict[str, str]]:
        return [{"base": MEDIA_BASE, "type": self.media_type}]


LEGACY = _Version(
    id="v2.0",
    path="/v2",
    status="DEPRECATED",
    updated="2025-07-04T12:00:00Z",
    media_type="application/vnd.openstack.compute+json;version=2",
)
CURRENT = _Version(
    id="v2.1",
    path="/v2.1",
    status="CURRENT",
    updated="2013-07-23T11:33:21Z",
    media_type="application/vnd.openstack.compute+json;version=2.1",
    version=str(COMPUTE.maximum),
    min_version=str(COMPUTE.minimum),
)
ALL = (LEGACY, CURRENT)


def listed(base: str) -> dict[str, Any]:
    return {"versions": [version.summary(base) for version in ALL]}


def choices(base: str, path: str) -> dict[str, Any]:
    return {
        "choices": [
            {
                "id": version.id,
                "status": version.status,
                "links": [{"rel": "self", "href": f"{base}{version.path}/{path}"}],
                "media-types": version.media_types(),
            }
            for version in ALL
        ]
    }


def shown(base: str, *, legacy: bool = False) -> dict[str, Any]:
    version = LEGACY if legacy else CURRENT
    document = version.summary(base)
    document["links"].append(
        {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}
    )
    document["media-types"] = version.media_types()
    return {"version": document}


def by_id(base: str, id_: str) -> dict[str, Any] | None:
    """None for a version that is not served."""
    if id_ not in (version.id for version in ALL):
        return None
    return shown(base, legacy=id_ == LEGACY.id)
