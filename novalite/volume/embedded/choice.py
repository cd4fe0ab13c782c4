"""Which backend a volume type asks for: its extra specs against what the backends can do."""

from collections.abc import Mapping

from novalite.volume.embedded.backends import Backend
from novalite.volume.embedded.core import Row

VENDOR = "novalite"
NOT_CAPABILITIES = frozenset({"multiattach", "replication_enabled"})


def capabilities(backend: Backend) -> dict[str, str]:
    return {
        "volume_backend_name": backend.name,
        "vendor_name": VENDOR,
        "storage_protocol": backend.storage_protocol,
        "driver_version": "1.0",
        "thin_provisioning_support": "True",
        "thick_provisioning_support": "False",
        "multiattach": "True",
        "QoS_support": "False",
    }


def choose(backends: Mapping[str, Backend], specs: Mapping[str, str]) -> Backend | None:
    """The first that has all that ``specs`` ask for."""
    for backend in backends.values():
        if fits(specs, capabilities(backend)):
            return backend
    return None


def fits(specs: Mapping[str, str], offered: Mapping[str, str]) -> bool:
    for key, wanted in specs.items():
        scope, _, name = key.rpartition(":")
        if scope not in ("", "capabilities") or name in NOT_CAPABILITIES:
            continue
        has = offered.get(name)
        if has is None or not _matches(wanted, has):
            return False
    return True


def _matches(wanted: str, has: str) -> bool:
    operator, _, rest = wanted.partition(" ")
    if operator == "<is>":
        return rest.strip().lower() == has.lower()
    if operator == "<in>":
        return rest.strip() in has
    if operator == "<or>":
        return has in [each.strip() for each in wanted.split("<or>")]
    if operator in ("s==", "=", "=="):
        return rest.strip() == has
    return wanted == has


def type_row_fits(row: Row, backend: Backend) -> bool:
    return fits(row["extra_specs"], capabilities(backend))
