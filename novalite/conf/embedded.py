"""[embedded]: the small identity, image and network services inside the all-in-one."""

from oslo_config import cfg

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt("connection", secret=True, help="SQLAlchemy URL of their database."),
    cfg.StrOpt(
        "public_url", default="http://127.0.0.1:8774", help="Base of the URLs in the catalog."
    ),
    cfg.StrOpt(
        "compute_url",
        help="URL of the compute API in the catalog; unset: /v2.1 below public_url.",
    ),
    cfg.StrOpt("region", default="RegionOne", help="Region of the catalog."),
    cfg.StrOpt("image_store", default="$state_path/images", help="Directory of image data."),
    cfg.IntOpt("image_size_limit", default=1 << 40, min=1, help="Most bytes of one image."),
    cfg.ListOpt(
        "image_stores",
        default=[],
        help="Further directories of image data, each as name:directory; image_store is 'file'.",
    ),
    cfg.ListOpt(
        "image_web_hosts",
        default=[],
        help="Hosts from which images may be fetched (web-download, tasks, locations), each as "
        "host, host:port or *.domain. None: nothing is fetched. Without port: 80 and 443.",
    ),
    cfg.BoolOpt(
        "image_locations",
        default=False,
        help="Show the URLs of images' data and let users set them to some on image_web_hosts.",
    ),
    cfg.IntOpt(
        "image_workers", default=2, min=1, help="Imports and other image tasks run at a time."
    ),
    cfg.IntOpt(
        "image_task_hours",
        default=48,
        min=1,
        help="How long the record of a finished task is kept.",
    ),
    cfg.IntOpt("quota_image_count_total", default=1000, min=-1, help="Images per project."),
    cfg.IntOpt("quota_image_size_total", default=-1, min=-1, help="MiB of a project's images."),
    cfg.IntOpt("quota_image_stage_total", default=-1, min=-1, help="MiB staged per project."),
    cfg.IntOpt(
        "quota_image_count_uploading", default=100, min=-1, help="Uploads per project at a time."
    ),
    cfg.StrOpt(
        "key_repository", default="$state_path/keys", help="Directory of the keys that sign tokens."
    ),
    cfg.StrOpt(
        "credential_key_repository",
        default="$state_path/credential-keys",
        help="Directory of the keys that encrypt EC2 and OAuth secrets.",
    ),
    cfg.StrOpt(
        "credentials_file",
        default="$state_path/credentials.json",
        help="Generated passwords, readable by the owner only.",
    ),
    cfg.IntOpt("token_expiration", default=14400, help="Seconds."),
    cfg.IntOpt(
        "password_cost",
        default=13,
        min=10,
        max=20,
        help="log2 of scrypt's N for new password hashes: each step doubles the memory (13: 8 MiB) "
        "and the time of a log-in.",
    ),
    cfg.StrOpt(
        "data_plane",
        default="linux",
        choices=["linux", "none"],
        help="linux: bridges, DHCP, nftables on this host; none: records only.",
    ),
    cfg.StrOpt(
        "network_cidr",
        default="10.77.0.0/24",
        help="Range of the network that is made at the first start.",
    ),
    cfg.StrOpt(
        "metadata_url",
        default="http://127.0.0.1:8774/metadata",
        help="Where the metadata proxies hand guests' requests on.",
    ),
    cfg.StrOpt(
        "device_prefix",
        default="nvl",
        regex="^[a-z]{3}$",
        help="Begins the names of bridges and network namespaces. Two clouds on one host need two.",
    ),
    cfg.IntOpt("quota_network", default=100, min=-1, help="Networks per project; -1: no limit."),
    cfg.IntOpt("quota_subnet", default=100, min=-1, help="Subnets per project."),
    cfg.IntOpt("quota_port", default=500, min=-1, help="Ports per project."),
    cfg.IntOpt("quota_security_group", default=10, min=-1, help="Security groups per project."),
    cfg.IntOpt(
        "quota_security_group_rule", default=100, min=-1, help="Security group rules per project."
    ),
    cfg.IntOpt("quota_router", default=10, min=-1, help="Routers per project."),
    cfg.IntOpt("quota_floatingip", default=50, min=-1, help="Floating addresses per project."),
    cfg.IntOpt("quota_subnetpool", default=-1, min=-1, help="Subnet pools per project."),
    cfg.IntOpt("quota_rbac_policy", default=10, min=-1, help="Access policies per project."),
    cfg.StrOpt(
        "external_cidr",
        default="172.24.4.0/24",
        help="Range of the external network that is made at the first start; empty: none is made.",
    ),
    cfg.StrOpt(
        "subnetpool_prefix",
        default="10.78.0.0/16",
        help="Range of the default subnet pool that is made at the first start; empty: none.",
    ),
    cfg.StrOpt(
        "tunnel_address",
        help="Address of this host where tunnels of other hosts end; unset: there are none.",
    ),
    cfg.PortOpt("tunnel_port", default=4789, help="UDP port of the tunnels (VXLAN)."),
    cfg.StrOpt(
        "guest_image",
        help="Directory with guest.qcow2, vmlinuz and initrd.img, registered as public images.",
    ),
    cfg.ListOpt("dns_servers", default=[], help="Resolvers that DHCP hands out."),
    cfg.StrOpt(
        "volume_store", default="$state_path/volumes", help="Directory of volumes kept in files."
    ),
    cfg.ListOpt(
        "volume_backends",
        default=["qcow2"],
        item_type=cfg.types.String(choices=["qcow2", "lvm"]),
        help="Where volumes are kept; the first one has those whose type names no other.",
    ),
    cfg.StrOpt(
        "volume_group", default="novalite-volumes", help="LVM volume group of the lvm backend."
    ),
    cfg.StrOpt("volume_thin_pool", default="pool", help="Thin pool in that volume group."),
    cfg.StrOpt(
        "volume_availability_zone", default="nova", help="Availability zone of all volumes."
    ),
    cfg.IntOpt("volume_size_limit", default=16384, min=1, help="Most GiB of one volume."),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [("embedded", OPTIONS)]
