"""Columns that the image service's tables have gained since the first release.

New tables need nothing here: they are made when they are missing. But an image has data where it
has a location: those of the first release all have them in the first store.
"""

import uuid

import sqlalchemy as sa
from alembic import op

from novalite.db.embedded import metadata

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    conn = op.get_bind()
    there = set(sa.inspect(conn).get_table_names())
    images, locations = metadata.tables.get("images"), metadata.tables.get("image_locations")
    if images is None or locations is None or "images" not in there:
        return
    locations.create(conn, checkfirst=True)
    known = sa.exists().where(locations.c.image_id == images.c.id)
    with_data = sa.select(images.c.id).where(images.c.status == "active", ~known)
    rows = [
        {
            "id": str(uuid.uuid4()),
            "image_id": image_id,
            "position": 0,
            "store": "file",
            "url": None,
            "metadata": {},
        }
        for image_id in conn.execute(with_data).scalars()
    ]
    if rows:
        conn.execute(sa.insert(locations), rows)
