"""All documents under their paths."""

import datetime
import json
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from novalite.exception import NotFound
from novalite.guest_data import (
    ec2,
    meta_data,
    network_data,
    password,
    user_data,
    vendor_data,
    vendor_data2,
    versions,
)
from novalite.guest_data.source import Source
from novalite.objects import VIF, Instance

OPENSTACK = "openstack"
CONTENT = "content"


class GuestData:
    """One server's documents.

    ``instance`` with metadata, system metadata and block devices. ``conf``: the process's
    configuration ([api] options). ``files``: (path in the guest, content).
    """

    def __init__(
        self,
        instance: Instance,
        network_info: Sequence[VIF] | None,
        conf: cfg.ConfigOpts,
        *,
        admin_password: str | None = None,
        files: Sequence[tuple[str, bytes]] = (),
        security_groups: Sequence[str] = ("default",),
        today: datetime.date | None = None,
    ) -> None:
        self._source = Source(
            instance, network_info or (), conf, admin_password, files, security_groups
        )
        self._today = today or datetime.datetime.now(datetime.UTC).date()

    # ---- the config drive ----

    def files(self) -> dict[str, bytes]:
        """Everything that a config drive holds: relative path -> content.

        Raises DependencyUnavailable for a vendor data service that is declared fatal.
        """
        source = self._source
        found: dict[str, bytes] = {}
        for version in versions.EC2_ON_DRIVE:
            data = ec2.as_json(ec2.meta_data(source, version))
            found[f"ec2/{version}/meta-data.json"] = json.dumps(data).encode()
            content = user_data.render(source)
            if content is not None:
                found[f"ec2/{version}/{ec2.USER_DATA}"] = content
        vendor = self._vendor_documents()
        for version in (*versions.OPENSTACK, versions.LATEST):
            for name in self._names(version):
                if name != password.NAME:
                    content = vendor.get(name)
                    found[f"{OPENSTACK}/{version}/{name}"] = (
                        self._document(name, version) if content is None else content
                    )
        for number, (_path, content) in enumerate(source.files):
            found[OPENSTACK + meta_data.content_path(number)] = content
        return found

    def paths(self) -> list[str]:
        return sorted(self.files())

    def _vendor_documents(self) -> dict[str, bytes]:
        """The same in every version, and to be asked of the operator's services once."""
        return {
            vendor_data.NAME: vendor_data.render(self._source),
            vendor_data2.NAME: vendor_data2.render(self._source),
        }

    # ---- HTTP ----

    def get(self, path: str) -> bytes:
        """The document at ``path``, or the listing of a directory.

        Raises NotFound. ``password`` is not answered here (it may be written); see
        ``stored_password``.
        """
        parts = [part for part in path.split("/") if part and part != "."]
        if not parts:
            return "\n".join([*versions.EC2, versions.LATEST]).encode()
        if parts[0] == OPENSTACK:
            return self._openstack(parts[1:])
        if parts[0] == "ec2":
            parts = parts[1:]
            if not parts:
                return "\n".join([*versions.EC2, versions.LATEST]).encode()
        return self._ec2(parts)

    def stored_password(self) -> str:
        return password.join(self._source.instance.system_metadata)

    def _openstack(self, parts: list[str]) -> bytes:
        if not parts:
            return "\n".join(versions.shown(self._today)).encode()
        version, rest = parts[0], parts[1:]
        if version == CONTENT:
            return self._content(rest)
        if version not in (*versions.OPENSTACK, versions.LATEST):
            raise NotFound
        if not rest:
            return "\n".join(self._names(version)).encode()
        if len(rest) > 1 or rest[0] not in self._names(version):
            raise NotFound
        return self._document(rest[0], version)

    def _content(self, rest: list[str]) -> bytes:
        for number, (_path, content) in enumerate(self._source.files):
            if [CONTENT, *rest] == meta_data.content_path(number).split("/")[1:]:
                return content
        raise NotFound

    def _ec2(self, parts: list[str]) -> bytes:
        if parts[0] not in (*versions.EC2, versions.LATEST):
            raise NotFound
        found: Any = ec2.tree(self._source, parts[0])
        for part in parts[1:]:
            if not isinstance(found, dict) or part not in found or part == ec2.LISTED_AS:
                raise NotFound
            found = found[part]
        if isinstance(found, bytes):
            return found
        if isinstance(found, dict):
            return ec2.listing(found).encode()
        if isinstance(found, list):
            return "\n".join(found).encode()
        return str(found).encode()

    # ---- both ----

    def _names(self, version: str) -> list[str]:
        """The documents of one openstack version."""
        names = [meta_data.NAME]
        if self._source.instance.user_data:
            names.append(user_data.NAME)
        for name, since in (
            (password.NAME, versions.GRIZZLY),
            (vendor_data.NAME, versions.HAVANA),
            (network_data.NAME, versions.LIBERTY),
            (vendor_data2.NAME, versions.NEWTON_TWO),
        ):
            if versions.at_least(version, since):
                names.append(name)
        return names

    def _document(self, name: str, version: str) -> bytes:
        source = self._source
        if name == meta_data.NAME:
            return meta_data.render(source, version)
        if name == user_data.NAME:
            return user_data.render(source) or b""
        if name == network_data.NAME:
            return network_data.render(source.network_info)
        if name == vendor_data.NAME:
            return vendor_data.render(source)
        if name == vendor_data2.NAME:
            return vendor_data2.render(source)
        return self.stored_password().encode()
