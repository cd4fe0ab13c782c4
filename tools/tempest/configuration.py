"""tempest.conf for one of our clouds.

A feature is only declared missing here when novalite deliberately does not offer it; why stands
in ``reasons.py``, from where it gets into docs/tempest.md.
"""

import configparser
import pathlib
from typing import Any

import yaml

from tools.demo.client import Cloud as Client
from tools.tempest.cloud import Cloud
from tools.tempest.files import QCOW2, RAW, Files

Sections = dict[str, dict[str, Any]]

IMAGE_BYTES = 1 << 20


def write(path: pathlib.Path, cloud: Cloud, files: Files) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    for section, values in _sections(cloud, files, path.parent).items():
        parser[section] = {name: str(value) for name, value in values.items()}
    with open(path, "w") as file:
        parser.write(file)


def _sections(cloud: Cloud, files: Files, folder: pathlib.Path) -> Sections:
    admin = cloud.admin()
    with open(cloud.clouds_yaml) as file:
        auth = yaml.safe_load(file)["clouds"]["novalite-admin"]["auth"]
    (folder / "lock").mkdir(exist_ok=True)
    return {
        "DEFAULT": {"log_file": "tempest.log", "debug": True},
        "oslo_concurrency": {"lock_path": folder / "lock"},
        "auth": {
            "use_dynamic_credentials": True,
            "admin_username": auth["username"],
            "admin_project_name": auth["project_name"],
            "admin_password": auth["password"],
            "admin_domain_name": "Default",
        },
        "service_available": {
            "nova": True, "glance": True, "neutron": True, "cinder": True, "swift": False,
            "horizon": False,
        },
        **_identity(cloud),
        **_compute(admin),
        **_image(files),
        **_network(admin),
        **_volume(admin),
        "validation": {"run_validation": False},
    }  # fmt: skip


def _identity(cloud: Cloud) -> Sections:
    return {
        "identity": {
            "uri_v3": f"{cloud.url}/identity/v3",
            "auth_version": "v3",
            "v3_endpoint_type": "public",
            "region": "RegionOne",
            "default_domain_id": "default",
        },
        "identity-feature-enabled": {
            "api_v2": False,
            "api_v2_admin": False,
            "trust": True,
            "access_rules": True,
            "security_compliance": False,
            "domain_specific_drivers": False,
        },
    }


def _compute(admin: Client) -> Sections:
    flavors = {f["name"]: f["id"] for f in admin.compute("GET", "/flavors/detail")["flavors"]}
    return {
        "compute": {
            "image_ref": _an_image(admin, "tempest-1"),
            "image_ref_alt": _an_image(admin, "tempest-2"),
            "flavor_ref": flavors["m1.nano"],
            "flavor_ref_alt": flavors["m1.micro"],
            "min_compute_nodes": 2,
            "min_microversion": "2.1",
            "max_microversion": "latest",
            "build_timeout": 60,
        },
        "compute-feature-enabled": {
            "volume_multiattach": True,
            "nova_policy_roles": "admin,manager,member,reader",
        },
    }


def _an_image(admin: Client, name: str) -> str:
    for image in admin.image("GET", f"/images?name={name}")["images"]:
        return str(image["id"])
    body = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": "public"}
    made = str(_post(admin, f"{admin.endpoints['image']}/v2/images", body)["id"])
    url = f"{admin.endpoints['image']}/v2/images/{made}/file"
    admin.raw("PUT", url, b"\0" * IMAGE_BYTES, {"Content-Type": "application/octet-stream"})
    return made


def _post(admin: Client, url: str, body: Any) -> Any:
    return admin.raw("POST", url, body)[2]


def _image(files: Files) -> Sections:
    return {
        "image": {
            "http_image": files.url(RAW),
            "http_qcow2_image": files.url(QCOW2),
            "build_timeout": 60,
            # What is sent is looked at. Told so (image_format_enforcement), Tempest would leave
            # out its tests of lists, which send random bytes as the first six of these.
            "disk_formats": "raw,ami,ari,aki,raw,ami,iso,qcow2,vmdk,vdi,vhd,vhdx",
            "image_caching_enabled": True,
        },
        "image-feature-enabled": {
            "import_image": True,
            "image_format_enforcement": False,
            "manage_locations": True,
            "http_store_enabled": True,
            "store_weight_enabled": True,
        },
    }


def _network(admin: Client) -> Sections:
    networks = admin.network("GET", "/networks?router:external=true")["networks"]
    public = networks[0]["id"] if networks else ""
    extensions = admin.network("GET", "/extensions")["extensions"]
    return {
        "network": {
            "public_network_id": public,
            "floating_network_name": networks[0]["name"] if networks else "",
            "project_networks_reachable": False,
            "build_timeout": 60,
        },
        "network-feature-enabled": {
            "ipv6": True,
            "ipv6_subnet_attributes": True,
            "floating_ips": True,
            "port_security": True,
            "port_admin_state_change": True,
            "api_extensions": ",".join(sorted(item["alias"] for item in extensions)),
        },
    }


def _volume(admin: Client) -> Sections:
    return {
        "volume": {
            "min_microversion": "3.0",
            "max_microversion": "latest",
            "volume_type": "",
            "volume_type_multiattach": _a_multiattach_type(admin),
            "storage_protocol": "file",
            "vendor_name": "novalite",
            "backup_driver": "posix",
            "build_timeout": 60,
            "build_interval": 1,
        },
        "volume-feature-enabled": {
            "multi_backend": False,
            "backup": True,
            "snapshot": True,
            "clone": True,
            "manage_volume": True,
            "manage_snapshot": False,
            "extend_attached_volume": True,
            "extend_attached_encrypted_volume": False,
            # They are about snapshots of servers (createImage).
            "enable_volume_image_dep_tests": False,
        },
    }


def _a_multiattach_type(admin: Client) -> str:
    url = next(
        (url for kind, url in admin.endpoints.items() if kind in {"block-storage", "volumev3"}), ""
    )
    if not url:
        return ""
    _, _, found = admin.raw("GET", f"{url}/types")
    if not any(item["name"] == "multiattach" for item in found["volume_types"]):
        body = {"name": "multiattach", "extra_specs": {"multiattach": "<is> True"}}
        _post(admin, f"{url}/types", {"volume_type": body})
    return "multiattach"
