"""Tasks of type ``import``: a new image made of what is at a URL, for administrators."""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import attributes, queries
from novalite.image.embedded.core import Core
from novalite.image.embedded.fetching import Fetcher
from novalite.image.embedded.images import check, of_data
from novalite.image.embedded.inspection import Inspection
from novalite.image.embedded.records import Image
from novalite.image.embedded.stores import DEFAULT
from novalite.image.embedded.tasks import Job, Tasks

Row = dict[str, Any]
IMPORT = "import"


class ImportTasks:
    """The image's id is the task's before there is an image: done twice, there is one."""

    def __init__(self, core: Core, tasks: Tasks, fetcher: Fetcher) -> None:
        self.core = core
        self.tasks = tasks
        self.fetcher = fetcher
        tasks.jobs[IMPORT] = Job(self._work, lambda conn, row: None, self._after)

    def create(self, context: RequestContext, given: Row) -> Row:
        """``given``: ``import_from`` (a URL), ``image_properties``. Raises Invalid, Forbidden."""
        url, values = given.get("import_from"), given.get("image_properties")
        if not isinstance(url, str) or not isinstance(values, dict):
            raise exception.Invalid(
                "Input to the task must have 'import_from' and 'image_properties'"
            )
        self.fetcher.require(url, "import_from")
        for name in values:
            attributes.check_name(name)
        attributes.check_values(values)
        for name in ("disk_format", "container_format"):
            if values.get(name) is None:
                raise exception.Invalid(f"image_properties has no {name}")
        image_id = str(uuid.uuid4())
        self.core.access.authorize_new(context, self._image(context.project_id, given, image_id))
        row: Row = self.core.write(
            lambda conn: self.tasks.add(conn, context, IMPORT, given, image_id=image_id)
        )
        self.tasks.hurry()
        return row

    def _work(self, row: Row) -> Callable[[Connection], Row | None]:
        given = row["input"]
        image = self._image(row["owner"], given, row["image_id"])
        check(image)
        store = self.core.stores.default
        inspection = Inspection(image.disk_format or "raw", image.container_format)
        chunks = self.fetcher.open(given["import_from"]).chunks
        written = store.write(inspection.watch(chunks), self.core.size_limit)
        try:
            for name, value in of_data(written, inspection.finish(), [DEFAULT]).items():
                setattr(image, name, value)
            store.publish(written, image.id)
        except BaseException:
            store.discard(written.path)
            raise

        def last(conn: Connection) -> Row:
            queries.create(conn, image)
            return {"image_id": image.id}

        return last

    def _image(self, owner: str | None, given: Row, image_id: str) -> Image:
        now, values = self.core.now(), attributes.split(given["image_properties"])
        return Image(created_at=now, updated_at=now, **{"owner": owner, **values, "id": image_id})

    def _after(self, row: Row, succeeded: bool) -> None:
        if not succeeded:
            self.core.stores.default.delete(row["image_id"])
