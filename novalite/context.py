"""Who asks: the request context, which follows a request through every service and log line."""

from typing import Any

from oslo_context import context as oslo_context

_TRAVELS = (
    "user_id",
    "user_name",
    "project_id",
    "project_name",
    "user_domain_id",
    "project_domain_id",
    "system_scope",
    "roles",
    "is_admin",
    "request_id",
    "global_request_id",
)


class RequestContext(oslo_context.RequestContext):
    """The caller's identity and the request id.

    ``is_admin`` is decided once, by the policy rule ``context_is_admin``, when the context is
    built from a token. ``service_catalog`` is the token's catalog (a list), never logged.
    """

    def __init__(
        self,
        user_id: str | None = None,
        project_id: str | None = None,
        *,
        is_admin: bool = False,
        service_catalog: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("overwrite", False)
        super().__init__(user_id=user_id, project_id=project_id, is_admin=is_admin, **kwargs)
        self.service_catalog = service_catalog or []

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able form for RPC, without the token and the catalog."""
        values = {name: getattr(self, name) for name in _TRAVELS}
        values["roles"] = list(self.roles or ())
        values["is_admin"] = bool(self.is_admin)
        return values

    def get_logging_values(self) -> dict[str, Any]:
        """What oslo.log prints of a caller: who, in which project, and never the token."""
        values = self.to_dict()
        values["user_identity"] = " ".join(
            part or "-"
            for part in (
                self.user_id,
                self.project_id,
                self.domain_id,
                self.user_domain_id,
                self.project_domain_id,
            )
        )
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any], **kwargs: Any) -> "RequestContext":
        """The inverse; members that this release does not know are dropped."""
        known = {name: values[name] for name in _TRAVELS if name in values}
        return cls(**known, **kwargs)

    def elevated(self) -> "RequestContext":
        """The same request, with the service's own rights."""
        values = self.to_dict()
        values["is_admin"] = True
        roles = values["roles"]
        if "admin" not in roles:
            values["roles"] = [*roles, "admin"]
        return type(self).from_dict(values, auth_token=self.auth_token)


def admin_context(request_id: str | None = None) -> RequestContext:
    """For work that no request asked for: periodic tasks, resumed work, start-up."""
    return RequestContext(is_admin=True, roles=["admin"], request_id=request_id)
