"""The five operations of a resource whose rows only admins change, from one declaration."""

import dataclasses
from collections.abc import Callable
from typing import Any, cast

from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import is_admin, may_read_all, require, service_of
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """``of`` is the attribute of IdentityService that holds the resources; ``path`` is below /v3.
    ``public``: everybody with a token may look. ``extra``: unknown members are kept."""

    noun: str
    plural: str
    path: str
    of: str
    fields: forms.Schema
    view: Callable[[Request, Row], Row]
    required: tuple[str, ...] = ()
    changes: forms.Schema | None = None
    filters: tuple[str, ...] = ()
    public: bool = False
    extra: bool = False

    def records(self, req: Request) -> Records:
        return cast(Records, getattr(service_of(req), self.of))

    def values(self, req: Request, fields: forms.Schema) -> Row:
        read = forms.with_extra if self.extra else forms.known
        return read(req, self.noun, fields)

    def list_(self, req: Request) -> dict[str, Any]:
        require(self.public or may_read_all(req), f"list_{self.plural}")
        page = forms.page(req)
        rows = self.records(req).list_(forms.filters(req, *self.filters), page)
        items = [self.view(req, row) for row in rows]
        return views.collection(req, self.plural, items, f"/v3/{self.path}", page)

    def show(self, req: Request) -> dict[str, Any]:
        require(self.public or may_read_all(req), f"get_{self.noun}")
        return {self.noun: self.view(req, self.records(req).get(req.path["id"]))}

    def create(self, req: Request) -> dict[str, Any]:
        require(is_admin(req), f"create_{self.noun}")
        row = self.records(req).create(self.values(req, self.fields))
        return {self.noun: self.view(req, row)}

    def update(self, req: Request) -> dict[str, Any]:
        require(is_admin(req), f"update_{self.noun}")
        changes = self.values(req, self._changes)
        return {self.noun: self.view(req, self.records(req).update(req.path["id"], changes))}

    def delete(self, req: Request) -> None:
        require(is_admin(req), f"delete_{self.noun}")
        self.records(req).delete(req.path["id"])

    @property
    def _changes(self) -> forms.Schema:
        return self.fields if self.changes is None else self.changes

    def operations(self) -> list[Operation]:
        many, one = f"/v3/{self.path}", f"/v3/{self.path}/{{id}}"
        plural, noun = self.plural.replace("_", " "), self.noun.replace("_", " ")
        article = "an" if noun[0] in "aeio" else "a"
        return [
            Operation("GET", many, self.list_, f"List {plural}"),
            Operation("GET", one, self.show, f"Show {article} {noun}"),
            Operation(
                "POST", many, self.create, f"Create {article} {noun}", success=201,
                request=forms.body(self.noun, self.fields, self.required),
            ),
            Operation(
                "PATCH", one, self.update, f"Update {article} {noun}",
                request=forms.body(self.noun, self._changes),
            ),
            Operation("DELETE", one, self.delete, f"Delete {article} {noun}", success=204),
        ]  # fmt: skip
