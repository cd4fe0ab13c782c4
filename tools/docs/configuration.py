"""docs/reference/configuration.md and etc/novalite.conf.sample: every option with its help."""

import textwrap
from typing import Any

from oslo_config import cfg

from novalite import conf
from tools.docs.markdown import page, table

LIBRARIES = (
    "Besides these, the services read the options of the libraries they are made of: oslo.log "
    "(`[DEFAULT] debug`, `log_file`, ...), oslo.messaging (`[oslo_messaging_rabbit]`, ...), "
    "oslo.policy (`[oslo_policy]`) and oslo.middleware (`[cors]`, `[oslo_middleware]`)."
)


def groups() -> dict[str, list[cfg.Opt]]:
    found: dict[str, list[cfg.Opt]] = {"DEFAULT": []}
    for group, options in conf.list_opts():
        found.setdefault(group, []).extend(options)
    return found


def pages() -> dict[str, str]:
    return {
        "docs/reference/configuration.md": _reference(),
        "etc/novalite.conf.sample": _sample(),
    }


def default(option: cfg.Opt) -> str:
    """As it would stand in the file; never a value that depends on this machine."""
    value: Any = option.default if option.sample_default is None else option.sample_default
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{key}:{item}" for key, item in value.items())
    return str(value)


def remarks(option: cfg.Opt) -> list[str]:
    found = []
    choices = getattr(option.type, "choices", None)
    if choices:
        found.append("One of: " + ", ".join(str(choice) or '""' for choice in choices) + ".")
    low, high = getattr(option.type, "min", None), getattr(option.type, "max", None)
    if low is not None and not isinstance(option, cfg.PortOpt):
        found.append(f"At least {low}." if high is None else f"{low} to {high}.")
    return found


def _reference() -> str:
    lines = [
        "`novalite.conf` is an INI file: `--config-file`, or `/etc/novalite/novalite.conf` for the "
        "separate services and `novalite.conf` in the state directory for the all-in-one.",
        "",
        LIBRARIES,
        "",
    ]
    for group, options in groups().items():
        lines += [f"## [{group}]", ""]
        lines += table(
            ("option", "default", "what it is"),
            [
                (
                    f"`{option.name}`",
                    f"`{default(option)}`" if default(option) else "",
                    " ".join([option.help, *remarks(option)]),
                )
                for option in options
            ],
        )
        lines.append("")
    return page("Configuration", lines)


def _sample() -> str:
    lines = ["# Every option with its default. Written by `make docs`."]
    for group, options in groups().items():
        lines += ["", f"[{group}]"]
        for option in options:
            text = " ".join([option.help, *remarks(option)])
            value = default(option)
            lines += ["", *textwrap.wrap(text, 96, initial_indent="# ", subsequent_indent="# ")]
            lines.append(f"#{option.name} = {value}".rstrip())
    return "\n".join(lines) + "\n"
