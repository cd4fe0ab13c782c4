"""What a new cloud finds: schemas, cells, accounts, a network, flavors and an image that boots.

Everything here is done again at each start and changes nothing that is there already.
"""

import logging
import os

from oslo_config import cfg

from novalite.cmd import flavors
from novalite.db import sync
from novalite.db.engine import Database
from novalite.deployment import Deployment
from novalite.identity.embedded.bootstrap import bootstrap as accounts
from novalite.identity.embedded.service import IdentityService
from novalite.image.embedded.bootstrap import PLACEHOLDER, ensure_image
from novalite.image.embedded.bootstrap import bootstrap as first_images
from novalite.image.embedded.service import ImageService
from novalite.network.embedded.bootstrap import bootstrap as first_network
from novalite.network.embedded.service import NetworkService
from novalite.volume.embedded import service as _volume_tables  # noqa: F401

LOG = logging.getLogger(__name__)

GUEST = "novalite-guest"
BLANK_BYTES = 1 << 20


def schemas(conf: cfg.ConfigOpts) -> None:
    """Make or upgrade the databases of an all-in-one and register its cells."""
    cell1 = conf.database.connection
    cell0 = cell1.replace("cell1", "cell0")
    for url in (conf.api_database.connection, cell0, cell1, conf.embedded.connection):
        _private(url)
    sync.sync_api(conf.api_database.connection)
    sync.sync_cell(cell0)
    sync.sync_cell(cell1)
    sync.sync_embedded(conf.embedded.connection)
    api = Database(conf.api_database.connection)
    try:
        sync.ensure_cells(api, cell0, cell1)
    finally:
        api.dispose()


def _private(url: str) -> None:
    """SQLite gives its files the mode of the process; these hold password hashes."""
    path = url.partition("sqlite:///")[2]
    if path:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        os.chmod(path, 0o600)


def neighbours(cloud: Deployment) -> str:
    """Accounts, the first network and the first images, for those neighbours that are embedded.
    Returns the name of an image that boots."""
    conf = cloud.conf
    folder = conf.embedded.guest_image
    project_id = ""
    if isinstance(cloud.identity, IdentityService):
        accounts(conf, cloud.identity)
        (admin,) = cloud.identity.projects.list_({"name": "admin", "domain_id": "default"})
        project_id = admin["id"]
    if isinstance(cloud.network, NetworkService):
        first_network(cloud.network, project_id)
    if isinstance(cloud.image, ImageService):
        first_images(conf, cloud.image, fake=not folder)
        if folder:
            guest_images(cloud.image, folder)
            return GUEST
    return PLACEHOLDER


def guest_images(images: ImageService, folder: str) -> None:
    """The guest in its two forms: a disk, and a kernel with a ramdisk (whose image is an empty
    disk that refers to them)."""
    ensure_image(images, GUEST, os.path.join(folder, "guest.qcow2"), "qcow2")
    kernel = ensure_image(images, f"{GUEST}-kernel", os.path.join(folder, "vmlinuz"), "aki")
    ramdisk = ensure_image(images, f"{GUEST}-ramdisk", os.path.join(folder, "initrd.img"), "ari")
    blank = os.path.join(folder, "blank.img")
    if not os.path.exists(blank):
        with open(blank, "wb") as file:
            file.truncate(BLANK_BYTES)
    ensure_image(
        images,
        f"{GUEST}-direct",
        blank,
        "raw",
        properties={"kernel_id": kernel, "ramdisk_id": ramdisk},
    )


def prepare(cloud: Deployment) -> str:
    """Flavors, and what ``neighbours`` makes; the name of an image that boots."""
    assert cloud.databases is not None and cloud.databases.api is not None
    flavors.ensure(cloud.databases.api)
    return neighbours(cloud)
