"""Images as records: who sees them, what may be changed, how they go."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import members, queries, quotas
from novalite.image.embedded.core import Core
from novalite.image.embedded.inspection import Inspection
from novalite.image.embedded.records import (
    CONTAINER_FORMATS,
    DISK_FORMATS,
    Image,
    ImageQuery,
    Location,
)
from novalite.image.embedded.store import Written
from novalite.image.embedded.stores import DEFAULT

Images_ = list[Image]

QUOTA = 128  # properties, tags, members, locations of one image
HASH = "sha512"
OWN_PREFIX = "os_glance_"  # of properties that only the service sets
_CHANGED = (
    "name", "owner", "visibility", "protected", "os_hidden", "disk_format", "container_format",
    "min_disk", "min_ram", "updated_at", "tags",
)  # fmt: skip
# What changes besides when a client sets locations.
_OF_LOCATIONS = ("locations", "status", "size", "checksum", "os_hash_algo", "os_hash_value")
WITH_DATA = ("active", "deactivated")


class QuotaExceeded(exception.NovaliteError):
    code = 413
    message = (
        "The limit has been exceeded on the number of allowed image {what}. "
        "Attempted: {attempted}, Maximum: {maximum}"
    )


class Images:
    def __init__(self, core: Core) -> None:
        self.core = core

    # ---- reading ----

    def visible_to(self, context: RequestContext) -> ImageQuery:
        """Raises PolicyNotAuthorized."""
        self.core.access.authorize_list(context)
        everything = self.core.access.is_admin(context)
        return ImageQuery(project_id=context.project_id, everything=everything)

    def find(self, query: ImageQuery) -> "Images_":
        """Raises MarkerNotFound."""
        with self.core.database.read() as conn:
            return queries.list_(conn, query)

    def show(self, context: RequestContext, image_id: str) -> Image:
        """Raises ImageNotFound also for an image that the caller may not see."""
        with self.core.database.read() as conn:
            return self.visible(conn, context, image_id)

    def visible(self, conn: Connection, context: RequestContext, image_id: str) -> Image:
        """Raises ImageNotFound."""
        image = queries.get(conn, image_id)
        if not self.core.access.is_visible(
            context, image, lambda project: members.is_member(conn, image_id, project)
        ):
            raise exception.ImageNotFound(image_id=image_id)
        return image

    def authorized(
        self, conn: Connection, context: RequestContext, image_id: str, rule: str
    ) -> Image:
        """An image with which the caller may do this. Raises ImageNotFound, PolicyNotAuthorized."""
        image = self.visible(conn, context, image_id)
        self.core.access.authorize(context, rule, image)
        return image

    # ---- writing ----

    def register(self, context: RequestContext, values: dict[str, Any]) -> Image:
        """``values`` are members of Image. Raises Forbidden, Conflict, QuotaExceeded, OverQuota."""
        now = self.core.now()
        owner = values.get("owner", context.project_id)
        given = {"id": str(uuid.uuid4()), **values, "owner": owner}
        image = Image(created_at=now, updated_at=now, **given)
        self.core.access.authorize_new(context, image)
        check(image)

        def work(conn: Connection) -> None:
            self.core.quotas.check(conn, owner, **{quotas.COUNT: 1})
            queries.create(conn, image)

        self.core.write(work)
        return image

    def update(
        self, context: RequestContext, image_id: str, change: Callable[[Image], None]
    ) -> Image:
        """``change`` alters the image that it is given, and may raise; it may be called again.

        Raises ImageNotFound, Forbidden, InvalidInput, QuotaExceeded.
        """

        def work(conn: Connection) -> Image:
            image = self.authorized(conn, context, image_id, "modify_image")
            before = dataclasses.replace(image, properties=dict(image.properties),
                                         tags=list(image.tags))  # fmt: skip
            change(image)
            self._require_allowed(context, before, image)
            check(image)
            image.updated_at = self.core.now()
            self._write_changes(conn, before, image)
            return image

        found: Image = self.core.write(work)
        return found

    def _require_allowed(self, context: RequestContext, before: Image, image: Image) -> None:
        if image.visibility != before.visibility:
            self.core.access.authorize_visibility(context, image)
        if image.owner != before.owner and not self.core.access.is_admin(context):
            raise exception.Forbidden("Only an administrator may change an image's owner.")
        if _formats(image) != _formats(before) and before.status != "queued":
            # Else data inspected as one format could be used as another.
            raise exception.Forbidden(
                "Attributes disk_format and container_format can be only replaced for a "
                "queued image."
            )

    @staticmethod
    def _write_changes(conn: Connection, before: Image, image: Image) -> None:
        """What was changed and nothing else: an import may be changing the rest. Raises Conflict
        when data have come meanwhile."""
        names = list(_CHANGED)
        if image.locations != before.locations:
            names += _OF_LOCATIONS
        changes = {
            name: getattr(image, name)
            for name in names
            if getattr(image, name) != getattr(before, name)
        }
        of_data = {"disk_format", "container_format", *_OF_LOCATIONS}.intersection(changes)
        status = [before.status] if of_data else None
        if not queries.update(conn, image.id, changes, status=status):
            raise exception.Conflict(f"Image {image.id} has changed meanwhile.")
        names_now = {**dict.fromkeys(before.properties), **image.properties}
        properties = {
            name: value for name, value in names_now.items() if before.properties.get(name) != value
        }
        if properties:
            queries.set_properties(conn, image.id, properties)

    def set_active(self, context: RequestContext, image_id: str, active: bool) -> None:
        """Reactivate or deactivate: the data stay, but only administrators may have them.
        Raises ImageNotFound, Forbidden for an image without data."""
        verb, status = ("reactivate", "active") if active else ("deactivate", "deactivated")

        def work(conn: Connection) -> None:
            image = self.authorized(conn, context, image_id, verb)
            if image.status not in WITH_DATA:
                raise exception.Forbidden(f"Not allowed to {verb} image in status '{image.status}'")
            changes = {"status": status, "updated_at": self.core.now()}
            queries.update(conn, image_id, changes, status=WITH_DATA)

        self.core.write(work)

    def delete(self, context: RequestContext, image_id: str) -> None:
        """Raises ImageNotFound, Forbidden for a protected one."""

        def work(conn: Connection) -> None:
            image = self.authorized(conn, context, image_id, "delete_image")
            if image.protected:
                raise exception.Forbidden(f"Image {image_id} is protected and cannot be deleted.")
            queries.destroy(conn, image_id)

        self.core.write(work)
        self.core.stores.delete(image_id)

    def delete_from_store(self, context: RequestContext, image_id: str, name: str) -> None:
        """Raises ImageNotFound, NotFound for a store without the image, Forbidden for the last
        one and for those that are not administrators."""

        def work(conn: Connection) -> None:
            image = self.authorized(conn, context, image_id, "delete_image_location")
            left = [place for place in image.locations if place.store != name]
            if len(left) == len(image.locations):
                raise exception.NotFound(f"Image {image_id} is not stored in store {name}.")
            if not left or image.protected:
                raise exception.Forbidden(
                    f"Image {image_id} cannot be deleted from its last store {name}."
                    if not left
                    else f"Image {image_id} is protected and cannot be deleted."
                )
            queries.update(conn, image_id, {"locations": left, "updated_at": self.core.now()})

        self.core.write(work)
        store = self.core.stores.named.get(name)
        if store is not None:
            store.delete(image_id)

    def add(self, values: dict[str, Any], chunks: Iterable[bytes]) -> Image:
        """Data and row of a new image at once: killed in the middle, there is nothing. For the
        service's own images. Raises what Store.write and Inspection raise."""
        now = self.core.now()
        image = Image(created_at=now, updated_at=now, **{"id": str(uuid.uuid4()), **values})
        check(image)
        store = self.core.stores.default
        inspection = Inspection(image.disk_format or "raw", image.container_format)
        written = store.write(inspection.watch(chunks), self.core.size_limit)
        try:
            for name, value in of_data(written, inspection.finish(), [DEFAULT]).items():
                setattr(image, name, value)
            store.publish(written, image.id)
            self.core.write(lambda conn: queries.create(conn, image))
        except BaseException:
            store.discard(written.path)
            store.delete(image.id)
            raise
        return image


