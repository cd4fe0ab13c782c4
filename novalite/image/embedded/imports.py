"""Imports of one image: what was staged, what is at a URL or in another image service, and
copies into further stores."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from oslo_utils import uuidutils
from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import queries
from novalite.image.embedded.core import Core
from novalite.image.embedded.fetching import Fetcher
from novalite.image.embedded.images import Images, of_data
from novalite.image.embedded.inspection import Inspection
from novalite.image.embedded.records import Image, Location
from novalite.image.embedded.remote_images import RemoteImages
from novalite.image.embedded.store import Written
from novalite.image.embedded.stores import DEFAULT
from novalite.image.embedded.tasks import Job, Tasks

Row = dict[str, Any]
DIRECT, WEB, REMOTE, COPY = "glance-direct", "web-download", "glance-download", "copy-image"
TASK = "api_image_import"
TASK_ID = "os_glance_import_task"
TO_DO = "os_glance_importing_to_stores"
FAILED = "os_glance_failed_import"


class Imports:
    def __init__(
        self,
        core: Core,
        images: Images,
        tasks: Tasks,
        fetcher: Fetcher,
        remote: RemoteImages,
        data_of: Callable[[Image], Iterator[bytes]],
    ) -> None:
        self.core = core
        self.images = images
        self.tasks = tasks
        self.fetcher = fetcher
        self.remote = remote
        self.data_of = data_of
        tasks.jobs[TASK] = Job(self._work, self._undo, self._after)

    def methods(self) -> list[str]:
        found = [DIRECT, REMOTE]
        if self.fetcher.configured:
            found.append(WEB)
        if len(self.core.stores.named) > 1:
            found.append(COPY)
        return found

    # ---- the request ----

    def begin(self, context: RequestContext, image_id: str, body: Row) -> None:
        """``body`` as in POST /v2/images/{id}/import, of the right types. Raises Invalid,
        ImageNotFound, Forbidden, Conflict for an image that is not in the right state."""
        method = body["method"]
        self._check_method(method)
        rule = "copy_image" if method["name"] == COPY else "modify_image"
        task_id = str(uuid.uuid4())

        def work(conn: Connection) -> None:
            image = self.images.authorized(conn, context, image_id, rule)
            names = self._targets(body, image, method["name"])
            self._check_state(image, method["name"])
            changes: Row = {"updated_at": self.core.now()}
            if method["name"] != COPY:
                changes["status"] = "importing"
            if not queries.update(conn, image_id, changes, status=[image.status]):
                raise exception.Conflict(f"Image {image_id} has changed meanwhile.")
            marks = {TASK_ID: task_id, TO_DO: ",".join(names), FAILED: ""}
            queries.set_properties(conn, image_id, marks)
            given = {"image_id": image_id, "import_req": body, "backend": names}
            self.tasks.add(conn, context, TASK, given, task_id=task_id, image_id=image_id)

        if method["name"] == REMOTE:
            self.remote.remember(task_id, context)
        self.core.write(work)
        self.tasks.hurry()

    def _check_method(self, method: Row) -> None:
        name = method["name"]
        if name not in self.methods():
            raise exception.Invalid(f"Unknown import method name '{name}'.")
        if name == WEB:
            if not isinstance(method.get("uri"), str):
                raise exception.Invalid("URI is required in the request body to use web-download")
            self.fetcher.require(method["uri"], WEB)
        if name == REMOTE:
            if not method.get("glance_region") or not method.get("glance_image_id"):
                raise exception.Invalid(
                    "'glance_region' and 'glance_image_id' are required to use glance-download"
                )
            if not uuidutils.is_uuid_like(method["glance_image_id"]):
                raise exception.Invalid("Remote image id does not look like a UUID")

    def _targets(self, body: Row, image: Image, method: str) -> list[str]:
        """The stores to import to."""
        names = body.get("stores") or []
        if body.get("all_stores"):
            if names:
                raise exception.Invalid("'stores' cannot be given together with 'all_stores'.")
            names = list(self.core.stores.named)
        for name in names:
            self.core.stores.get(name)
        if method == COPY:
            there = {place.store for place in image.locations}
            if not names:
                raise exception.Invalid("'stores' or 'all_stores' is required for 'copy-image'.")
            if not body.get("all_stores") and there.intersection(names):
                raise exception.Invalid(
                    f"Image is already present at store '{sorted(there.intersection(names))[0]}'"
                )
            return [name for name in names if name not in there]
        return names or [DEFAULT]

    @staticmethod
    def _check_state(image: Image, method: str) -> None:
        needed = {DIRECT: "uploading", COPY: "active"}.get(method, "queued")
        if image.status != needed:
            if method == DIRECT:
                raise exception.Conflict(
                    "Image needs to be staged before 'glance-direct' method can be used"
                )
            raise exception.Conflict(
                f"Image needs to be in '{needed}' state to use '{method}' method"
            )
        if method == DIRECT and image.size is None:
            raise exception.Conflict("The image's data are still being staged.")
        if TASK_ID in image.properties:
            raise exception.Conflict(f"Image {image.id} is being imported already.")
        for name in ("container_format", "disk_format"):
            if getattr(image, name) is None:
                raise exception.Invalid(f"'{name}' needs to be set before import")

    # ---- the work ----

    def _work(self, row: Row) -> Callable[[Connection], Row | None]:
        with self.core.database.read() as conn:
            image = queries.get(conn, row["image_id"])
        method = row["input"]["import_req"]["method"]
        if image.properties.get(TASK_ID) != row["id"]:
            raise exception.ImageNotFound(image_id=image.id)
        if method["name"] == COPY:
            return self._copy(row, image)
        changes, source = self._source(row, image, method)
        inspected = Image(**{**_fields(image), **changes})
        done, failed, written, virtual = self._to_stores(row, inspected, source)
        of_image = {**of_data(written, virtual, done), **changes, "updated_at": self.core.now()}

        def last(conn: Connection) -> Row:
            current = queries.get(conn, image.id)
            merged = {**current.properties, **changes.get("properties", {})}
            merged |= {TO_DO: "", FAILED: ",".join(failed)}
            merged.pop(TASK_ID, None)
            values = {**of_image, "properties": merged}
            if not queries.update(conn, image.id, values, status=["importing"]):
                raise exception.ImageNotFound(image_id=image.id)
            return {"image_id": image.id}

        return last

    def _source(
        self, row: Row, image: Image, method: Row
    ) -> tuple[Row, Callable[[], Iterator[bytes]]]:
        """What the image takes over besides the data, and the data (as often as asked for)."""
        if method["name"] == DIRECT:
            staging = self.core.stores.staging
            return {}, lambda: staging.read(image.id)
        if method["name"] == WEB:
            return {}, lambda: self.fetcher.open(method["uri"]).chunks
        found = self.remote.find(row["id"], method)
        return found.changes(), found.chunks

    def _to_stores(
        self, row: Row, image: Image, source: Callable[[], Iterator[bytes]]
    ) -> tuple[list[str], list[str], Written, int | None]:
        """The stores that have the data now, those that could not take them, and what they are."""
        names, strict = row["input"]["backend"], _all_must_succeed(row)
        done: list[str] = []
        failed: list[str] = []
        result: tuple[Written, int | None] | None = None
        error: exception.NovaliteError | None = None
        for name in names:
            store = self.core.stores.get(name)
            chunks = source() if not done else self.core.stores.get(done[0]).read(image.id)
            inspection = Inspection(image.disk_format or "raw", image.container_format)
            try:
                written = store.write(inspection.watch(chunks), self._limit(image))
                try:
                    virtual = inspection.finish()
                    store.publish(written, image.id)
                except BaseException:
                    store.discard(written.path)
                    raise
            except exception.Invalid:
                raise  # it would be refused everywhere
            except exception.NovaliteError as e:
                if strict:
                    raise
                error = e
                failed.append(name)
            else:
                done.append(name)
                result = result or (written, virtual)
            self._progress(image.id, names, done, failed)
        if result is None:
            raise error or exception.Invalid("There is no store to import to.")
        return done, failed, *result

    def _limit(self, image: Image) -> int:
        from novalite.image.embedded.quotas import SIZE

        with self.core.database.read() as conn:
            room = self.core.quotas.room(conn, image.owner, SIZE)
        return self.core.size_limit if room is None else min(room, self.core.size_limit)

    def _progress(
        self, image_id: str, names: list[str], done: list[str], failed: list[str]
    ) -> None:
        left = [name for name in names if name not in done and name not in failed]
        marks = {TO_DO: ",".join(left), FAILED: ",".join(failed)}

        def work(conn: Connection) -> None:
            if queries.update(conn, image_id, {"updated_at": self.core.now()}):
                queries.set_properties(conn, image_id, marks)

        self.core.write(work)

    def _copy(self, row: Row, image: Image) -> Callable[[Connection], Row | None]:
        names, strict = row["input"]["backend"], _all_must_succeed(row)
        done: list[str] = []
        failed: list[str] = []
        for name in names:
            store = self.core.stores.get(name)
            try:
                chunks = self.data_of(image)
                store.publish(store.write(chunks, self.core.size_limit), image.id)
                done.append(name)
            except exception.NovaliteError:
                if strict:
                    raise
                failed.append(name)
            self._progress(image.id, names, done, failed)

        def last(conn: Connection) -> Row:
            current = queries.get(conn, image.id)
            there = {place.store for place in current.locations}
            new = [Location(str(uuid.uuid4()), name) for name in done if name not in there]
            changes = {"locations": current.locations + new, "updated_at": self.core.now()}
            queries.update(conn, image.id, changes)
            marks: dict[str, str | None] = {TASK_ID: None, TO_DO: "", FAILED: ",".join(failed)}
            queries.set_properties(conn, image.id, marks)
            return {"image_id": image.id}

        return last

    # ---- its end ----

    def _undo(self, conn: Connection, row: Row) -> None:
        method = row["input"]["import_req"]["method"]["name"]
        changes: Row = {"updated_at": self.core.now()}
        status = ["active", "deactivated"]
        if method != COPY:
            changes |= {"status": "queued", "size": None}
            status = ["importing"]
        if queries.update(conn, row["image_id"], changes, status=status):
            failed = ",".join(row["input"]["backend"])
            marks: dict[str, str | None] = {TASK_ID: None, TO_DO: "", FAILED: failed}
            queries.set_properties(conn, row["image_id"], marks)

    def _after(self, row: Row, succeeded: bool) -> None:
        """Files that no row speaks of."""
        stores, image_id = self.core.stores, row["image_id"]
        self.remote.forget(row["id"])
        with self.core.database.read() as conn:
            try:
                image: Image | None = queries.get(conn, image_id)
            except exception.ImageNotFound:
                image = None
        if image is None:
            stores.delete(image_id)
            return
        there = {place.store for place in image.locations}
        for name in row["input"]["backend"]:
            if name in stores.named and name not in there:
                stores.named[name].delete(image_id)
        if row["input"]["import_req"]["method"]["name"] == DIRECT:
            stores.staging.delete(image_id)


def _all_must_succeed(row: Row) -> bool:
    return row["input"]["import_req"].get("all_stores_must_succeed", True) is not False


def _fields(image: Image) -> Row:
    return {name: getattr(image, name) for name in image.__slots__}
