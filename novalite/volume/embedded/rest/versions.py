"""Which versions of the API there are: / and /v3."""

from typing import Any

from novalite.wsgi import links
from novalite.wsgi.microversions import Microversion, MicroversionRange
from novalite.wsgi.operations import Answer, Operation, Request

VOLUME = MicroversionRange(
    service="volume", minimum=Microversion(3, 0), maximum=Microversion(3, 71)
)
UPDATED = "2023-08-31T00:00:00Z"
MEDIA = "application/vnd.openstack.volume+json;version=3"


def _document(environ: dict[str, Any]) -> dict[str, Any]:
    base = links.base_url(environ).removesuffix("/v3")
    return {
        "versions": [
            {
                "id": "v3.0",
                "status": "CURRENT",
                "version": str(VOLUME.maximum),
                "min_version": str(VOLUME.minimum),
                "updated": UPDATED,
                "links": [
                    {
                        "rel": "describedby",
                        "type": "text/html",
                        "href": "https://docs.openstack.org/",
                    },
                    {"rel": "self", "href": f"{base}/v3/"},
                ],
                "media-types": [{"base": "application/json", "type": MEDIA}],
            }
        ]
    }


def _all(request: Request) -> Answer:
    return Answer(_document(request.environ))


ROOT_OPERATIONS = [
    Operation("GET", "/", _all, "List versions", public=True, success=300, min_version="2.1")
]
OPERATIONS = [
    Operation("GET", "/", _all, "Show version 3", public=True, min_version="3.0"),
]
