"""[DEFAULT]: what concerns every service, and what a compute host does with its guests."""

import socket

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "host",
        default=socket.gethostname(),
        sample_default="<hostname>",
        help="Name under which this service registers. Never change it on a compute host "
        "that has servers.",
    ),
    cfg.StrOpt("my_ip", default="127.0.0.1", help="Management address of this host."),
    cfg.StrOpt("state_path", default="/var/lib/novalite", help="Base directory for state."),
    cfg.StrOpt(
        "instances_path", default="$state_path/instances", help="Where the disks of servers live."
    ),
    cfg.StrOpt(
        "compute_driver",
        default="libvirt.LibvirtDriver",
        help="Hypervisor driver: libvirt.LibvirtDriver or fake.FakeDriver.",
    ),
    cfg.StrOpt(
        "instance_name_template", default="instance-%08x", help="Hypervisor-side name of a guest."
    ),
    cfg.StrOpt(
        "multi_instance_display_name_template",
        default="%(name)s-%(count)d",
        help="Names of the servers of one multi-create request.",
    ),
    cfg.StrOpt(
        "default_availability_zone",
        default="nova",
        help="Zone of compute hosts outside any zoned aggregate.",
    ),
    cfg.StrOpt(
        "internal_service_availability_zone",
        default="internal",
        help="Zone shown for services that are not compute services.",
    ),
    cfg.StrOpt("default_schedule_zone", help="Zone used when the request names none."),
    cfg.StrOpt(
        "instance_usage_audit_period",
        default="month",
        regex=r"^(hour(@[0-5]?\d)?|day(@([01]?\d|2[0-3]))?|month(@(0?[1-9]|1\d|2[0-8]))?"
        r"|year(@(0?[1-9]|1[0-2]))?)$",
        help="How long a usage audit period is: hour, day, month or year; with @ and the minute, "
        "hour, day or month at which it begins.",
    ),
    cfg.IntOpt("password_length", default=12, min=0, help="Length of generated passwords."),
    cfg.StrOpt(
        "osapi_compute_unique_server_name_scope",
        default="",
        choices=["", "project", "global"],
        help="Where server names must be unique.",
    ),
    cfg.BoolOpt(
        "enable_new_services",
        default=True,
        help="Whether a new compute service takes servers at once.",
    ),
    cfg.FloatOpt("initial_cpu_allocation_ratio", default=4.0, help="CPU ratio of a new node."),
    cfg.FloatOpt("initial_ram_allocation_ratio", default=1.0, help="RAM ratio of a new node."),
    cfg.FloatOpt("initial_disk_allocation_ratio", default=1.0, help="Disk ratio of a new node."),
    cfg.FloatOpt("cpu_allocation_ratio", help="Overrides the node's CPU ratio."),
    cfg.FloatOpt("ram_allocation_ratio", help="Overrides the node's RAM ratio."),
    cfg.FloatOpt("disk_allocation_ratio", help="Overrides the node's disk ratio."),
    cfg.IntOpt("reserved_host_cpus", default=0, help="CPUs kept for the host."),
    cfg.IntOpt("reserved_host_memory_mb", default=512, help="MiB of memory kept for the host."),
    cfg.IntOpt("reserved_host_disk_mb", default=0, help="MiB of disk kept for the host."),
    cfg.BoolOpt("force_config_drive", default=False, help="Give every server a config drive."),
    cfg.IntOpt(
        "max_local_block_devices", default=3, help="Local disks per server; -1: no limit, 0: none."
    ),
    cfg.IntOpt("max_concurrent_builds", default=10, help="Builds at once per host; 0: no limit."),
    cfg.IntOpt("report_interval", default=10, min=1, help="Seconds between heartbeats."),
    cfg.IntOpt(
        "service_down_time",
        default=60,
        min=1,
        help="Age of a heartbeat, in seconds, that means down.",
    ),
    cfg.IntOpt(
        "update_resources_interval",
        default=60,
        help="Seconds between reports of what the node offers.",
    ),
    cfg.IntOpt(
        "sync_power_state_interval",
        default=600,
        help="Seconds between comparisons of guests with their rows; -1: off.",
    ),
    cfg.IntOpt(
        "work_sweep_interval",
        default=10,
        min=1,
        help="Seconds between looks for work that the database promises and nobody does.",
    ),
    cfg.IntOpt(
        "instance_build_timeout", default=0, help="Seconds after which a build is failed; 0: never."
    ),
    cfg.IntOpt("shutdown_timeout", default=60, help="Seconds a guest gets to shut down."),
    cfg.IntOpt(
        "block_device_allocate_retries",
        default=60,
        min=0,
        help="How often a build asks whether a volume that is made for it is there; times the "
        "interval it is the time that a volume may take.",
    ),
    cfg.IntOpt(
        "block_device_allocate_retries_interval",
        default=3,
        min=0,
        help="Seconds between those questions, at most.",
    ),
    cfg.BoolOpt(
        "resume_guests_state_on_host_boot",
        default=False,
        help="Start guests that ran before the host went down.",
    ),
    cfg.StrOpt(
        "concurrency_backend",
        default="auto",
        choices=["auto", "threading", "eventlet"],
        help="How a process runs things at once; read before anything else. auto: threads "
        "in the all-in-one and on SQLite or PostgreSQL, eventlet otherwise.",
    ),
    cfg.IntOpt("default_thread_pool_size", default=16, min=1, help="Worker threads per pool."),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("DEFAULT", OPTIONS)]
