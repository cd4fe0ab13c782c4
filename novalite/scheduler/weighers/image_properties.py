"""ImagePropertiesWeigher."""

from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request
from novalite.scheduler.weighers.base import Weigher


class ImagePropertiesWeigher(Weigher):
    """Hosts whose servers have the same image properties first: for each property of the image,
    its weight times the number of servers there with the same value."""

    option = "image_props_weight_multiplier"
    default = 0.0

    def applies(self, request: Request) -> bool:
        return bool(request.spec.image.properties)

    def weight(self, host: HostState, request: Request) -> float:
        weights = self.options.image_props_weights
        total = 0.0
        for name, value in request.image_properties().items():
            weight = weights.get(name, 0.0) if weights else 1.0
            total += weight * host.image_properties.get((name, value), 0)
        return total
