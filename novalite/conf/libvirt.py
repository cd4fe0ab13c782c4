"""[libvirt] and [vnc]"""

from oslo_config import cfg

LIBVIRT: list[cfg.Opt] = [
    cfg.StrOpt(
        "virt_type",
        default="auto",
        choices=["auto", "kvm", "qemu"],
        help="auto: kvm where a probe guest really runs on it, else qemu.",
    ),
    cfg.StrOpt("connection_uri", default="", help="Empty: qemu:///system."),
    cfg.StrOpt(
        "cpu_mode",
        choices=["host-model", "host-passthrough", "custom", "none"],
        help="Unset: host-model with kvm, none with qemu.",
    ),
    cfg.ListOpt("cpu_models", default=[], help="For cpu_mode=custom; the first is used."),
    cfg.StrOpt(
        "images_type",
        default="qcow2",
        choices=["raw", "qcow2", "default"],
        help="Format of local disks.",
    ),
    cfg.IntOpt(
        "image_cache_minimum_age",
        default=86400,
        help="Seconds for which an unused base image is kept.",
    ),
    cfg.IntOpt(
        "device_detach_attempts",
        default=8,
        min=1,
        help="How often a running guest is asked to give a disk back.",
    ),
    cfg.IntOpt(
        "device_detach_timeout",
        default=20,
        min=1,
        help="Seconds that it has for it each time.",
    ),
    cfg.StrOpt(
        "qemu_user",
        default="",
        help="User that QEMU runs as, for the KVM probe. Empty: asked of libvirt.",
    ),
]
VNC: list[cfg.Opt] = [
    cfg.BoolOpt("enabled", default=True, help="Give guests a VNC console (a unix socket)."),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("libvirt", LIBVIRT), ("vnc", VNC)]
