"""[scheduler], [filter_scheduler] and [metrics]"""

from oslo_config import cfg

DEFAULT_FILTERS = [
    "ComputeFilter",
    "AvailabilityZoneFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "TraitsFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "SameHostFilter",
    "DifferentHostFilter",
    "ResourceFilter",
]

SCHEDULER: list[cfg.Opt] = [
    cfg.IntOpt("max_attempts", default=3, min=1, help="Hosts tried for one server."),
]
FILTER_SCHEDULER: list[cfg.Opt] = [
    cfg.ListOpt(
        "enabled_filters",
        default=DEFAULT_FILTERS,
        help="Filters, in order. A name is a class of novalite.scheduler.filters or an "
        "entry point of the group novalite.scheduler.filters.",
    ),
    cfg.ListOpt("weight_classes", default=["all_weighers"], help="Weighers."),
    cfg.IntOpt("host_subset_size", default=1, min=1, help="Random choice among the best N."),
    cfg.BoolOpt("shuffle_best_same_weighed_hosts", default=False, help="Spread among equals."),
    cfg.IntOpt("max_io_ops_per_host", default=8, help="For IoOpsFilter."),
    cfg.IntOpt("max_instances_per_host", default=50, help="For NumInstancesFilter."),
    cfg.StrOpt("image_properties_default_architecture", help="For ImagePropertiesFilter."),
    cfg.ListOpt("isolated_hosts", default=[], help="For IsolatedHostsFilter."),
    cfg.ListOpt("isolated_images", default=[], help="For IsolatedHostsFilter."),
    cfg.BoolOpt(
        "restrict_isolated_hosts_to_isolated_images", default=True, help="For IsolatedHostsFilter."
    ),
    cfg.FloatOpt("ram_weight_multiplier", default=1.0, help="For RAMWeigher."),
    cfg.FloatOpt("cpu_weight_multiplier", default=1.0, help="For CPUWeigher."),
    cfg.FloatOpt("disk_weight_multiplier", default=1.0, help="For DiskWeigher."),
    cfg.FloatOpt("io_ops_weight_multiplier", default=-1.0, help="For IoOpsWeigher."),
    cfg.FloatOpt("num_instances_weight_multiplier", default=0.0, help="For NumInstancesWeigher."),
    cfg.FloatOpt(
        "build_failure_weight_multiplier", default=1000000.0, help="For BuildFailureWeigher."
    ),
    cfg.FloatOpt("soft_affinity_weight_multiplier", default=1.0, help="For soft affinity."),
    cfg.FloatOpt(
        "soft_anti_affinity_weight_multiplier", default=1.0, help="For soft anti-affinity."
    ),
    cfg.FloatOpt(
        "hypervisor_version_weight_multiplier", default=1.0, help="For HypervisorVersionWeigher."
    ),
    cfg.FloatOpt("image_props_weight_multiplier", default=0.0, help="For ImagePropertiesWeigher."),
    cfg.ListOpt(
        "image_props_weight_setting",
        default=[],
        help="For ImagePropertiesWeigher: property=weight; empty: all properties alike.",
    ),
    cfg.StrOpt(
        "aggregate_image_properties_isolation_namespace",
        help="For AggregateImagePropertiesIsolation: only keys of this namespace count.",
    ),
    cfg.StrOpt(
        "aggregate_image_properties_isolation_separator",
        default=".",
        help="For AggregateImagePropertiesIsolation: between namespace and key.",
    ),
]
METRICS: list[cfg.Opt] = [
    cfg.FloatOpt("weight_multiplier", default=1.0, help="For MetricsWeigher."),
    cfg.ListOpt("weight_setting", default=[], help="Metrics that count: name=ratio."),
    cfg.BoolOpt(
        "required",
        default=True,
        help="A host that lacks a metric fails (MetricsFilter keeps it out of the choice).",
    ),
    cfg.FloatOpt(
        "weight_of_unavailable", default=-10000.0, help="Weight of a host that lacks a metric."
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [
        ("scheduler", SCHEDULER),
        ("filter_scheduler", FILTER_SCHEDULER),
        ("metrics", METRICS),
    ]
