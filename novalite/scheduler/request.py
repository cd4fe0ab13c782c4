"""One server's request as the filters and weighers see it."""

import dataclasses
from collections import Counter
from functools import cached_property

from novalite.objects import InstanceGroup, RequestSpec
from novalite.scheduler.host_state import Resources


@dataclasses.dataclass
class Request:
    """``group`` is the server group that the request names. ``hosts_of``: the hosts of the
    servers that the group and the hints name, as far as they have one; shared by a batch.
    ``placed``: the uuid of the node on which this server's resources are claimed already."""

    spec: RequestSpec
    group: InstanceGroup | None = None
    hosts_of: dict[str, str] = dataclasses.field(default_factory=dict)
    placed: str | None = None

    @cached_property
    def resources(self) -> Resources:
        return Resources.of(self.spec)

    def hint(self, name: str) -> list[str]:
        value = self.spec.scheduler_hints.get(name) or []
        return [value] if isinstance(value, str) else [str(item) for item in value]

    def policy(self) -> str | None:
        return self.group.policy if self.group is not None else None

    @cached_property
    def members(self) -> Counter[str]:
        """Host -> how many other members of the group are there."""
        if self.group is None:
            return Counter()
        return Counter(
            self.hosts_of[member]
            for member in self.group.members
            if member in self.hosts_of and member != self.spec.instance_uuid
        )

    def image_properties(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.spec.image.properties.items()}
