"""The flavors of a new cloud: the names, ids and sizes that DevStack taught everybody."""

from novalite.db.api_database import flavors
from novalite.db.engine import Database, DuplicateKey
from novalite.objects import Flavor

# id, name, memory in MiB, vCPUs, root disk in GiB
DEFAULTS = (
    ("42", "m1.nano", 192, 1, 1),
    ("84", "m1.micro", 256, 1, 1),
    ("1", "m1.tiny", 512, 1, 1),
    ("2", "m1.small", 2048, 1, 20),
    ("3", "m1.medium", 4096, 2, 40),
    ("4", "m1.large", 8192, 4, 80),
    ("5", "m1.xlarge", 16384, 8, 160),
)


def ensure(database: Database) -> None:
    """Make them in a cloud that has no flavor at all; an operator's choice is left alone."""
    with database.read() as conn:
        if flavors.list_(conn, is_public=None, limit=1):
            return
    for flavorid, name, memory_mb, vcpus, root_gb in DEFAULTS:
        flavor = Flavor(
            flavorid=flavorid, name=name, memory_mb=memory_mb, vcpus=vcpus, root_gb=root_gb
        )
        try:
            with database.write() as conn:
                flavors.create(conn, flavor)
        except DuplicateKey:
            continue
