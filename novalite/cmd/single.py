"""One service per process: configuration, logging, composition, and then waiting for a signal."""

import logging
import os
from collections.abc import Callable, Sequence

from oslo_config import cfg
from oslo_log import log

from novalite import conf as configuration
from novalite.cmd import compose, service
from novalite.deployment import Deployment

LOG = logging.getLogger(__name__)

CONFIG_FILES = ["/etc/novalite/novalite.conf"]


def _compose(name: str, conf: cfg.ConfigOpts, process: service.Process, backend: str) -> Deployment:
    with_http: dict[str, Callable[[cfg.ConfigOpts, service.Process, str], Deployment]] = {
        "api": compose.api,
        "neighbours": compose.neighbours,
    }
    if name in with_http:
        return with_http[name](conf, process, backend)
    return {"conductor": compose.conductor, "scheduler": compose.scheduler,
            "compute": compose.compute}[name](conf, process)  # fmt: skip


def configure(argv: Sequence[str]) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    files = [name for name in CONFIG_FILES if os.path.exists(name)]
    return configuration.configuration(argv, files, conf=conf)


def run(name: str, argv: Sequence[str], backend: str) -> int:
    conf = configure(argv)
    service.setup_logging(conf, f"novalite-{name}")
    with service.Process() as process:
        cloud = _compose(name, conf, process, backend)
        if name == "neighbours":
            from novalite.cmd import first_start

            first_start.neighbours(cloud)
        LOG.info("novalite-%s on %s, %s", name, conf.host, backend)
        process.run()
    return 0
