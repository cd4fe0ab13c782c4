"""docs/reference/api.md: every declared operation."""

from novalite.api.openstack import app as compute
from novalite.api.openstack import versions as version_documents
from novalite.wsgi.operations import Operation
from tools.docs import operations, services
from tools.docs.markdown import page, table


def pages() -> dict[str, str]:
    lines = [
        f"The compute API, microversions {operations.COMPUTE.minimum} to {operations.NEWEST}, "
        "below `/v2.1`; an optional project segment may follow it. Members are those of the "
        "newest microversion, with an asterisk where they are required.",
        "",
    ]
    for resource in compute.RESOURCES:
        lines += [f"## {resource.__name__.rpartition('.')[2]}", ""]
        for operation in resource.OPERATIONS:
            lines += _section(operation)
    lines += ["## version documents", "", "At `/` and at `/v2.1`, without a token.", ""]
    lines += _list([*version_documents.ROOT, *version_documents.DOCUMENT])
    lines += [
        "# The embedded neighbours",
        "",
        "The four other APIs that the embedded services offer. An operation is public (P) where "
        "it needs no token. Their OpenAPI documents are `openapi-*.json` beside this page.",
        "",
    ]
    for service in services.NEIGHBOURS:
        title = f"{service.name.capitalize()}, below {service.path}"
        lines += [f"## {title}", "", *_list(service.operations)]
    return {"docs/reference/api.md": page("API reference", lines)}


def _section(operation: Operation) -> list[str]:
    name = f"{operation.method} {operation.path}"
    if operation.action:
        name += f" ({operation.action})"
    codes = [
        str(code) if since == operation.min_version else f"{code} from {since}"
        for since, code in operations.success_codes(operation)
    ]
    rows: list[tuple[str, str]] = [
        ("microversions", operations.versions(operation)),
        ("policy", f"`{operation.policy}`" if operation.policy else "checked by the handler"),
        ("success", ", ".join(codes)),
    ]
    if operation.errors:
        rows.append(("errors", ", ".join(map(str, sorted({401, 403, *operation.errors})))))
    for kind in ("query", "request", "response"):
        members = operations.members(operations.schema_of(operation, kind))
        if members:
            text = ", ".join(f"`{name}`{'*' if needed else ''}" for name, needed in members)
            rows.append((kind, text))
    return [f"### {name}", "", operation.title + ".", "", *table(("", ""), rows), ""]


def _list(declared: list[Operation]) -> list[str]:
    rows = [(o.method, _path(o), o.title, o.success, "P" if o.public else "") for o in declared]
    return [*table(("method", "path", "what", "success", ""), rows), ""]


def _path(operation: Operation) -> str:
    return f"`{operation.path}`" + (f" ({operation.action})" if operation.action else "")
