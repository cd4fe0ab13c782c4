"""How volumes and snapshots looked to clients that asked the compute API for them."""

from typing import Any

View = dict[str, Any]


def volume(given: View) -> View:
    return {
        "id": given["id"],
        "status": given["status"],
        "size": given["size"],
        "availabilityZone": given.get("availability_zone"),
        "createdAt": given["created_at"],
        "attachments": [_attachment(given)],
        "displayName": given.get("name"),
        "displayDescription": given.get("description"),
        "volumeType": given.get("volume_type"),
        "snapshotId": given.get("snapshot_id"),
        "metadata": given.get("metadata") or {},
    }


def _attachment(given: View) -> View:
    """The first one; an empty object for none."""
    for attachment in given.get("attachments") or ():
        return {
            "id": given["id"],
            "volumeId": given["id"],
            "serverId": attachment["server_id"],
            "device": attachment.get("device"),
        }
    return {}


def snapshot(given: View) -> View:
    return {
        "id": given["id"],
        "volumeId": given["volume_id"],
        "status": given["status"],
        "size": given["size"],
        "createdAt": given["created_at"],
        "displayName": given.get("name"),
        "displayDescription": given.get("description"),
    }
