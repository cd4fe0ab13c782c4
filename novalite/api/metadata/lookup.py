"""The documents of one server, from the databases, kept for a few seconds."""

import collections
import dataclasses
import threading

from oslo_config import cfg
from sqlalchemy import Connection

from novalite.api.metadata.caller import Caller
from novalite.clock import Clock
from novalite.db.api_database import instance_mappings, request_specs
from novalite.db.cell_database import instances
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.exception import Conflict, InstanceMappingNotFound, InstanceNotFound, NotFound
from novalite.guest_data import GuestData, password
from novalite.objects import Instance

MOST_CACHED = 4096


@dataclasses.dataclass(slots=True)
class _Known:
    data: GuestData
    project_id: str
    until: float


class Lookup:
    """``ttl``: seconds for which an answer is kept; cloud-init asks some thirty times at a
    guest's first start."""

    def __init__(
        self, databases: Databases, conf: cfg.ConfigOpts, clock: Clock, ttl: float
    ) -> None:
        if databases.api is None:
            raise ValueError("the metadata service needs the API database")
        self._databases = databases
        self._api = databases.api
        self._conf = conf
        self._clock = clock
        self._ttl = ttl
        self._lock = threading.Lock()
        self._known: collections.OrderedDict[str, _Known] = collections.OrderedDict()

    def find(self, caller: Caller) -> GuestData:
        """Raises NotFound for a server that is unknown, deleted, or another project's."""
        now = self._clock.monotonic()
        with self._lock:
            known = self._known.get(caller.instance_uuid)
            if known is not None and known.until <= now:
                del self._known[caller.instance_uuid]
                known = None
        if known is None:
            known = self._load(caller.instance_uuid, now)
        if known.project_id != caller.project_id:
            raise NotFound
        return known.data

    def set_password(self, caller: Caller, text: str) -> None:
        """Once. Raises Conflict when there is one, NotFound as ``find`` does."""
        cell = self._cell(caller.instance_uuid)
        with cell.write() as conn:
            instance = self._instance(conn, caller.instance_uuid)
            if instance.project_id != caller.project_id:
                raise NotFound
            there = instance.system_metadata or {}
            if password.join(there):
                raise Conflict("A password was set before.")
            instances.update(
                conn, instance.uuid, {"system_metadata": {**there, **password.split(text)}}
            )
        with self._lock:
            self._known.pop(caller.instance_uuid, None)

    def _load(self, uuid: str, now: float) -> _Known:
        cell = self._cell(uuid)
        with cell.read() as conn:
            instance = self._instance(conn, uuid)
        with self._api.read() as conn:
            spec = request_specs.parts(conn, [uuid], ["security_groups"]).get(uuid, {})
        groups = spec.get("security_groups") or ["default"]
        data = GuestData(instance, instance.network_info, self._conf, security_groups=groups)
        known = _Known(data, instance.project_id, now + self._ttl)
        if self._ttl > 0:
            with self._lock:
                self._known[uuid] = known
                while len(self._known) > MOST_CACHED:
                    self._known.popitem(last=False)
        return known

    def _cell(self, uuid: str) -> Database:
        try:
            with self._api.read() as conn:
                mapping = instance_mappings.get(conn, uuid)
        except InstanceMappingNotFound as error:
            raise NotFound from error
        if mapping.cell_uuid is None:
            raise NotFound
        return self._databases.cell(mapping.cell_uuid)

    @staticmethod
    def _instance(conn: Connection, uuid: str) -> Instance:
        try:
            return instances.get(conn, uuid, ("metadata", "system_metadata", "block_devices"))
        except InstanceNotFound as error:
            raise NotFound from error
