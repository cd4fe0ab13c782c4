"""Configuration: one module per option group, each with its options and their help.

``configuration(argv, files)`` gives a ConfigOpts of its own; nothing reads a global one.
Names, groups and defaults are those of nova.conf wherever the option exists there.
"""

from collections.abc import Sequence

from oslo_config import cfg

from novalite.conf import (
    api,
    base,
    conductor,
    database,
    embedded,
    embedded_volume,
    fake,
    libvirt,
    messaging,
    neighbours,
    quota,
    scheduler,
)

GROUPS = (
    base,
    api,
    conductor,
    database,
    embedded,
    embedded_volume,
    fake,
    libvirt,
    messaging,
    neighbours,
    quota,
    scheduler,
)


def register(conf: cfg.ConfigOpts) -> cfg.ConfigOpts:
    for module in GROUPS:
        for group, options in module.list_opts():
            conf.register_opts(options, group=None if group == "DEFAULT" else group)
    return conf


def configuration(
    argv: Sequence[str] = (), files: Sequence[str] = (), conf: cfg.ConfigOpts | None = None
) -> cfg.ConfigOpts:
    """Parse ``--config-file``, ``--config-dir`` and the registered options from ``argv``.

    ``files`` are the configuration files used when ``argv`` names none. ``conf`` is only given
    where oslo.messaging needs its own global one.
    """
    conf = register(conf if conf is not None else cfg.ConfigOpts())
    conf(list(argv), project="novalite", prog="novalite", default_config_files=list(files))
    return conf


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """For the sample configuration and the reference page."""
    return [entry for module in GROUPS for entry in module.list_opts()]
