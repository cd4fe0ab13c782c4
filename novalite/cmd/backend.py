"""How a process runs many things at once, chosen before anything else is imported.

``auto`` is native threads wherever the database driver would starve an eventlet hub (SQLite and
psycopg wait in C) and in the all-in-one, and eventlet in the RPC services over PyMySQL.
Source of the measurements: docs/decisions/0003-concurrency.md.
"""

import configparser
import os
import sys
import warnings
from collections.abc import Sequence

ENVIRONMENT = "NOVALITE_CONCURRENCY_BACKEND"


def _config_files(argv: Sequence[str]) -> list[str]:
    files: list[str] = []
    for position, argument in enumerate(argv):
        if argument == "--config-file" and position + 1 < len(argv):
            files.append(argv[position + 1])
        elif argument.startswith("--config-file="):
            files.append(argument.partition("=")[2])
    return files


def read(argv: Sequence[str]) -> tuple[str, list[str]]:
    """(the configured backend, the database URLs) from the configuration files in ``argv``.

    Read by hand, since oslo.config may not be imported before eventlet has patched.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(_config_files(argv))
    configured = parser.get("DEFAULT", "concurrency_backend", fallback="auto")
    backend = os.environ.get(ENVIRONMENT) or configured or "auto"
    urls = [
        parser.get(section, "connection")
        for section in ("api_database", "database", "embedded")
        if parser.has_option(section, "connection")
    ]
    return backend, urls


def starves_eventlet(url: str) -> bool:
    return url.startswith(("sqlite", "postgresql"))


def choose(backend: str, urls: Sequence[str]) -> str:
    """``threading`` or ``eventlet``. Raises ValueError, saying what to change."""
    if backend not in ("auto", "threading", "eventlet"):
        raise ValueError(
            f"concurrency_backend is {backend!r}; it must be auto, threading or eventlet"
        )
    starving = [url.partition(":")[0] for url in urls if starves_eventlet(url)]
    if backend == "auto":
        return "threading" if starving or not urls else "eventlet"
    if backend == "eventlet" and starving:
        raise ValueError(
            f"concurrency_backend=eventlet does not work with a {starving[0]} database, which "
            "would stop every green thread while it waits; use mysql+pymysql or threading"
        )
    return backend


def start(argv: Sequence[str] | None = None, *, default: str | None = None) -> str:
    """Choose and, for eventlet, patch the standard library. Ends the process with 2 when the
    configuration asks for what cannot work. ``default`` replaces ``auto``."""
    backend, urls = read(sys.argv[1:] if argv is None else argv)
    if backend == "auto" and default:
        backend = default
    try:
        chosen = choose(backend, urls)
    except ValueError as error:
        print(f"novalite: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    # Libraries warn of eventlet at import whether it is used or not; which backend runs was
    # decided here, with docs/decisions/0003-concurrency.md.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    if chosen == "threading":
        # Libraries load eventlet all the same, and it a resolver of its own.
        os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    else:
        import eventlet

        eventlet.monkey_patch()
    return chosen
