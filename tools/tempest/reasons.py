"""Why tests are skipped: a pattern of Tempest's own words (or of the test's name) -> our reason."""

import re

from tools.tempest.results import Outcome

REASONS: tuple[tuple[str, str], ...] = (
    (r"security_compliance|Security compliance",
     "Password expiry, history and lock-out are not offered: log-ins are throttled instead."),
    (r"Identity api v2|api_v2", "Identity v2.0 was removed from OpenStack."),
    (r"domain[_ -]specific", "One user directory only; no driver per domain."),
    (r"immutable user source",
     "Users are kept by the service itself: tests of a read-only directory do not apply."),
    (r"bugs/2030527", "Tempest skips it itself, because of its own bug 2030527."),
    (r"No image_remote", "One image service owns a store; there is no second worker to address."),
    (r"do_secure_hash is enabled",
     "Data at locations are always hashed; this test is for clouds that leave it out."),
    (r"Image format testing is not configured",
     "Its sample images are not on PyPI; tests/functional/neighbours/test_image_formats.py makes "
     "images of each format and sends them, good and bad."),
    (r"Volume/image dependency", "Snapshots of servers (createImage) are not offered yet."),
    (r"Volume dependency tests disabled",
     "The same switch turns on the tests of image dependencies; that volumes outlive the snapshot "
     "they were made from is tested in tests/functional/volume."),
    (r"encrypted volume extend", "No key manager: volumes are not encrypted."),
    (r"multi-backend feature disabled",
     "One store per default: a second one is LVM, which needs a volume group."),
    (r"(DVR|dvr) extension not enabled", "Routers are on the network host; none is distributed."),
    (r"metering extension not enabled", "Traffic is not metered."),
    (r"Manage snapshot",
     "A snapshot of a file is a link of its volume's chain: by itself it is nothing to take over."),
)  # fmt: skip


def of(outcome: Outcome) -> str | None:
    """None: nobody has said why yet."""
    for pattern, reason in REASONS:
        if re.search(pattern, outcome.why) or re.search(pattern, outcome.name):
            return reason
    return None
