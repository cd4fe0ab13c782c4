"""How a server's volumes look."""

from typing import Any

from novalite.objects import BlockDevice

View = dict[str, Any]


def created(version: tuple[int, int], server_id: str, device: BlockDevice) -> View:
    view: View = {
        "id": device.volume_id,
        "serverId": server_id,
        "volumeId": device.volume_id,
        "device": device.device_name,
    }
    if version >= (2, 70):
        view["tag"] = device.tag
    if version >= (2, 79):
        view["delete_on_termination"] = device.delete_on_termination
    return view


def shown(version: tuple[int, int], server_id: str, device: BlockDevice) -> View:
    view = created(version, server_id, device)
    if not device.device_name:
        del view["device"]
    if version >= (2, 89):
        del view["id"]
        view["attachment_id"] = device.attachment_id
        view["bdm_uuid"] = device.uuid
    return view
