"""Loading the PasteDeploy configuration for a deployment.

Paste's factories get strings only, so a deployment is registered under a key for the time of
the loading, and the key travels in the global configuration.
"""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from paste import deploy

if TYPE_CHECKING:
    from novalite.deployment import Deployment

WSGIApp = Callable[..., Any]

_KEY = "novalite_deployment"
_loading: dict[str, Deployment] = {}
_numbers = itertools.count(1)
_HERE = pathlib.Path(__file__).parent


def deployment_of(global_conf: dict[str, str]) -> Deployment:
    """For factories: whose application this is."""
    return _loading[global_conf[_KEY]]


def config_path(deployment: Deployment) -> pathlib.Path:
    """[wsgi]api_paste_config: a path, beside a configuration file, or the packaged one."""
    name = deployment.conf.wsgi.api_paste_config
    if pathlib.Path(name).is_absolute():
        return pathlib.Path(name)
    found = deployment.conf.find_file(name)
    return pathlib.Path(found) if found else _HERE / name


def load_app(deployment: Deployment, name: str) -> WSGIApp:
    """The section ``name`` of the paste configuration: ``compute``, ``identity``, ``all``..."""
    key = str(next(_numbers))
    _loading[key] = deployment
    try:
        return deploy.loadapp(
            f"config:{config_path(deployment)}", name=name, global_conf={_KEY: key}
        )
    finally:
        del _loading[key]
