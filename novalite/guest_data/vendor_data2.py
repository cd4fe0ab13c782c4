"""vendor_data2.json: the static vendor data, and what the operator's own services answer.

Each target of [api]vendordata_dynamic_targets (``name@url``) is asked with a POST that tells
which server is meant; its JSON answer stands under its name. A target that does not answer
gives {} unless [api]vendordata_dynamic_failure_fatal.
"""

import json
import logging
import urllib.request
from typing import Any

from novalite.exception import DependencyUnavailable
from novalite.guest_data import vendor_data
from novalite.guest_data.source import Source

LOG = logging.getLogger(__name__)
NAME = "vendor_data2.json"
MOST_BYTES = 1024 * 1024


def render(source: Source) -> bytes:
    """Raises DependencyUnavailable when a target fails and that is fatal."""
    conf = source.conf.api
    document: dict[str, Any] = {}
    if "StaticJSON" in conf.vendordata_providers:
        document["static"] = vendor_data.document(source)
    if "DynamicJSON" in conf.vendordata_providers:
        for target in conf.vendordata_dynamic_targets:
            name, _, url = target.partition("@")
            if not name or not url:
                LOG.error("vendordata_dynamic_targets: %r is not name@url", target)
            elif name in document:
                LOG.error("vendordata_dynamic_targets: %s is there twice", name)
            else:
                document[name] = _ask(source, name, url)
    return json.dumps(document).encode()


def _ask(source: Source, name: str, url: str) -> Any:
    instance = source.instance
    question = {
        "project-id": instance.project_id,
        "instance-id": instance.uuid,
        "image-id": instance.image_ref,
        "user-data": instance.user_data,
        "hostname": instance.hostname,
        "metadata": instance.metadata or {},
        "boot-roles": (instance.system_metadata or {}).get("boot_roles", ""),
    }
    request = urllib.request.Request(
        url,
        data=json.dumps(question).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    conf = source.conf.api
    # urllib knows one limit for connecting and for reading.
    limit = max(conf.vendordata_dynamic_connect_timeout, conf.vendordata_dynamic_read_timeout)
    try:
        with urllib.request.urlopen(request, timeout=limit) as answer:
            body = answer.read(MOST_BYTES)
            return json.loads(body) if body else {}
    except (OSError, ValueError) as error:
        LOG.warning("Vendor data of %s for %s failed: %s", name, instance.uuid, error)
        if conf.vendordata_dynamic_failure_fatal:
            raise DependencyUnavailable(reason=f"vendor data {name}: {error}") from error
        return {}
