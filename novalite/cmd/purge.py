"""``novalite down --purge``: remove what an all-in-one made on this host, servers included."""

import logging
import os
import shutil
from collections.abc import Sequence

from oslo_config import cfg

from novalite import conf as configuration
from novalite.exception import NovaliteError
from novalite.objects import Instance
from novalite.virt import load_driver

HOST_FOLDER = "libvirt"

LOG = logging.getLogger(__name__)


def run(state_path: str, config_files: Sequence[str] = ()) -> None:
    """The cloud must not run. Only its own guests and devices are touched; ``config_files`` are
    those that it ran with."""
    conf = configuration.configuration([], config_files)
    conf.set_default("state_path", state_path)
    if os.geteuid() == 0 and os.path.isdir(os.path.join(state_path, "network")):
        from novalite.network.embedded.plane.linux import teardown

        remove_guests(conf)
        teardown(conf)
    for entry in os.scandir(state_path):
        # A libvirtd that was started for this host is the host's, not the cloud's.
        if entry.name == HOST_FOLDER:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def remove_guests(conf: cfg.ConfigOpts) -> None:
    """Those whose disks are below this state path. Its compute service must not run."""
    driver = load_driver(conf, None, conf.host)
    try:
        driver.init_host(conf.host)
        for uuid in driver.list_instance_uuids():
            driver.destroy(Instance(uuid=uuid, project_id="", user_id=""), [])
    except (ImportError, NovaliteError) as error:
        LOG.warning("Guests could not be removed: %s", error)
    finally:
        driver.close()
