"""What the documents are made from."""

import dataclasses
from collections.abc import Sequence

from oslo_config import cfg

from novalite.objects import VIF, Instance


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """``instance`` with metadata and, for its tagged disks, block devices. ``files`` are
    (path in the guest, content). ``admin_password`` only where nobody else can read it: on a
    config drive."""

    instance: Instance
    network_info: Sequence[VIF]
    conf: cfg.ConfigOpts
    admin_password: str | None = None
    files: Sequence[tuple[str, bytes]] = ()
    security_groups: Sequence[str] = ("default",)

    @property
    def hostname(self) -> str:
        """The guest's full name; the bare one where no domain is configured."""
        domain: str = self.conf.api.dhcp_domain
        return f"{self.instance.hostname}.{domain}" if domain else self.instance.hostname
