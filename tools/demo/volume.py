"""A volume of the demo's server: attached, written inside, kept in a file, given back."""

from typing import Any

from tools.demo import host
from tools.demo.client import Cloud, HttpError
from tools.demo.steps import Failed, Steps, expect, wait_for

NAME = "demo"
BYTES = 1 << 30
WORDS = "novalite-keeps-this"


def prove(cloud: Cloud, steps: Steps, shell: host.Shell, server: dict[str, Any]) -> None:
    steps.title("A volume")
    made = cloud.volume("POST", "/volumes", {"volume": {"name": NAME, "size": 1}})["volume"]
    _wait_status(cloud, made["id"], "available")
    steps.done("POST /volumes", "1 GiB, available")
    attachments = f"/servers/{server['id']}/os-volume_attachments"
    attached = cloud.compute("POST", attachments, {"volumeAttachment": {"volumeId": made["id"]}})
    wish = attached["volumeAttachment"]["device"]

    def seen() -> str | None:
        """Which disk it is in there: by its serial number, for a guest counts as it likes."""
        _, out = shell(f"grep -l {made['id'][:20]} /sys/block/*/serial")
        return out.strip().removeprefix("/sys/block/").removesuffix("/serial") or None

    disk = wait_for("the volume in the guest", seen, 60)
    _, size = shell(f"cat /sys/block/{disk}/size")
    expect(size.strip() == str(BYTES // 512), f"/dev/{disk} has {size.strip()} sectors")
    steps.done("os-volume_attachments", f"{wish}; the running guest calls it /dev/{disk}")
    code, out = shell(
        f"printf {WORDS} | dd of=/dev/{disk} conv=fsync && head -c {len(WORDS)} /dev/{disk}"
    )
    expect(code == 0 and WORDS in out, f"what was written is not read back: {out!r}")
    steps.done("written and read back", WORDS)
    cloud.compute("DELETE", f"{attachments}/{made['id']}")
    _wait_status(cloud, made["id"], "available")
    wait_for("the guest to lose it", lambda: seen() is None or None, 60)
    steps.done("detached", "and gone from the guest")
    remove(cloud)
    steps.done("deleted")


def remove(cloud: Cloud) -> None:
    """Every volume of the demo's name; it must be attached to nothing."""
    for volume in cloud.volume("GET", f"/volumes?name={NAME}")["volumes"]:
        _wait_status(cloud, volume["id"], "available")
        cloud.volume("DELETE", f"/volumes/{volume['id']}")
        wait_for("the volume to be gone", lambda: _gone(cloud, volume["id"]), 60)  # noqa: B023


def _gone(cloud: Cloud, volume_id: str) -> bool | None:
    try:
        cloud.volume("GET", f"/volumes/{volume_id}")
    except HttpError as error:
        if error.status == 404:
            return True
        raise
    return None


def _wait_status(cloud: Cloud, volume_id: str, wanted: str) -> None:
    def reached() -> bool | None:
        status = cloud.volume("GET", f"/volumes/{volume_id}")["volume"]["status"]
        if status.startswith("error"):
            raise Failed(f"the volume is in {status}")
        return True if status == wanted else None

    wait_for(f"a volume that is {wanted}", reached, 60)
