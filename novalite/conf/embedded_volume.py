"""[embedded]: what projects may have in the embedded volume service, and where backups go."""

from oslo_config import cfg

_QUOTAS = (
    ("volumes", 10, "Volumes per project"),
    ("snapshots", 10, "Volume snapshots per project"),
    ("gigabytes", 1000, "GiB of volumes and snapshots per project"),
    ("per_volume_gigabytes", -1, "GiB of one volume"),
    ("backups", 10, "Volume backups per project"),
    ("backup_gigabytes", 1000, "GiB of volumes that have backups, per project"),
    ("groups", 10, "Groups of volumes per project"),
)

OPTIONS: list[cfg.Opt] = [
    *(
        cfg.IntOpt(f"volume_quota_{name}", default=value, min=-1, help=f"{what}; -1: no limit.")
        for name, value, what in _QUOTAS
    ),
    cfg.StrOpt(
        "volume_default_type",
        default="__DEFAULT__",
        help="Name of the volume type of volumes for which none is named; made when missing.",
    ),
    cfg.StrOpt(
        "backup_store", default="$state_path/backups", help="Directory of volumes' backups."
    ),
    cfg.IntOpt(
        "volume_message_ttl", default=2592000, min=1, help="Seconds that user messages are kept."
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("embedded", OPTIONS)]
