"""[keystone], [glance], [neutron], [cinder]: which neighbours there are, and how to reach them;
and [nova]: how they reach the compute API."""

from oslo_config import cfg


def _service(what: str, url: str) -> list[cfg.Opt]:
    return [
        cfg.StrOpt(
            "driver",
            default="embedded",
            choices=["embedded", "remote"],
            help=f"embedded: this process serves {what} itself; remote: over HTTP.",
        ),
        cfg.StrOpt("endpoint_override", default=url, help="Base URL when remote."),
        *_credentials(),
    ]


def _credentials() -> list[cfg.Opt]:
    return [
        cfg.StrOpt("auth_url", help="Identity URL for the service's own credentials."),
        cfg.StrOpt("username", default="nova", help="Service user."),
        cfg.StrOpt("password", secret=True, help="Its password."),
        cfg.StrOpt("project_name", default="service", help="Its project."),
        cfg.StrOpt("user_domain_name", default="Default", help="Its domain."),
        cfg.StrOpt("project_domain_name", default="Default", help="Its project's domain."),
        cfg.IntOpt("timeout", default=30, help="Seconds to wait for an answer."),
    ]


KEYSTONE = _service("identity", "http://127.0.0.1:8774/identity/v3")
GLANCE = _service("images", "http://127.0.0.1:8774/image")
NEUTRON = [
    *_service("networks", "http://127.0.0.1:8774/network"),
    cfg.StrOpt(
        "metadata_proxy_shared_secret",
        default="",
        secret=True,
        help="Signs the instance id that the metadata proxy hands on.",
    ),
]

CINDER = _service("volumes", "http://127.0.0.1:8774/volume/v3")
NOVA = [
    cfg.StrOpt(
        "endpoint_override",
        help="Base URL of the compute API (.../v2.1), to which novalite-neighbours sends events "
        "of servers: that a floating IP was bound, that a volume has grown. None: nowhere.",
    ),
    *_credentials(),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [
        ("keystone", KEYSTONE),
        ("glance", GLANCE),
        ("neutron", NEUTRON),
        ("cinder", CINDER),
        ("nova", NOVA),
    ]
