"""Image data as files: ``<directory>/<image id>``, there only when whole and final."""

import contextlib
import dataclasses
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator

from novalite import exception

CHUNK = 256 * 1024  # bytes read at once
_ZEROS = bytes(CHUNK)
_PARTIAL = ".partial"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class StorageFull(exception.NovaliteError):
    code = 413
    message = "There is not enough disk space on the image storage media."


class ImageSizeLimitExceeded(exception.NovaliteError):
    code = 413
    message = "Image exceeds the size limit of {limit} bytes."


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """Data in the store under a name of their own, until ``Store.publish``."""

    path: str
    size: int
    checksum: str
    os_hash_value: str


class Store:
    """Errors: StorageFull, ImageSizeLimitExceeded. The directory is closed to other users; the
    files are not, so that a hard link elsewhere can be read by the hypervisor's user."""

    def __init__(self, directory: str) -> None:
        self._directory = os.path.abspath(directory)
        self._partial = os.path.join(self._directory, _PARTIAL)
        os.makedirs(self._partial, mode=0o700, exist_ok=True)
        os.chmod(self._directory, 0o700)
        self._owner: int | None = None

    def own(self) -> bool:
        """Whether this is the only store object on the directory, in any process; holds until
        ``close``. Only the owner may clean up: another one's upload is not garbage."""
        if self._owner is None:
            path = os.path.join(self._directory, ".lock")
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._owner = descriptor
        return True

    @property
    def directory(self) -> str:
        return self._directory

    @property
    def chunk(self) -> int:
        return CHUNK

    def close(self) -> None:
        if self._owner is not None:
            os.close(self._owner)
            self._owner = None

    def path(self, image_id: str) -> str | None:
        """The file with an image's data; None when there is none."""
        if not _ID.fullmatch(image_id):
            return None
        path = os.path.join(self._directory, image_id)
        return path if os.path.exists(path) else None

    def room(self) -> int:
        """Free bytes for the service's user."""
        found = os.statvfs(self._directory)
        return found.f_bavail * found.f_frsize

    def write(self, chunks: Iterable[bytes], limit: int) -> Written:
        """On any exception nothing is left behind."""
        path = os.path.join(self._partial, secrets.token_hex(16))
        md5 = hashlib.md5(usedforsecurity=False)
        sha512 = hashlib.sha512()
        size = 0
        try:
            with open(path, "xb", buffering=0) as file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise ImageSizeLimitExceeded(limit=limit)
                    md5.update(chunk)
                    sha512.update(chunk)
                    if chunk == _ZEROS[: len(chunk)]:
                        os.lseek(file.fileno(), size, os.SEEK_SET)  # a hole, read as zeros
                        continue
                    view = memoryview(chunk)
                    while view:
                        view = view[file.write(view) :]
                os.ftruncate(file.fileno(), size)
                os.fchmod(file.fileno(), 0o444)
                os.fsync(file.fileno())
        except BaseException as e:
            self.discard(path)
            if isinstance(e, OSError) and e.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull() from e
            raise
        return Written(path, size, md5.hexdigest(), sha512.hexdigest())

    def publish(self, written: Written, image_id: str) -> None:
        """Make it the image's data, surviving a crash of the machine from now on."""
        os.rename(written.path, self._name(image_id))
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def discard(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def read(self, image_id: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Opens at once (ImageNotFound), reads as it goes; readers of an image that is deleted
        meanwhile get the rest."""
        path = self.path(image_id)
        if path is None:
            raise exception.ImageNotFound(image_id=image_id)
        try:
            file = open(path, "rb", buffering=0)  # noqa: SIM115
        except FileNotFoundError as e:
            raise exception.ImageNotFound(image_id=image_id) from e
        file.seek(start)

        def chunks() -> Iterator[bytes]:
            left = length
            with file:
                while left is None or left > 0:
                    chunk = file.read(CHUNK if left is None else min(CHUNK, left))
                    if not chunk:
                        return
                    if left is not None:
                        left -= len(chunk)
                    yield chunk

        return chunks()

    def adopt(self, path: str, image_id: str) -> int:
        """Make a file of this host an image's data as well: another name of it, or a copy where
        that is not possible. Its size. Raises FileNotFoundError."""
        own = os.path.join(self._partial, secrets.token_hex(16))
        try:
            try:
                os.link(path, own)
            except OSError as e:
                if e.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
                    raise
                shutil.copyfile(path, own)
            size = os.path.getsize(own)
            os.rename(own, self._name(image_id))
        except BaseException:
            self.discard(own)
            raise
        return size

    def _name(self, image_id: str) -> str:
        if not _ID.fullmatch(image_id):
            raise ValueError(image_id)
        return os.path.join(self._directory, image_id)

    def delete(self, image_id: str) -> None:
        """Deleting what is gone is not an error."""
        if _ID.fullmatch(image_id):
            self.discard(os.path.join(self._directory, image_id))

    def sweep(self, keep: set[str]) -> int:
        """Remove half-written data, and data of images that are not in ``keep``; how many."""
        gone = [os.path.join(self._partial, name) for name in os.listdir(self._partial)]
        gone += [
            os.path.join(self._directory, name)
            for name in os.listdir(self._directory)
            if _ID.fullmatch(name) and name not in keep
        ]
        for path in gone:
            self.discard(path)
        return len(gone)


def file_chunks(path: str) -> Iterator[bytes]:
    """A file of this host, read once from its beginning to its end."""
    with open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        while chunk := file.read(CHUNK):
            yield chunk
