"""A database of the first release: its images have data in the first store."""

import sqlalchemy as sa

from novalite.clock import SystemClock
from novalite.context import admin_context
from novalite.db import sync
from novalite.image.embedded import queries, tables
from novalite.image.embedded.records import Image
from novalite.image.embedded.service import ImageService


def test_images_of_the_first_release_get_locations(database, conf):
    now = SystemClock().now()
    ids = {
        status: f"00000000-0000-4000-8000-{n:012}" for n, status in enumerate(("active", "queued"))
    }
    table = sa.table(sync.version_table(sync.EMBEDDED), sa.column("version_num"))
    with database.write() as conn:
        for status, image_id in ids.items():
            queries.create(conn, Image(image_id, now, now, status=status, disk_format="raw"))
        tables.locations.drop(conn)
        conn.execute(sa.update(table).values(version_num="0002"))
    url = database.url.render_as_string(hide_password=False)
    for _ in range(2):
        sync.sync_embedded(url)
    service = ImageService(conf, database)
    found = {status: service.images.show(admin_context(), one) for status, one in ids.items()}
    assert [place.store for place in found["active"].locations] == ["file"]
    assert found["queued"].locations == []
    service.close()
