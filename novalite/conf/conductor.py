"""[conductor]"""

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt("workers", default=8, min=1, help="Builds that one conductor prepares at once."),
    cfg.IntOpt(
        "build_lease",
        default=30,
        min=2,
        help="Seconds for which a conductor holds a build request without renewing.",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("conductor", OPTIONS)]
