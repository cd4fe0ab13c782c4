"""The five operations of a resource that belongs to nobody, from one declaration."""

import dataclasses
from collections.abc import Callable
from typing import Any, cast

from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """``of`` is the attribute of IdentityService that holds the resources; ``path`` is below /v3.
    ``extra``: unknown members are kept."""

    noun: str
    plural: str
    path: str
    of: str
    fields: forms.Schema
    view: Callable[[Request, Row], Row]
    required: tuple[str, ...] = ()
    changes: forms.Schema | None = None
    filters: tuple[str, ...] = ()
    extra: bool = False

    def records(self, req: Request) -> Records:
        return cast(Records, getattr(service_of(req), self.of))

    def values(self, req: Request, fields: forms.Schema) -> Row:
        read = forms.with_extra if self.extra else forms.known
        return read(req, self.noun, fields)

    def list_(self, req: Request) -> dict[str, Any]:
        page = forms.page(req)
        rows = self.records(req).list_(forms.filters(req, *self.filters), page)
        items = [self.view(req, row) for row in rows]
        return views.collection(req, self.plural, items, f"/v3/{self.path}", page)

    def show(self, req: Request) -> dict[str, Any]:
        return {self.noun: self.view(req, self.records(req).get(req.path["id"]))}

    def create(self, req: Request) -> dict[str, Any]:
        row = self.records(req).create(self.values(req, self.fields))
        return {self.noun: self.view(req, row)}

    def update(self, req: Request) -> dict[str, Any]:
        changes = self.values(req, self._changes)
        return {self.noun: self.view(req, self.records(req).update(req.path["id"], changes))}

    def delete(self, req: Request) -> None:
        self.records(req).delete(req.path["id"])

    @property
    def _changes(self) -> forms.Schema:
        return self.fields if self.changes is None else self.changes

    def operations(self) -> list[Operation]:
        many, one = f"/v3/{self.path}", f"/v3/{self.path}/{{id}}"
        plural, noun = self.plural.replace("_", " "), self.noun.replace("_", " ")
        article = "an" if noun[0] in "aeio" else "a"
        return [
            Operation(
                "GET", many, self.list_, f"List {plural}", policy=f"identity:list_{self.plural}"
            ),
            Operation(
                "GET", one, self.show, f"Show {article} {noun}", policy=f"identity:get_{self.noun}"
            ),
            Operation(
                "POST", many, self.create, f"Create {article} {noun}", success=201,
                request=forms.body(self.noun, self.fields, self.required),
                policy=f"identity:create_{self.noun}",
            ),
            Operation(
                "PATCH", one, self.update, f"Update {article} {noun}",
                request=forms.body(self.noun, self._changes),
                policy=f"identity:update_{self.noun}",
            ),
            Operation(
                "DELETE", one, self.delete, f"Delete {article} {noun}", success=204,
                policy=f"identity:delete_{self.noun}",
            ),
        ]  # fmt: skip
