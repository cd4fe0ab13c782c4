"""What images look like in JSON."""

import datetime
from typing import Any

from novalite.image.embedded.records import Image

Row = dict[str, Any]


def time(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="seconds") + "Z"


def image(found: Image) -> Row:
    """Custom properties beside the attributes; they can never hide one of those."""
    here = f"/v2/images/{found.id}"
    return {
        **found.properties,
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "visibility": found.visibility,
        "protected": found.protected,
        "os_hidden": found.os_hidden,
        "owner": found.owner,
        "disk_format": found.disk_format,
        "container_format": found.container_format,
        "size": found.size,
        "virtual_size": found.virtual_size,
        "checksum": found.checksum,
        "os_hash_algo": found.os_hash_algo,
        "os_hash_value": found.os_hash_value,
        "min_disk": found.min_disk,
        "min_ram": found.min_ram,
        "created_at": time(found.created_at),
        "updated_at": time(found.updated_at),
        "tags": found.tags,
        "self": here,
        "file": f"{here}/file",
        "schema": "/v2/schemas/image",
    }


def member(row: Row) -> Row:
    return {
        "image_id": row["image_id"],
        "member_id": row["member_id"],
        "status": row["status"],
        "created_at": time(row["created_at"]),
        "updated_at": time(row["updated_at"]),
        "schema": "/v2/schemas/member",
    }


def short_task(row: Row) -> Row:
    return {
        "id": row["id"],
        "type": row["type"],
        "status": row["status"],
        "owner": row["owner"],
        "image_id": row["image_id"],
        "request_id": row["request_id"],
        "user_id": row["user_id"],
        "created_at": time(row["created_at"]),
        "updated_at": time(row["updated_at"]),
        **({"expires_at": time(row["expires_at"])} if row["expires_at"] else {}),
        "self": f"/v2/tasks/{row['id']}",
        "schema": "/v2/schemas/task",
    }


def task(row: Row) -> Row:
    return {
        **short_task(row),
        "input": row["input"],
        "result": row["result"],
        "message": row["message"] or "",
    }


def cached_image(row: Row) -> Row:
    used = row["last_accessed"]
    return {
        "image_id": row["image_id"],
        "size": row["size"],
        "hits": row["hits"],
        "last_accessed": seconds(used) if used else 0,
        "last_modified": seconds(row["last_modified"]),
    }


def seconds(moment: datetime.datetime) -> float:
    """Since 1970."""
    return moment.replace(tzinfo=datetime.UTC).timestamp()
