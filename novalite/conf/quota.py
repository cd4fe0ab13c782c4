"""[quota]: limits of a project, unless the quotas table says otherwise. -1: no limit."""

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.BoolOpt("recheck_quota", default=True, help="Check again after the rows are written."),
    cfg.IntOpt("instances", default=10, min=-1, help="Servers."),
    cfg.IntOpt("cores", default=20, min=-1, help="Virtual CPUs."),
    cfg.IntOpt("ram", default=51200, min=-1, help="MiB of memory."),
    cfg.IntOpt("metadata_items", default=128, min=-1, help="Metadata items per server."),
    cfg.IntOpt("injected_files", default=5, min=-1, help="Injected files per server."),
    cfg.IntOpt("injected_file_content_bytes", default=10240, min=-1, help="Bytes per file."),
    cfg.IntOpt("injected_file_path_length", default=255, min=-1, help="Bytes per path."),
    cfg.IntOpt("key_pairs", default=100, min=-1, help="Key pairs per user."),
    cfg.IntOpt("server_groups", default=10, min=-1, help="Server groups."),
    cfg.IntOpt("server_group_members", default=10, min=-1, help="Servers per group."),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("quota", OPTIONS)]
