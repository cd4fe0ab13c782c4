"""What other services tell of servers: /os-server-external-events."""

from novalite.api.compute import external_events
from novalite.api.openstack.schemas import server_external_events as schemas
from novalite.wsgi.operations import Answer, Operation, Request


def create(req: Request) -> Answer:
    """Each event is judged by itself: 207 when not all of them were accepted."""
    events = req.body["events"]
    codes = external_events.deliver(req.deployment, req.context, events)
    answered = [
        {
            **event,
            "status": event.get("status", "completed") if code == 200 else "failed",
            "code": code,
        }
        for event, code in zip(events, codes, strict=True)
    ]
    return Answer({"events": answered}, status=200 if set(codes) == {200} else 207)


OPERATIONS = [
    Operation(
        "POST",
        "/os-server-external-events",
        create,
        "Deliver events from other services",
        policy="os_compute_api:os-server-external-events:create",
        request=schemas.CREATE,
        response=schemas.CREATED,
        errors=(403,),
    ),
]
