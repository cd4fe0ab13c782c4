"""The metadata definitions' parts."""

from sqlalchemy import Connection

from novalite.image.embedded.core import Core
from novalite.image.embedded.metadefs.definitions import Objects, Properties, Tags
from novalite.image.embedded.metadefs.namespaces import Namespaces
from novalite.image.embedded.metadefs.resource_types import ResourceTypes


class Metadefs:
    def __init__(self, core: Core) -> None:
        self.core = core
        self.resource_types = ResourceTypes(core)
        self.objects = Objects(core)
        self.properties = Properties(core)
        self.tags = Tags(core)
        self.namespaces = Namespaces(
            core, self.resource_types, self.objects, self.properties, self.tags
        )

    def bootstrap(self) -> None:
        """At the first start: resource types, and definitions of what this cloud understands.
        What an administrator changes or removes afterwards stays so."""
        if self.resource_types.list_():
            return
        from novalite.image.embedded.metadefs import first

        def work(conn: Connection) -> None:
            self.resource_types.ensure(conn, list(first.RESOURCE_TYPES), protected=True)
            for values, contents in first.namespaces():
                self.namespaces.insert(conn, values, contents)

        self.core.write(work)
