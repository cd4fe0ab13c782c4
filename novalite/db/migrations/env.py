"""What alembic runs to migrate one of the trees beside this file.

``novalite.db.sync`` hands the open connection in (within its transaction and lock) and the name
of the tree; each tree has a version table of its own, so that trees may share a database.
"""

from alembic import context

from novalite.db import sync

_attributes = context.config.attributes
_tree = _attributes["tree"]

context.configure(
    connection=_attributes["connection"],
    target_metadata=sync.metadata_of(_tree),
    version_table=sync.version_table(_tree),
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
