"""``novalite-manage``: schemas and cells, for whoever installs and upgrades a cloud.

novalite-manage [--config-file FILE] api_db sync
novalite-manage [--config-file FILE] db sync
novalite-manage [--config-file FILE] cell_v2 map_cell0
novalite-manage [--config-file FILE] cell_v2 create_cell --name cell1
novalite-manage [--config-file FILE] identity rotate_token_keys

The URLs come from the configuration ([api_database], [database], [embedded]) unless given.
Passwords are never printed.
"""

import argparse
import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa
from oslo_config import cfg
from oslo_utils import strutils, uuidutils

from novalite import conf as configuration
from novalite import exception
from novalite.db import sync
from novalite.db.api_database import cell_mappings, host_mappings
from novalite.db.cell_database import services
from novalite.db.databases import Databases
from novalite.db.engine import Database, DuplicateKey
from novalite.objects import CELL0_UUID, CellMapping

EMBEDDED = ("identity", "image", "network", "volume")


class Refused(Exception):
    """The command cannot do what was asked; the text says why. ``code``: the exit status."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


# ---- URLs ----


def _required(url: str | None, option: str) -> str:
    if not url:
        raise Refused(f"[{option}]connection is not set")
    return url


def api_url(conf: cfg.ConfigOpts) -> str:
    return _required(conf.api_database.connection, "api_database")


def cell_url(conf: cfg.ConfigOpts) -> str:
    return _required(conf.database.connection, "database")


def cell0_url(conf: cfg.ConfigOpts) -> str:
    """``[database]connection`` with ``_cell0`` appended to the name of the database."""
    url = sa.make_url(cell_url(conf))
    if url.get_backend_name() == "sqlite":
        stem, dot, suffix = (url.database or "").rpartition(".")
        name = f"{stem}_cell0.{suffix}" if dot and "/" not in suffix else f"{url.database}_cell0"
    else:
        name = f"{url.database}_cell0"
    return url.set(database=name).render_as_string(hide_password=False)


def masked(url: str) -> str:
    """The URL without its password."""
    if not url:
        return ""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return strutils.mask_password(url)


# ---- commands ----


def api_db_sync(conf: cfg.ConfigOpts) -> None:
    """Create or upgrade the API database."""
    print(f"API database: version {sync.sync_api(api_url(conf))}")


def db_sync(conf: cfg.ConfigOpts) -> None:
    """Create or upgrade this cell's database, cell0 (unless --local_cell) and, where it is
    configured, the embedded services' database."""
    print(f"Cell database: version {sync.sync_cell(cell_url(conf))}")
    if not conf.category.local_cell:
        known = _mapping_of_cell0(conf)
        if known is None:
            print("cell0 is not mapped: left alone (cell_v2 map_cell0)")
        else:
            print(f"cell0 database: version {sync.sync_cell(known.database_connection)}")
    if conf.embedded.connection:
        for name in EMBEDDED:
            importlib.import_module(f"novalite.{name}.embedded.service")
        print(f"Embedded database: version {sync.sync_embedded(conf.embedded.connection)}")


def _mapping_of_cell0(conf: cfg.ConfigOpts) -> CellMapping | None:
    if not conf.api_database.connection:
        return None
    with _api(conf) as api:
        if sync.version(api, sync.API) is None:
            return None
        with api.read() as conn:
            cells = cell_mappings.list_(conn)
    return next((cell for cell in cells if cell.uuid == CELL0_UUID), None)


def db_version(conf: cfg.ConfigOpts) -> None:
    """The version of this cell's database."""
    _print_version(cell_url(conf), sync.CELL)


def api_db_version(conf: cfg.ConfigOpts) -> None:
    """The version of the API database."""
    _print_version(api_url(conf), sync.API)


def _print_version(url: str, tree: str) -> None:
    with _database(url) as database:
        at = sync.version(database, tree)
    newest = sync.head(tree)
    print((at or "none") + ("" if at == newest else f" (this release has {newest})"))


