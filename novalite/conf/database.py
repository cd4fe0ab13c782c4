"""[api_database] and [database]"""

from oslo_config import cfg


def _options(what: str) -> list[cfg.Opt]:
    return [
        cfg.StrOpt("connection", secret=True, help=f"SQLAlchemy URL of {what}."),
        cfg.IntOpt(
            "max_pool_size",
            default=16,
            help="Connections kept; as many as are busy at once under load, since those beyond "
            "are made anew each time.",
        ),
        cfg.IntOpt("max_overflow", default=40, help="Connections beyond that."),
        cfg.IntOpt("connection_recycle_time", default=3600, help="Seconds."),
    ]


API_DATABASE = _options("the API database")
DATABASE = _options("the database of this service's cell")


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("api_database", API_DATABASE), ("database", DATABASE)]
