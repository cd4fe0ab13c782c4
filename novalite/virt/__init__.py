"""Hypervisors: the contract in ``driver``, and who fulfils it."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oslo_config import cfg

    from novalite.image.interface import ImageAPI
    from novalite.virt.driver import ComputeDriver

PACKAGE = "novalite.virt"


def load_driver(conf: "cfg.ConfigOpts", image_api: "ImageAPI | None", host: str) -> "ComputeDriver":
    """The driver that [DEFAULT]compute_driver names, made but not connected.

    The name is ``module.Class`` below this package, or a full dotted path to a class outside
    of it; the class takes ``(conf, image_api)``. ``host`` becomes the driver's ``host``.
    Raises ValueError for a name that leads nowhere, with what was tried.
    """
    name: str = conf.compute_driver
    module_name, _, class_name = name.rpartition(".")
    tried = []
    for candidate in (f"{PACKAGE}.{module_name}", module_name):
        if not module_name:
            break
        try:
            module = importlib.import_module(candidate)
        except ModuleNotFoundError as error:
            # A missing dependency of an existing driver must not look like a wrong name.
            if error.name is None or not (candidate + ".").startswith(error.name + "."):
                raise
            tried.append(candidate)
            continue
        found = getattr(module, class_name, None) or _inner(candidate, class_name)
        if found is not None:
            driver = found(conf, image_api)
            driver.host = host
            return driver
        tried.append(f"{candidate}.{class_name}")
    raise ValueError(f"compute_driver = {name}: no such driver (tried {', '.join(tried) or name})")


def _inner(package: str, class_name: str) -> Any:
    """``libvirt.LibvirtDriver`` may live in ``libvirt/driver.py``."""
    try:
        module = importlib.import_module(f"{package}.driver")
    except ModuleNotFoundError as error:
        if error.name != f"{package}.driver":
            raise
        return None
    return getattr(module, class_name, None)
