"""[DEFAULT]: the message bus. The bus's own options ([oslo_messaging_rabbit]...) are those of
oslo.messaging, which reads them from the same files."""

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "transport_url",
        default="local://",
        secret=True,
        help="rabbit://user:password@host:5672/virtual_host, or local:// inside one process.",
    ),
    cfg.IntOpt("rpc_response_timeout", default=60, min=1, help="Seconds to wait for an answer."),
    cfg.IntOpt(
        "executor_thread_pool_size",
        default=16,
        min=1,
        help="Messages that a server runs at once. What they do is short and mostly a database "
        "transaction: more at once only need more connections to it.",
    ),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("DEFAULT", OPTIONS)]
