"""Flavors: the sizes that a server can have."""

import dataclasses
import datetime

from novalite.objects.base import record


@record
class Flavor:
    """``memory_mb`` and ``swap`` in MiB; ``root_gb`` and ``ephemeral_gb`` in GiB."""

    flavorid: str
    name: str
    memory_mb: int
    vcpus: int
    root_gb: int
    ephemeral_gb: int = 0
    swap: int = 0
    rxtx_factor: float = 1.0
    vcpu_weight: int | None = None
    disabled: bool = False
    is_public: bool = True
    description: str | None = None
    extra_specs: dict[str, str] = dataclasses.field(default_factory=dict)
    projects: list[str] = dataclasses.field(default_factory=list)
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None

    @property
    def local_gb(self) -> int:
        """GiB of host disk that one server of this flavor claims (swap rounded up)."""
        return self.root_gb + self.ephemeral_gb + -(-self.swap // 1024)
