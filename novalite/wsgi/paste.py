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

from novalite.wsgi.middleware.auth import Auth
from novalite.wsgi.middleware.cors import CORS
from novalite.wsgi.middleware.faults import Faults
from novalite.wsgi.middleware.healthcheck import Healthcheck
from novalite.wsgi.middleware.legacy_v2 import LegacyV2
from novalite.wsgi.middleware.proxy import ProxyHeaders
from novalite.wsgi.middleware.request_id import RequestId
from novalite.wsgi.middleware.size_limit import SizeLimit
from novalite.wsgi.urlmap import URLMap

if TYPE_CHECKING:
    from novalite.deployment import Deployment

WSGIApp = Callable[..., Any]
Filter = Callable[[WSGIApp], WSGIApp]
Conf = dict[str, str]

_KEY = "novalite_deployment"
_loading: dict[str, Deployment] = {}
_numbers = itertools.count(1)
_HERE = pathlib.Path(__file__).parent


class NotMounted(LookupError):
    """The paste configuration names an application that this process does not have."""


def deployment_of(global_conf: Conf) -> Deployment:
    """For factories: whose application this is."""
    return _loading[global_conf[_KEY]]


def config_path(deployment: Deployment) -> pathlib.Path:
    """[wsgi]api_paste_config: a path, beside a configuration file, or the packaged one."""
    name = deployment.conf.wsgi.api_paste_config
    if pathlib.Path(name).is_absolute():
        return pathlib.Path(name)
    found = deployment.conf.find_file(name)
    return pathlib.Path(found).absolute() if found else _HERE / name


def load_app(deployment: Deployment, name: str = "api") -> WSGIApp:
    """The section ``name`` of the paste configuration. ``api`` is the whole URL space: what of it
    this deployment has (the compute API if it has databases, and its ``mounts``)."""
    key = str(next(_numbers))
    _loading[key] = deployment
    try:
        return deploy.loadapp(
            f"config:{config_path(deployment)}", name=name, global_conf={_KEY: key}
        )
    finally:
        del _loading[key]


# ---- applications ----


def urlmap_factory(loader: Any, global_conf: Conf, **paths: str) -> WSGIApp:
    """``path = section`` for each part of the URL space; what is not mounted is left out. Mounts
    that the configuration does not name get the pipeline of ``*``, if there is one."""
    deployment = deployment_of(global_conf)
    any_mount = paths.pop("*", None)
    applications: dict[str, WSGIApp] = {}
    for path, section in paths.items():
        try:
            applications[path] = loader.get_app(section, global_conf=global_conf)
        except NotMounted:
            continue
    for path in deployment.mounts.keys() - paths.keys():
        if any_mount is None:
            applications[path] = deployment.mounts[path]
        else:
            applications[path] = loader.get_app(any_mount, global_conf=global_conf | {_PATH: path})
    return URLMap(applications)


_PATH = "novalite_mount"


def mount_factory(global_conf: Conf, path: str | None = None) -> WSGIApp:
    """The application that the deployment has mounted at ``path``. Raises NotMounted."""
    mounts = deployment_of(global_conf).mounts
    wanted = path or global_conf.get(_PATH, "")
    if wanted not in mounts:
        raise NotMounted(wanted)
    app: WSGIApp = mounts[wanted]
    return app


def healthcheck_factory(global_conf: Conf, disable_by_file_path: str | None = None) -> WSGIApp:
    return Healthcheck(deployment_of(global_conf), disable_by_file_path)


# ---- filters ----


def request_id_factory(global_conf: Conf) -> Filter:
    return RequestId


def faults_factory(global_conf: Conf) -> Filter:
    return Faults


def legacy_v2_factory(global_conf: Conf) -> Filter:
    return LegacyV2


def cors_factory(global_conf: Conf) -> Filter:
    conf = deployment_of(global_conf).conf
    return lambda app: CORS(app, conf)


def proxy_headers_factory(global_conf: Conf) -> Filter:
    conf = deployment_of(global_conf).conf
    return lambda app: ProxyHeaders(app, conf)


def size_limit_factory(global_conf: Conf) -> Filter:
    limit = deployment_of(global_conf).conf.api.max_request_body_size
    return lambda app: SizeLimit(app, limit)


def auth_factory(global_conf: Conf, required: str = "true") -> Filter:
    deployment = deployment_of(global_conf)
    needed = required.strip().lower() in ("1", "true", "yes", "on")
    return lambda app: Auth(app, deployment, required=needed)