def of_data(written: Written, virtual_size: int | None, stores: Iterable[str]) -> dict[str, Any]:
    """The changes of an image whose data are now in ``stores``."""
    return {
        "status": "active",
        "size": written.size,
        "virtual_size": virtual_size,
        "checksum": written.checksum,
        "os_hash_algo": HASH,
        "os_hash_value": written.os_hash_value,
        "locations": [Location(str(uuid.uuid4()), name) for name in stores],
    }


def _formats(image: Image) -> tuple[str | None, str | None]:
    return image.disk_format, image.container_format


def check(image: Image) -> None:
    """Raises InvalidInput, QuotaExceeded."""
    own = [name for name in image.properties if name.startswith(OWN_PREFIX)]
    counted = {
        "properties": len(image.properties) - len(own),
        "tags": len(image.tags),
        "locations": len(image.locations),
    }
    for what, attempted in counted.items():
        if attempted > QUOTA:
            raise QuotaExceeded(what=what, attempted=attempted, maximum=QUOTA)
    disk, container = image.disk_format, image.container_format
    if disk is not None and disk not in DISK_FORMATS:
        raise exception.InvalidInput(reason=f"Invalid disk format {disk}")
    if container is not None and container not in CONTAINER_FORMATS:
        raise exception.InvalidInput(reason=f"Invalid container format {container}")
