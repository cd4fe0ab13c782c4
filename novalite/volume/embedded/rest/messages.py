"""/messages: since 3.3"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.messages import event_id, text_of
from novalite.volume.embedded.rest.requests import links_of, listed, query_of, service_of
from novalite.volume.embedded.rows import moment
from novalite.wsgi.operations import Answer, Operation, Request

SINCE = "3.3"


def _view(request: Request, row: Row) -> Row:
    return {
        "id": row["id"],
        "event_id": event_id(row),
        "user_message": text_of(row),
        "message_level": row["message_level"],
        "created_at": moment(row["created_at"]),
        "guaranteed_until": moment(row["expires_at"]),
        "request_id": row["request_id"],
        "resource_type": row["resource_type"],
        "resource_uuid": row["resource_uuid"],
        "links": links_of(request, f"/messages/{row['id']}"),
    }


def _list(request: Request) -> Row:
    query = query_of(request)
    found = service_of(request).messages.list_(request.context, query)
    return listed(request, "messages", "/messages", [_view(request, row) for row in found], query)


def _show(request: Request) -> Row:
    row = service_of(request).messages.show(request.context, request.path["id"])
    return {"message": _view(request, row)}


def _delete(request: Request) -> Answer:
    service_of(request).messages.delete(request.context, request.path["id"])
    return Answer()


OPERATIONS = [
    Operation("GET", "/messages", _list, "List messages", min_version=SINCE, errors=(400,)),
    Operation("GET", "/messages/{id}", _show, "Show a message", min_version=SINCE, errors=(404,)),
    Operation(
        "DELETE",
        "/messages/{id}",
        _delete,
        "Delete a message",
        success=204,
        min_version=SINCE,
        errors=(403, 404),
    ),
]
