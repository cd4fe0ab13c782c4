"""The log levels of this process, read and changed while it runs.

Only the loggers of this package's own product: others may log what is secret at DEBUG.
"""

import logging

from novalite.context import RequestContext
from novalite.exception import Invalid
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.services import BACKUP, SCHEDULER, VOLUME

ROOT = "novalite"
API = "cinder-api"
BINARIES = (API, SCHEDULER, VOLUME, BACKUP)
LEVELS = {
    "CRITICAL": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "WARN": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
}


class LogLevels:
    def __init__(self, core: Core) -> None:
        self.core = core

    def get(
        self, context: RequestContext, binary: str | None, server: str | None, prefix: str | None
    ) -> list[Row]:
        """Of each binary: ``binary``, ``host``, ``levels`` (logger -> level). All live in one
        process here, and so have the same levels."""
        self.core.authorize(context, "volume_extension:services:index")
        levels = {
            name: logging.getLevelName(logging.getLogger(name).getEffectiveLevel())
            for name in _loggers(prefix)
        }
        return [
            {"binary": each, "host": self.core.host, "levels": dict(levels)}
            for each in self._binaries(binary, server)
        ]

    def set_(
        self,
        context: RequestContext,
        binary: str | None,
        server: str | None,
        prefix: str | None,
        level: str,
    ) -> None:
        self.core.authorize(context, "volume_extension:services:update")
        number = LEVELS.get(level.upper())
        if number is None:
            raise Invalid("Invalid input received: level must be one of CRITICAL, ERROR, WARNING, "
                          "INFO, DEBUG.")  # fmt: skip
        if self._binaries(binary, server):
            for name in _loggers(prefix):
                logging.getLogger(name).setLevel(number)

    def _binaries(self, binary: str | None, server: str | None) -> list[str]:
        if binary and binary != "*" and binary not in BINARIES:
            raise Invalid(f"Invalid input received: binary {binary} is unknown.")
        if server and server.partition("@")[0] != self.core.host:
            return []
        return [each for each in BINARIES if binary in (None, "", "*", each)]


def _loggers(prefix: str | None) -> list[str]:
    known = [name for name in logging.root.manager.loggerDict if name.startswith(ROOT)]
    return sorted(name for name in {*known, ROOT} if name.startswith(prefix or ""))
