"""Where things are: the API database, a host's cell, a server's cell."""

from novalite.db.api_database import host_mappings
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.exception import HostMappingNotFound
from novalite.objects import CELL0_UUID


class Cells:
    """``databases`` with what the conductor asks of them over and over. A host never changes
    its cell, so that its place is asked once."""

    def __init__(self, databases: Databases) -> None:
        assert databases.api is not None, "a conductor needs the API database"
        self.api: Database = databases.api
        self.databases = databases
        self._of_host: dict[str, str] = {}

    def cell(self, uuid: str) -> Database:
        return self.databases.cell(uuid)

    @property
    def cell0(self) -> Database:
        return self.databases.cell0

    def all_with_cell0(self) -> list[tuple[str, Database]]:
        cells = [(m.uuid, database) for m, database in self.databases.cells(disabled=True)]
        return [*cells, (CELL0_UUID, self.databases.cell0)]

    def home(self) -> Database:
        """Where the services that belong to no host's cell are recorded: this process's own
        cell, else the first one, else cell0."""
        own = self.databases.own_cell
        if own is not None:
            return own[1]
        cells = self.databases.cells()
        return cells[0][1] if cells else self.databases.cell0

    def uuid_of_host(self, host: str) -> str:
        """Raises HostMappingNotFound."""
        found = self._of_host.get(host)
        if found is None:
            with self.api.read() as conn:
                found = self._of_host[host] = host_mappings.get(conn, host)
        return found

    def of_host(self, host: str) -> Database:
        """The database of the host's cell. Raises HostMappingNotFound."""
        return self.cell(self.uuid_of_host(host))

    def adopt_host(self, host: str) -> Database:
        """The same for a host that may be new: it then joins this conductor's cell."""
        try:
            return self.of_host(host)
        except HostMappingNotFound:
            own = self.databases.own_cell or next(iter(self.databases.cells()), None)
            if own is None:
                raise
        cell = own[0]
        self.api.run(lambda conn: host_mappings.map_host(conn, host, cell.uuid))
        return self.of_host(host)
