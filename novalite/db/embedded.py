"""The one database that the embedded identity, image and network services share.

Each of them declares its tables on ``metadata`` in its own package; ``sync_embedded`` creates
those that are declared (imported) when it runs.
"""

from sqlalchemy import MetaData

from novalite.db.engine import Database
from novalite.db.types import NAMING

__all__ = ["Database", "metadata"]

metadata = MetaData(naming_convention=NAMING)
