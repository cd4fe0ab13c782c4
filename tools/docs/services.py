"""The APIs that novalite serves, as the reference pages show them."""

import dataclasses

from novalite.api.openstack import app as compute
from novalite.identity.embedded import app as identity
from novalite.image.embedded import app as image
from novalite.network.embedded import app as network
from novalite.volume.embedded import app as volume
from novalite.volume.embedded.rest.versions import VOLUME
from novalite.wsgi.microversions import COMPUTE, MicroversionRange
from novalite.wsgi.operations import Operation


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """``path``: what its operations' paths are relative to; ``version``: the newest it speaks."""

    name: str
    path: str
    version: str
    operations: list[Operation]
    microversions: MicroversionRange | None = None

    @property
    def openapi_page(self) -> str:
        suffix = "" if self.name == "compute" else f"-{self.name}"
        return f"docs/reference/openapi{suffix}.json"


ALL = (
    Service("compute", "/v2.1", str(COMPUTE.maximum), compute.operations(), COMPUTE),
    Service("identity", "/identity", "3.14", identity.OPERATIONS),
    Service("image", "/image", "2.16", image.OPERATIONS),
    Service("network", "/network", "2.0", network.OPERATIONS),
    Service("volume", "/volume/v3", str(VOLUME.maximum), volume.OPERATIONS, VOLUME),
)
NEIGHBOURS = ALL[1:]
