"""/volumes/{id}/metadata and /snapshots/{id}/metadata"""

from typing import Any

from novalite.exception import ValidationError
from novalite.volume.embedded.metadata import Metadata
from novalite.volume.embedded.rest.requests import PAIRS, object_, service_of
from novalite.wsgi.operations import Answer, Operation, Request

ALL = object_({"metadata": PAIRS}, "metadata")
ITEM = object_({"meta": {**PAIRS, "minProperties": 1, "maxProperties": 1}}, "meta")


class MetadataResource:
    """``noun`` is volume or snapshot."""

    def __init__(self, noun: str) -> None:
        self.noun = noun

    def operations(self) -> list[Operation]:
        path = f"/{self.noun}s/{{id}}/metadata"
        item = f"{path}/{{key}}"
        what = f"metadata of a {self.noun}"
        errors = (400, 403, 404)
        return [
            Operation("GET", path, self._show, f"Show the {what}", errors=(404,)),
            Operation("POST", path, self._add, f"Add to the {what}", request=ALL, errors=errors),
            Operation("PUT", path, self._replace, f"Replace {what}", request=ALL, errors=errors),
            Operation("GET", item, self._item, f"Show one item of the {what}", errors=(404,)),
            Operation(
                "PUT", item, self._set_item, f"Set one item of the {what}", request=ITEM,
                errors=errors,
            ),
            Operation(
                "DELETE", item, self._delete, f"Delete one item of the {what}", errors=(403, 404)
            ),
        ]  # fmt: skip

    def _of(self, request: Request) -> Metadata:
        service = service_of(request)
        return service.volume_metadata if self.noun == "volume" else service.snapshot_metadata

    def _show(self, request: Request) -> dict[str, Any]:
        return {"metadata": self._of(request).show(request.context, request.path["id"])}

    def _add(self, request: Request) -> dict[str, Any]:
        return self._write(request, replace=False)

    def _replace(self, request: Request) -> dict[str, Any]:
        return self._write(request, replace=True)

    def _write(self, request: Request, *, replace: bool) -> dict[str, Any]:
        values = request.body["metadata"]
        found = self._of(request).set(request.context, request.path["id"], values, replace=replace)
        return {"metadata": found}

    def _item(self, request: Request) -> dict[str, Any]:
        found = self._of(request).item(request.context, request.path["id"], request.path["key"])
        return {"meta": found}

    def _set_item(self, request: Request) -> dict[str, Any]:
        values = request.body["meta"]
        if request.path["key"] not in values:
            raise ValidationError(detail="Request body and URI mismatch")
        self._of(request).set(request.context, request.path["id"], values, replace=False)
        return {"meta": values}

    def _delete(self, request: Request) -> Answer:
        self._of(request).delete(request.context, request.path["id"], request.path["key"])
        return Answer(status=200)


OPERATIONS = [
    *MetadataResource("volume").operations(),
    *MetadataResource("snapshot").operations(),
]
