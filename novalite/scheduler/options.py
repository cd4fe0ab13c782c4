"""What of the configuration bears on a decision, as a plain value."""

import dataclasses

from oslo_config import cfg


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """Defaults are those of ``novalite.conf.scheduler``. ``metrics`` maps a metric's name to its
    ratio; ``multipliers`` a weigher's option name to its value."""

    filters: tuple[str, ...] = ("ComputeFilter", "ResourceFilter")
    weighers: tuple[str, ...] = ("all_weighers",)
    multipliers: dict[str, float] = dataclasses.field(default_factory=dict)
    max_attempts: int = 3
    host_subset_size: int = 1
    shuffle_best: bool = False
    max_io_ops_per_host: int = 8
    max_instances_per_host: int = 50
    default_architecture: str | None = None
    isolated_hosts: frozenset[str] = frozenset()
    isolated_images: frozenset[str] = frozenset()
    restrict_isolated_hosts: bool = True
    isolation_namespace: str | None = None
    isolation_separator: str = "."
    image_props_weights: dict[str, float] = dataclasses.field(default_factory=dict)
    metrics: dict[str, float] = dataclasses.field(default_factory=dict)
    metrics_required: bool = True
    weight_of_unavailable: float = -10000.0

    @classmethod
    def from_conf(cls, conf: cfg.ConfigOpts) -> "Options":
        """Raises ValueError for a setting that is not ``name=number``."""
        group = conf.filter_scheduler
        multipliers = {
            name: getattr(group, name) for name in group if name.endswith("_weight_multiplier")
        }
        multipliers["weight_multiplier"] = conf.metrics.weight_multiplier
        return cls(
            filters=tuple(group.enabled_filters),
            weighers=tuple(group.weight_classes),
            multipliers=multipliers,
            max_attempts=conf.scheduler.max_attempts,
            host_subset_size=group.host_subset_size,
            shuffle_best=group.shuffle_best_same_weighed_hosts,
            max_io_ops_per_host=group.max_io_ops_per_host,
            max_instances_per_host=group.max_instances_per_host,
            default_architecture=group.image_properties_default_architecture,
            isolated_hosts=frozenset(group.isolated_hosts),
            isolated_images=frozenset(group.isolated_images),
            restrict_isolated_hosts=group.restrict_isolated_hosts_to_isolated_images,
            isolation_namespace=group.aggregate_image_properties_isolation_namespace,
            isolation_separator=group.aggregate_image_properties_isolation_separator,
            image_props_weights=_numbers(group.image_props_weight_setting),
            metrics=_numbers(conf.metrics.weight_setting),
            metrics_required=conf.metrics.required,
            weight_of_unavailable=conf.metrics.weight_of_unavailable,
        )

    def multiplier(self, name: str, default: float) -> float:
        return self.multipliers.get(name, default)


def _numbers(settings: list[str]) -> dict[str, float]:
    numbers = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ValueError(f"{setting!r} is not of the form name=number")
        numbers[name.strip()] = float(value)
    return numbers
