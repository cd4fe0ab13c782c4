"""Bring databases to the current schema, and register the cells."""

from novalite.db.api_database import cell_mappings
from novalite.db.api_database import models as api_models
from novalite.db.cell_database import models as cell_models
from novalite.db.embedded import metadata as embedded_metadata
from novalite.db.engine import Database
from novalite.objects import CELL0_UUID, CellMapping


def sync_api(url: str) -> None:
    _create(url, api_models.metadata)


def sync_cell(url: str) -> None:
    _create(url, cell_models.metadata)


def sync_embedded(url: str) -> None:
    _create(url, embedded_metadata)


def _create(url, metadata) -> None:  # type: ignore[no-untyped-def]
    database = Database(url)
    try:
        with database.write() as conn:
            metadata.create_all(conn)
    finally:
        database.dispose()


def ensure_cells(
    api: Database,
    cell0_url: str,
    cell1_url: str,
    name: str = "cell1",
    transport_url: str = "",
) -> CellMapping:
    """Register cell0 and one cell unless they are; the cell's mapping. May be run by several
    processes at once."""

    def register(conn) -> CellMapping:  # type: ignore[no-untyped-def]
        cell_mappings.ensure(conn, CELL0_UUID, "cell0", cell0_url, "none:///")
        return cell_mappings.ensure(conn, None, name, cell1_url, transport_url)

    return api.run(register)