def list_cells(conf: cfg.ConfigOpts) -> None:
    """The registered cells."""
    with _api(conf) as api, api.read() as conn:
        cells = cell_mappings.list_(conn)
    rows = [("Name", "UUID", "Transport URL", "Database Connection", "Disabled")]
    rows += [
        (
            cell.name,
            cell.uuid,
            masked(cell.transport_url),
            masked(cell.database_connection),
            str(cell.disabled),
        )
        for cell in sorted(cells, key=lambda cell: (cell.uuid != CELL0_UUID, cell.name))
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def map_cell0(conf: cfg.ConfigOpts) -> None:
    """Register cell0; its URL changes when it is registered already."""
    url = conf.category.database_connection or cell0_url(conf)
    with _api(conf) as api:
        api.run(
            lambda conn: cell_mappings.ensure(conn, CELL0_UUID, "cell0", url, sync.CELL0_TRANSPORT)
        )
    print(f"cell0 is {masked(url)}")


def create_cell(conf: cfg.ConfigOpts) -> None:
    """Register a cell. Ends with 2 when one with these URLs is registered."""
    asked = conf.category
    cell = CellMapping(
        uuid=asked.cell_uuid or uuidutils.generate_uuid(),
        name=asked.cell_name or "",
        database_connection=asked.database_connection or cell_url(conf),
        transport_url=asked.cell_transport_url or _transport_url(conf),
        disabled=asked.disabled,
    )

    def register(conn: sa.Connection) -> None:
        for other in cell_mappings.list_(conn):
            if other.database_connection == cell.database_connection:
                raise Refused(
                    f"cell {other.name or other.uuid} has this database connection already", 2
                )
        cell_mappings.create(conn, cell)

    with _api(conf) as api:
        try:
            api.run(register)
        except DuplicateKey:
            raise Refused(f"cell {cell.uuid} exists", 2) from None
    print(cell.uuid)


def _transport_url(conf: cfg.ConfigOpts) -> str:
    """oslo.messaging registers this option; here its package is not needed."""
    if "transport_url" not in conf:
        conf.register_opt(cfg.StrOpt("transport_url", secret=True))
    return conf.transport_url or ""


def update_cell(conf: cfg.ConfigOpts) -> None:
    """Change a cell's name, URLs or whether it takes new servers."""
    asked = conf.category
    given = {
        "name": asked.cell_name,
        "database_connection": asked.database_connection,
        "transport_url": asked.cell_transport_url,
    }
    changes: dict[str, object] = {k: v for k, v in given.items() if v is not None}
    if asked.disable or asked.enable:
        changes["disabled"] = asked.disable
    if not changes:
        raise Refused("nothing to change")
    with _api(conf) as api:
        api.run(lambda conn: cell_mappings.update(conn, asked.cell_uuid, **changes))


def delete_cell(conf: cfg.ConfigOpts) -> None:
    """Forget a cell that has no hosts and no servers."""
    uuid = conf.category.cell_uuid
    with _api(conf) as api:
        try:
            found = api.run(lambda conn: cell_mappings.destroy(conn, uuid))
        except sa.exc.IntegrityError:
            raise Refused(f"cell {uuid} has hosts or servers", 2) from None
    if not found:
        raise exception.CellMappingNotFound(uuid=uuid)


def discover_hosts(conf: cfg.ConfigOpts) -> None:
    """Map compute hosts that registered in a cell's database but are mapped to none. The services
    do so themselves; this is for databases that were restored or moved."""
    databases = Databases(api_url(conf))
    try:
        assert databases.api is not None
        new = 0
        for cell, database in databases.cells(disabled=True):
            with database.read() as conn:
                hosts = [s.host for s in services.list_(conn, binary="nova-compute")]
            for host in hosts:
                if databases.api.run(_mapper(host, cell.uuid)):
                    new += 1
                    print(f"{host} belongs to cell {cell.name or cell.uuid}")
        print(f"{new} hosts mapped")
    finally:
        databases.dispose()


def _mapper(host: str, cell_uuid: str) -> Callable[[sa.Connection], bool]:
    return lambda conn: host_mappings.map_host(conn, host, cell_uuid)


def rotate_token_keys(conf: cfg.ConfigOpts) -> None:
    """A new key signs the tokens; the oldest goes. At most once per lifetime of a token."""
    from novalite.identity.embedded import key_rotation

    key_rotation.rotate_token_keys(conf)
    print("The staged key signs from now on.")


def rotate_credential_keys(conf: cfg.ConfigOpts) -> None:
    """Encrypt EC2 and OAuth secrets with a new key."""
    from novalite.identity.embedded import key_rotation

    with _database(_required(conf.embedded.connection, "embedded")) as database:
        print(f"{key_rotation.rotate_credential_keys(conf, database)} secrets encrypted anew")


# ---- plumbing ----


@contextlib.contextmanager
def _database(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


def _api(conf: cfg.ConfigOpts) -> contextlib.AbstractContextManager[Database]:
    return _database(api_url(conf))


Option = tuple[str, dict[str, object]]
_CELL: Option = ("--cell_uuid", {"required": True})
_DATABASE: Option = ("--database_connection", {})
_TRANSPORT: Option = ("--transport-url", {"dest": "cell_transport_url", "metavar": "URL"})
# ``name`` is oslo.config's name of the group of commands, and options hide arguments.
_NAME: Option = ("--name", {"dest": "cell_name", "metavar": "NAME"})

COMMANDS: dict[str, dict[str, tuple[Callable[[cfg.ConfigOpts], None], list[Option]]]] = {
    "api_db": {"sync": (api_db_sync, []), "version": (api_db_version, [])},
    "db": {
        "sync": (db_sync, [("--local_cell", {"action": "store_true"})]),
        "version": (db_version, []),
    },
    "cell": {"list": (list_cells, [])},
    "identity": {
        "rotate_token_keys": (rotate_token_keys, []),
        "rotate_credential_keys": (rotate_credential_keys, []),
    },
    "cell_v2": {
        "list_cells": (list_cells, []),
        "map_cell0": (map_cell0, [_DATABASE]),
        "create_cell": (
            create_cell,
            [
                _NAME,
                _DATABASE,
                _TRANSPORT,
                ("--cell_uuid", {}),
                ("--disabled", {"action": "store_true"}),
            ],
        ),
        "update_cell": (
            update_cell,
            [
                _CELL,
                _NAME,
                _DATABASE,
                _TRANSPORT,
                ("--disable", {"action": "store_true"}),
                ("--enable", {"action": "store_true"}),
            ],
        ),
        "delete_cell": (delete_cell, [_CELL]),
        "discover_hosts": (discover_hosts, []),
    },
}


def _add_commands(categories: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for category, commands in COMMANDS.items():
        actions = categories.add_parser(category).add_subparsers(
            dest="action", required=True, metavar="COMMAND"
        )
        for name, (run, options) in commands.items():
            one = actions.add_parser(name, help=(run.__doc__ or "").split("\n")[0])
            one.set_defaults(run=run)
            for flag, settings in options:
                one.add_argument(flag, **settings)  # type: ignore[arg-type]


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 when refused, 2 when it is there already or in use."""
    conf = cfg.ConfigOpts()
    conf.register_cli_opt(cfg.SubCommandOpt("category", title="commands", handler=_add_commands))
    configuration.configuration(sys.argv[1:] if argv is None else argv, conf=conf)
    try:
        conf.category.run(conf)
    except Refused as refusal:
        print(f"novalite-manage: {refusal}", file=sys.stderr)
        return refusal.code
    except exception.NovaliteError as error:
        print(f"novalite-manage: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
