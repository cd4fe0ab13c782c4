"""[api], [wsgi], [oslo_policy]-independent options of the REST services."""

from oslo_config import cfg

API: list[cfg.Opt] = [
    cfg.HostAddressOpt("listen", default="127.0.0.1", help="Address of the REST services."),
    cfg.PortOpt("port", default=8774, help="Port of the REST services."),
    cfg.IntOpt("threads", default=8, min=1, help="Request threads of the embedded server."),
    cfg.IntOpt("max_limit", default=1000, min=1, help="Most items in one page of a list."),
    cfg.StrOpt("compute_link_prefix", help="Replaces the base of links to compute resources."),
    cfg.BoolOpt("enable_instance_password", default=True, help="Return adminPass."),
    cfg.BoolOpt(
        "list_records_by_skipping_down_cells",
        default=True,
        help="Leave servers of unreachable cells out of old-style lists (else 500).",
    ),
    cfg.StrOpt("dhcp_domain", default="novalocal", help="Domain of the guest's host name."),
    cfg.IntOpt("metadata_cache_expiration", default=15, help="Seconds."),
    cfg.ListOpt(
        "vendordata_providers",
        default=["StaticJSON"],
        help="Where vendor data come from: StaticJSON, DynamicJSON.",
    ),
    cfg.StrOpt("vendordata_jsonfile_path", help="Static vendor data."),
    cfg.ListOpt(
        "vendordata_dynamic_targets", default=[], help="name@url of services with vendor data."
    ),
    cfg.IntOpt("vendordata_dynamic_connect_timeout", default=5, min=3, help="Seconds."),
    cfg.IntOpt("vendordata_dynamic_read_timeout", default=5, min=0, help="Seconds."),
    cfg.BoolOpt(
        "vendordata_dynamic_failure_fatal",
        default=False,
        help="Fail a boot whose vendor data cannot be had.",
    ),
    cfg.StrOpt(
        "response_validation",
        default="warn",
        choices=["ignore", "warn", "error"],
        help="What to do with an answer that does not match its schema.",
    ),
    cfg.IntOpt(
        "max_request_body_size",
        default=114688,
        help="Most bytes of a request's body; image upload is exempt.",
    ),
]
WSGI: list[cfg.Opt] = [
    cfg.StrOpt(
        "api_paste_config",
        default="api-paste.ini",
        help="Paste configuration: a path, or a name in the package.",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("api", API), ("wsgi", WSGI)]
