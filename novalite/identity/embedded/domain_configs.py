"""Configuration that belongs to a domain. It is kept and shown; this service has one driver, and
reads none of it (as a Keystone does without domain-specific drivers)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.core import Core
from novalite.identity.embedded.rows import Row, delete, select

Config = dict[str, dict[str, Any]]

SECRET = frozenset({("ldap", "password")})
"""Kept, never shown."""

DEFAULTS: Config = {
    "identity": {"driver": "sql", "list_limit": None},
    "ldap": {
        "url": "ldap://localhost",
        "user": None,
        "suffix": "cn=example,cn=com",
        "query_scope": "one",
        "page_size": 0,
        "alias_dereferencing": "default",
        "debug_level": None,
        "chase_referrals": None,
        "user_tree_dn": None,
        "user_filter": None,
        "user_objectclass": "inetOrgPerson",
        "user_id_attribute": "cn",
        "user_name_attribute": "sn",
        "user_description_attribute": "description",
        "user_mail_attribute": "mail",
        "user_pass_attribute": "userPassword",
        "user_enabled_attribute": "enabled",
        "user_enabled_invert": False,
        "user_enabled_mask": 0,
        "user_enabled_default": "True",
        "user_attribute_ignore": ["default_project_id"],
        "user_default_project_id_attribute": None,
        "user_enabled_emulation": False,
        "user_enabled_emulation_dn": None,
        "user_enabled_emulation_use_group_config": False,
        "user_additional_attribute_mapping": [],
        "group_tree_dn": None,
        "group_filter": None,
        "group_objectclass": "groupOfNames",
        "group_id_attribute": "cn",
        "group_name_attribute": "ou",
        "group_member_attribute": "member",
        "group_members_are_ids": False,
        "group_desc_attribute": "description",
        "group_attribute_ignore": [],
        "group_additional_attribute_mapping": [],
        "group_ad_nesting": False,
        "tls_cacertfile": None,
        "tls_cacertdir": None,
        "use_tls": False,
        "tls_req_cert": "demand",
        "connection_timeout": -1,
        "use_pool": True,
        "pool_size": 10,
        "pool_retry_max": 3,
        "pool_retry_delay": 0.1,
        "pool_connection_timeout": -1,
        "pool_connection_lifetime": 600,
        "use_auth_pool": True,
        "auth_pool_size": 100,
        "auth_pool_connection_lifetime": 60,
    },
}


class DomainConfigs:
    """Errors: NotFound for what is not set; Forbidden for what a domain may not set."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self, domain_id: str, group: str | None = None, option: str | None = None) -> Row:
        """``{group: {option: value}}``, or ``{option: value}`` when an option is named."""
        _check_names(group, option)
        with self._core.read() as conn:
            config = _visible(_load(conn, domain_id))
        return _part(config, group, option, f"domain {domain_id}")

    def put(self, domain_id: str, config: Config) -> tuple[Config, bool]:
        """Replaces all of it; also whether there was none before."""
        _check(config)

        def work(conn: Connection) -> bool:
            known = bool(_load(conn, domain_id))
            _store(conn, domain_id, config)
            return not known

        created = self._core.write(work)
        return _visible(config), created

    def update(
        self, domain_id: str, config: Config, group: str | None = None, option: str | None = None
    ) -> Config:
        """Changes option by option. ``group`` and ``option``: what the URL names; ``config`` may
        hold nothing else, and they have to be set already."""
        _check_names(group, option)
        if group is not None and option is not None and set(config) == {option}:
            config = {group: config}
        _check(config)
        if group is not None and set(config) != {group}:
            raise _mismatch(f"group {group}")
        if group is not None and option is not None and set(config[group]) != {option}:
            raise _mismatch(f"option {option} in group {group}")

        def change(known: Config) -> Config:
            _part(known, group, option, f"domain {domain_id}")
            made = {name: dict(options) for name, options in known.items()}
            for name, options in config.items():
                made[name] = {**made.get(name, {}), **options}
            return made

        return _visible(self._change(domain_id, change))

    def delete(self, domain_id: str, group: str | None = None, option: str | None = None) -> None:
        _check_names(group, option)

        def change(known: Config) -> Config:
            _part(known, group, option, f"domain {domain_id}")
            if group is None:
                return {}
            made = {name: dict(options) for name, options in known.items()}
            if option is None:
                del made[group]
            else:
                del made[group][option]
            return {name: options for name, options in made.items() if options}

        self._change(domain_id, change)

    def _change(self, domain_id: str, change: Callable[[Config], Config]) -> Config:
        def work(conn: Connection) -> Config:
            config = change(_load(conn, domain_id))
            _store(conn, domain_id, config)
            return config

        return self._core.write(work)


def default(group: str | None = None, option: str | None = None) -> Row:
    """What a domain that sets nothing has."""
    _check_names(group, option)
    return _part(DEFAULTS, group, option, "the default configuration")


def _load(conn: Connection, domain_id: str) -> Config:
    queries.domains.get(conn, domain_id)
    rows = select(conn, tables.domain_configs, domain_id=domain_id)
    return rows[0]["config"] if rows else {}


def _store(conn: Connection, domain_id: str, config: Config) -> None:
    delete(conn, tables.domain_configs, domain_id=domain_id)
    if config:
        row = {"domain_id": domain_id, "config": config}
        conn.execute(sa.insert(tables.domain_configs), row)


def _visible(config: Config) -> Config:
    return {
        group: {o: value for o, value in options.items() if (group, o) not in SECRET}
        for group, options in config.items()
    }


def _part(config: Config, group: str | None, option: str | None, where: str) -> Row:
    if group is None:
        if not config:
            raise exception.NotFound(f"Could not find configuration for {where}.")
        return config
    if group not in config or (option is not None and option not in config[group]):
        what = f"group {group}" if option is None else f"option {option} in group {group}"
        raise exception.NotFound(f"Could not find {what} in the configuration of {where}.")
    return {group: config[group]} if option is None else {option: config[group][option]}


def _check(config: Config) -> None:
    if not config:
        raise exception.ValidationError(detail="No options specified")
    for group, options in config.items():
        if not isinstance(options, dict) or not options:
            raise exception.ValidationError(
                detail=f"The value of group {group} specified in the config should be a "
                "dictionary of options"
            )
        for option in options:
            _check_names(group, option)


def _check_names(group: str | None, option: str | None) -> None:
    """Raises Forbidden."""
    if group is not None and group not in DEFAULTS:
        raise exception.Forbidden(
            f"Invalid domain specific configuration: Group {group} is not supported for domain "
            "specific configurations"
        )
    if group is None or option is None or (group, option) in SECRET:
        return
    if option not in DEFAULTS[group]:
        raise exception.Forbidden(
            f"Invalid domain specific configuration: Option {option} in group {group} is not "
            "supported for domain specific configurations"
        )


def _mismatch(what: str) -> exception.Forbidden:
    return exception.Forbidden(
        f"Invalid domain specific configuration: Trying to update {what}, so that, and only that, "
        "must be specified in the config"
    )
