"""Locations: images whose data stay at a URL of the configured hosts. Off unless configured."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import queries
from novalite.image.embedded.core import Core
from novalite.image.embedded.fetching import Fetcher, NotFetched
from novalite.image.embedded.images import HASH, Images
from novalite.image.embedded.records import Image, Location
from novalite.image.embedded.stores import HTTP
from novalite.image.embedded.tasks import Job, Tasks

Row = dict[str, Any]
TASK = "location_import"
_DIGITS = {"sha512": 128, "sha384": 96, "sha256": 64, "sha224": 56, "sha1": 40, "md5": 32}
_HEX = re.compile(r"[0-9a-f]+")
_CHECKSUM_DIGITS = 32


class Locations:
    def __init__(self, core: Core, images: Images, tasks: Tasks, fetcher: Fetcher) -> None:
        self.core = core
        self.images = images
        self.tasks = tasks
        self.fetcher = fetcher
        self.enabled: bool = core.conf.embedded.image_locations
        tasks.jobs[TASK] = Job(self._hash, self._undo, lambda row, succeeded: None)

    def view(self, image: Image) -> list[Row]:
        """As clients see and send them."""
        return [{"url": self.url(image, place), "metadata": place.metadata}
                for place in image.locations]  # fmt: skip

    def url(self, image: Image, place: Location) -> str:
        if place.url is not None:
            return place.url
        return f"file://{self.core.stores.named[place.store].path(image.id) or ''}"

    # ---- by patches of the image ----

    def sizes(self, image: Image, wanted: list[Row]) -> dict[str, int | None]:
        """Of the new ones among ``wanted``, for ``change``: asked over HTTP, and so never while
        a transaction waits. Raises Invalid."""
        before = {self.url(image, place) for place in image.locations}
        new = [url for url in map(self._url_of, wanted) if url not in before]
        for url in new:
            self.fetcher.require(url, "locations")
        try:
            return {url: self.fetcher.size(url) for url in new}
        except NotFetched as e:
            raise exception.Invalid(f"Invalid location: {e}") from e

    def change(
        self, context: RequestContext, image: Image, wanted: list[Row], sizes: dict[str, int | None]
    ) -> None:
        """Make an image's locations those ``wanted``. Raises Invalid, Forbidden, Conflict.

        New ones are at the end; the last one stays; metadata may change. A queued image becomes
        active by its first location, and nothing is hashed.
        """
        before = {self.url(image, place): place for place in image.locations}
        urls = [self._url_of(entry) for entry in wanted]
        if len(set(urls)) != len(urls):
            raise exception.Invalid("Invalid location: it is there twice")
        if [url for url in before if url not in urls]:
            if not self.core.access.allowed(context, "delete_image_location", image):
                raise exception.Invalid("Original locations is not empty: they cannot be replaced")
            if not urls:
                raise exception.Forbidden("Cannot delete the last location of an image.")
        if any(url not in before for url in urls):
            self.core.access.authorize(context, "set_image_location", image)
        places = []
        for entry, url in zip(wanted, urls, strict=True):
            metadata = entry.get("metadata") or {}
            place = before.get(url)
            if place is None:
                if url not in sizes:
                    raise exception.Conflict("The image's locations have changed meanwhile.")
                place = self._new(image, entry, url, sizes[url])
            places.append(Location(place.id, place.store, place.url, metadata))
        image.locations = places

    @staticmethod
    def _url_of(entry: Any) -> str:
        if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
            raise exception.Invalid("Invalid location: it needs a url")
        if not isinstance(entry.get("metadata", {}), dict):
            raise exception.Invalid("Invalid location: its metadata are an object")
        return str(entry["url"])

    def _new(self, image: Image, entry: Row, url: str, size: int | None) -> Location:
        if image.status not in ("queued", "active"):
            raise exception.Conflict(
                f"Image status {image.status} does not permit to add a location"
            )
        validation = entry.get("validation_data")
        if validation is not None:
            self._take_validation(image, validation)
        if image.status == "queued":
            if image.disk_format is None or image.container_format is None:
                raise exception.Invalid(
                    "Properties disk_format, container_format must be set prior to saving data."
                )
            image.size = size
            image.status = "active"
        return Location(str(uuid.uuid4()), HTTP, url, {})

    @staticmethod
    def _take_validation(image: Image, given: Row) -> None:
        if not isinstance(given, dict) or image.status != "active":
            check_validation(given, with_checksum=True)
        for name in ("checksum", "os_hash_algo", "os_hash_value"):
            value = given.get(name)
            if value is None:
                continue
            known = getattr(image, name)
            if image.status == "active" and known != value:
                raise exception.Conflict(
                    f"{name} of the location's validation_data does not match the image's"
                )
            setattr(image, name, value)

    # ---- by a request of their own ----

    def add(self, context: RequestContext, image_id: str, url: str, given: Row) -> None:
        """queued -> importing; active when the data are hashed, or at once where nobody said what
        the hash is. Raises Invalid, Forbidden, ImageNotFound, Conflict."""
        if not self.enabled:
            raise exception.PolicyNotAuthorized(action="add_image_location")

        def work(conn: Connection) -> None:
            image = self.images.authorized(conn, context, image_id, "add_image_location")
            check_validation(given, with_checksum=False)
            self.fetcher.require(url, "location")
            if image.status != "queued":
                raise exception.Conflict(
                    f"Only images with status queued can be given a location: it is {image.status}"
                )
            changes: Row = {"status": "importing", "updated_at": self.core.now()}
            queries.update(conn, image_id, changes)
            task = {"image_id": image_id, "loc_url": url, "validation_data": given}
            self.tasks.add(conn, context, TASK, task, image_id=image_id)

        self.core.write(work)
        self.tasks.hurry()

    def list_(self, context: RequestContext, image_id: str) -> list[Row]:
        """Raises ImageNotFound, PolicyNotAuthorized."""
        if not self.enabled:
            raise exception.PolicyNotAuthorized(action="fetch_image_location")
        with self.core.database.read() as conn:
            image = self.images.authorized(conn, context, image_id, "fetch_image_location")
        return self.view(image)

    def _hash(self, row: Row) -> Callable[[Connection], Row | None]:
        """Read all of it: what it is, is known afterwards."""
        import hashlib

        given, image_id = row["input"], row["image_id"]
        url, said = given["loc_url"], given["validation_data"]
        algorithm = said.get("os_hash_algo") or HASH
        fetched = self.fetcher.open(url)
        if not said:
            self._activate(image_id, url, algorithm, fetched.size)
        md5 = hashlib.md5(usedforsecurity=False)
        digest = hashlib.new(algorithm, usedforsecurity=False)
        size = 0
        for chunk in fetched.chunks:
            if size % (64 << 20) < len(chunk):
                self._require_there(image_id)
            md5.update(chunk)
            digest.update(chunk)
            size += len(chunk)
        if said and digest.hexdigest() != said["os_hash_value"]:
            raise exception.Invalid(f"The {algorithm} hash of {url} is not the one announced.")
        changes: Row = {
            "status": "active",
            "size": size,
            "checksum": md5.hexdigest(),
            "os_hash_algo": algorithm,
            "os_hash_value": digest.hexdigest(),
        }

        def last(conn: Connection) -> Row:
            current = queries.get(conn, image_id)
            values = {**changes, "updated_at": self.core.now()}
            if current.status != "active":
                values["locations"] = [Location(str(uuid.uuid4()), HTTP, url, {})]
            queries.update(conn, image_id, values, status=["importing", "active"])
            return {"image_id": image_id}

        return last

    def _activate(self, image_id: str, url: str, algorithm: str, size: int | None) -> None:
        changes: Row = {
            "status": "active",
            "size": size,
            "os_hash_algo": algorithm,
            "locations": [Location(str(uuid.uuid4()), HTTP, url, {})],
            "updated_at": self.core.now(),
        }
        self.core.write(lambda conn: queries.update(conn, image_id, changes, status=["importing"]))

    def _require_there(self, image_id: str) -> None:
        """Nobody waits for the hash of an image that is gone. Raises ImageNotFound."""
        with self.core.database.read() as conn:
            queries.get(conn, image_id)

    def _undo(self, conn: Connection, row: Row) -> None:
        """The location stays with the image, as it does in the real service, but nobody gets
        data of a queued image."""
        place = Location(str(uuid.uuid4()), HTTP, row["input"]["loc_url"], {})
        changes: Row = {"status": "queued", "locations": [place], "updated_at": self.core.now()}
        queries.update(conn, row["image_id"], changes, status=["importing"])


def check_validation(given: Any, *, with_checksum: bool) -> None:
    """Raises Invalid for validation_data that are not a hash of a known kind and its value."""
    if not isinstance(given, dict):
        raise exception.Invalid("Invalid validation_data: an object is needed")
    known = {"os_hash_algo", "os_hash_value"} | ({"checksum"} if with_checksum else set())
    wrong = sorted(set(given) - known)
    if wrong:
        raise exception.Invalid(f"Invalid validation_data: {', '.join(wrong)}")
    if not given:
        return
    algorithm, value = given.get("os_hash_algo"), given.get("os_hash_value")
    if algorithm not in _DIGITS:
        raise exception.Invalid("Invalid validation_data: os_hash_algo is not supported")
    _check_hex("os_hash_value", value, _DIGITS[algorithm])
    if given.get("checksum") is not None:
        _check_hex("checksum", given["checksum"], _CHECKSUM_DIGITS)


def _check_hex(name: str, value: Any, digits: int) -> None:
    if not isinstance(value, str) or len(value) != digits or not _HEX.fullmatch(value):
        raise exception.Invalid(
            f"Invalid validation_data: {name} is not {digits} lower-case hexadecimal digits"
        )
