"""[fake]: the hypervisor that only pretends, for tests, benches and trials without root."""

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt("vcpus", default=1000, min=1, help="CPUs that each host pretends to have."),
    cfg.IntOpt("memory_mb", default=8_388_608, min=1, help="MiB of memory, the same."),
    cfg.IntOpt("local_gb", default=600_000, min=1, help="GiB of disk, the same."),
    cfg.FloatOpt("spawn_delay", default=0.0, min=0.0, help="Seconds that starting a guest takes."),
    cfg.FloatOpt(
        "fail_spawn_percent",
        default=0.0,
        min=0.0,
        max=100.0,
        help="Share of spawns that fail, to see reschedules.",
    ),
    cfg.BoolOpt(
        "persist",
        default=True,
        help="Keep the guests in files below state_path, so that they outlive the service as "
        "real ones do.",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("fake", OPTIONS)]
