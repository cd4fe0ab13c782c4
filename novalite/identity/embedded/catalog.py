"""The service catalog."""

from sqlalchemy import Connection

from novalite.identity.embedded import endpoints, queries, regions
from novalite.identity.embedded.rows import Row

INTERFACES = ("public", "internal", "admin")


def build(conn: Connection, project_id: str | None) -> list[Row]:
    """The catalog as a token shows it. ``$(project_id)s`` in a URL becomes the token's project;
    an endpoint that needs one is left out of a token that has none."""
    shown = endpoints.shown_to(conn, project_id) if project_id else None
    by_service: dict[str, list[Row]] = {}
    for endpoint in queries.endpoints.list_(conn, enabled=True):
        url = _fill(endpoint["url"], project_id)
        if url is not None and (shown is None or endpoint["id"] in shown):
            by_service.setdefault(endpoint["service_id"], []).append(
                {
                    "id": endpoint["id"],
                    "interface": endpoint["interface"],
                    "region": endpoint["region_id"],
                    "region_id": endpoint["region_id"],
                    "url": url,
                }
            )
    return [
        {
            "id": service["id"],
            "type": service["type"],
            "name": service["name"],
            "endpoints": by_service.get(service["id"], []),
        }
        for service in queries.services.list_(conn, enabled=True)
    ]


def _fill(url: str, project_id: str | None) -> str | None:
    for name in ("project_id", "tenant_id"):
        for mark in (f"$({name})s", f"%({name})s"):
            if mark in url:
                if project_id is None:
                    return None
                url = url.replace(mark, project_id)
    return url


def ensure(
    conn: Connection, *, kind: str, name: str, description: str, url: str, region: str
) -> bool:
    """Have this service with its three interfaces at ``url``; whether anything changed."""
    regions.ensure(conn, region)
    service = queries.services.find(conn, type=kind)
    changed = service is None
    if service is None:
        service = queries.services.create(
            conn, {"type": kind, "name": name, "description": description, "enabled": True}
        )
    for interface in INTERFACES:
        endpoint = queries.endpoints.find(conn, service_id=service["id"], interface=interface)
        if endpoint is None:
            queries.endpoints.create(
                conn,
                {
                    "service_id": service["id"],
                    "interface": interface,
                    "region_id": region,
                    "url": url,
                    "enabled": True,
                },
            )
        elif endpoint["url"] != url or endpoint["region_id"] != region:
            queries.endpoints.update(conn, endpoint["id"], {"url": url, "region_id": region})
        else:
            continue
        changed = True
    return changed
