"""Where a host keeps what belongs to its guests.

``<instances_path>/<uuid>/`` holds all files of one guest: removing that directory removes the
guest's data. ``<instances_path>/_base/`` holds base images, which guests share.
"""

import os
import shutil
import uuid

BASE = "_base"
REMOVED = ".removed"


class Paths:
    def __init__(self, instances_path: str) -> None:
        self.root = os.path.abspath(instances_path)
        self.base = os.path.join(self.root, BASE)

    def prepare(self) -> None:
        """Make the directories. QEMU may run as another user: it must be able to pass through
        them, and need not be able to list them."""
        os.makedirs(self.base, exist_ok=True)
        for path in (self.root, self.base):
            os.chmod(path, 0o711)

    def guest(self, instance_uuid: str) -> str:
        return os.path.join(self.root, instance_uuid)

    def file(self, instance_uuid: str, name: str) -> str:
        return os.path.join(self.root, instance_uuid, name)

    def console(self, instance_uuid: str) -> str:
        return self.file(instance_uuid, "console.log")

    def make_guest(self, instance_uuid: str) -> str:
        path = self.guest(instance_uuid)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, 0o711)
        return path

    def remove_guest(self, instance_uuid: str) -> None:
        """Gone from its name at once, then from the disk: a crash between the two leaves
        something that ``remove_leftovers`` knows."""
        path = self.guest(instance_uuid)
        aside = path + REMOVED
        try:
            os.rename(path, aside)
        except FileNotFoundError:
            pass
        except OSError:
            # An earlier removal was cut off and its directory still lies there.
            shutil.rmtree(aside, ignore_errors=True)
            os.rename(path, aside)
        shutil.rmtree(aside, ignore_errors=True)

    def remove_leftovers(self) -> None:
        for name in os.listdir(self.root):
            if name.endswith(REMOVED):
                shutil.rmtree(os.path.join(self.root, name), ignore_errors=True)

    def guests(self) -> list[str]:
        """The uuids that have a directory here."""
        found = []
        for name in os.listdir(self.root):
            try:
                found.append(str(uuid.UUID(name)))
            except ValueError:
                continue
        return found

    def closed_to_others(self) -> str | None:
        """The first directory on the way here through which another user cannot pass."""
        parts = self.root.split(os.sep)
        for depth in range(2, len(parts) + 1):
            path = os.sep.join(parts[:depth])
            if not os.stat(path).st_mode & 0o001:
                return path
        return None
