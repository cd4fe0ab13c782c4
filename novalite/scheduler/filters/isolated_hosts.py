"""IsolatedHostsFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class IsolatedHostsFilter(Filter):
    """Isolated images run on isolated hosts; whether those take other images too is
    [filter_scheduler]restrict_isolated_hosts_to_isolated_images."""

    def applies(self, request: Request) -> bool:
        return bool(self.options.isolated_hosts or self.options.isolated_images)

    def refusal(self, host: HostState, request: Request) -> str | None:
        isolated_image = request.spec.image.id in self.options.isolated_images
        isolated_host = host.host in self.options.isolated_hosts
        if isolated_image and not isolated_host:
            return "is not isolated, as the image wants"
        if isolated_host and not isolated_image and self.options.restrict_isolated_hosts:
            return "takes isolated images only"
        return None
