"""Records made from other records on the way from a build request to a host."""

import dataclasses
import datetime
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Database, DuplicateKey
from novalite.objects import (
    BuildRequest,
    BuildWork,
    Instance,
    InstanceAction,
    RequestSpec,
    Scheduling,
    Selection,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Promise:
    """A server that was accepted: what is to be built, and where it may go."""

    request: BuildRequest
    spec: RequestSpec

    @property
    def uuid(self) -> str:
        return self.request.instance_uuid

    def action(self, context: RequestContext, now: datetime.datetime) -> InstanceAction:
        """``create``, with the id of the request that was answered with 202."""
        instance = self.request.instance
        return InstanceAction(
            action="create",
            instance_uuid=self.uuid,
            request_id=self.request.request_id or context.request_id,
            user_id=instance.user_id,
            project_id=instance.project_id,
            start_time=self.request.created_at or now,
            updated_at=now,
        )


def new_instance(promise: Promise, selections: Sequence[Selection] = ()) -> Instance:
    """The row to be: as the API made it, on the host of the first selection, with the others as
    alternates. A new record each time, since the build request's may be needed again."""
    instance = dataclasses.replace(promise.request.instance)
    instance.block_devices = [dataclasses.replace(d) for d in promise.request.block_devices]
    instance.tags = list(promise.request.tags)
    instance.id = None
    instance.created_at = instance.created_at or promise.request.created_at
    if selections:
        chosen = selections[0]
        instance.host = chosen.host
        instance.node = chosen.node
        instance.compute_id = chosen.compute_id
        instance.availability_zone = chosen.availability_zone
        instance.scheduling = Scheduling(attempts=1, tried=[], alternates=list(selections[1:]))
    return instance


def work_of(instance: Instance, promise: Promise, admin_password: str | None) -> BuildWork:
    return build_work(instance, promise.spec, promise.request.request_id, admin_password)


def build_work(
    instance: Instance,
    spec: RequestSpec,
    request_id: str | None,
    admin_password: str | None = None,
) -> BuildWork:
    """``instance`` with all its collections."""
    return BuildWork(
        instance=instance,
        image=spec.image,
        requested_networks=spec.requested_networks,
        security_groups=spec.security_groups,
        injected_files=spec.injected_files,
        admin_password=admin_password,
        request_id=request_id,
    )


def write_rows(database: Database, write: Callable[[Connection], None]) -> None:
    """Run ``write``, which makes those rows that are not there; once more when another conductor
    made one of them at the same moment."""
    try:
        database.run(write)
    except DuplicateKey:
        database.run(write)
