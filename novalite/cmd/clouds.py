"""The entries that ``novalite up`` keeps in the user's clouds.yaml."""

import os
import pwd
import stat
from typing import Any

import yaml

CLOUDS = ("novalite", "novalite-admin")

# The networks of the first start, as the SDK wants to know them: a server's address on the first is
# reached from this host as it is, so that no floating IP is to be found for it.
NETWORKS = (
    {"name": "demo", "routes_externally": True, "default_interface": True},
    {"name": "public", "routes_externally": True},
)


def invoking_user() -> pwd.struct_passwd:
    """Who typed the command: with sudo, not root but the user behind it."""
    name = os.environ.get("SUDO_USER")
    if os.geteuid() == 0 and name:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    return pwd.getpwuid(os.geteuid())


def default_path() -> str:
    override = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if override:
        return override
    user = invoking_user()
    if user.pw_uid == os.geteuid():
        home = os.path.expanduser("~")
    else:
        home = user.pw_dir
    return os.path.join(home, ".config", "openstack", "clouds.yaml")


def entry(auth_url: str, region: str, username: str, password: str, project: str) -> dict[str, Any]:
    return {
        "auth": {
            "auth_url": auth_url,
            "username": username,
            "password": password,
            "project_name": project,
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
        "region_name": region,
        "identity_api_version": 3,
        "networks": [dict(network) for network in NETWORKS],
    }


def write(path: str, entries: dict[str, dict[str, Any]]) -> None:
    """Set our entries and keep everybody else's. The file is readable by its owner only, since
    it holds passwords; an existing file with other clouds is kept beside it as ``.bak``."""
    known: dict[str, Any] = {}
    if os.path.exists(path):
        with open(path) as file:
            known = yaml.safe_load(file) or {}
    clouds = known.setdefault("clouds", {})
    if set(clouds) - set(CLOUDS) and any(clouds.get(k) != v for k, v in entries.items()):
        with open(path) as old:
            _replace(f"{path}.bak", old.read())
    clouds.update(entries)
    _replace(path, yaml.safe_dump(known, sort_keys=False))


def _replace(path: str, text: str) -> None:
    folder = os.path.dirname(os.path.abspath(path))
    user = invoking_user()
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for name in reversed(missing):
        os.mkdir(name, 0o700)
        _give(name, user)
    partial = f"{path}.{os.getpid()}"
    descriptor = os.open(
        partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR
    )
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    _give(partial, user)
    os.replace(partial, path)


def _give(path: str, user: pwd.struct_passwd) -> None:
    if os.geteuid() == 0 and user.pw_uid != 0:
        os.chown(path, user.pw_uid, user.pw_gid)
