#!/usr/bin/env python3
"""How much a running all-in-one grows while an image of many bytes goes up, and down again.

  python -m bench.image_upload --state-path DIR [--gigabytes 5] [--import] [--sparse]

Starts `novalite up --fake` of its own, sends the bytes over HTTP as clients do (chunked), once to
warm up with a small image and once in full, and samples the process. Prints one JSON object;
memory in MiB. The data are random but for `--sparse`. Needs twice the image's size on the disk.
"""

import argparse
import hashlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from bench.pss import memory
from tools.demo.client import Cloud as Client
from tools.servers.processes import free_port

CHUNK = 256 * 1024
INTERVAL = 0.1  # seconds between samples


class Sampler:
    """The most memory a process had while this was entered, in MiB."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.pss = self.rss = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Sampler":
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(INTERVAL):
            self._sample()

    def _sample(self) -> None:
        pss, rss = memory(self.pid)
        self.pss, self.rss = max(self.pss, pss / 1024), max(self.rss, rss / 1024)


class Image:
    """An image of the service at ``url``, sent and fetched in pieces."""

    def __init__(self, client: Client, size: int, sparse: bool) -> None:
        self._client = client
        self._url = urlsplit(client.endpoints["image"])
        self._size = size
        self._sparse = sparse
        self._piece = bytes(CHUNK) if sparse else os.urandom(CHUNK)
        body = {"name": "bench", "disk_format": "raw", "container_format": "bare"}
        self.id = client.raw("POST", f"{client.endpoints['image']}/v2/images", body)[2]["id"]

    def _chunks(self) -> Iterator[bytes]:
        """No two alike, but for a sparse one: each begins with its number."""
        for number in range(self._size // CHUNK):
            yield self._piece if self._sparse else number.to_bytes(8, "big") + self._piece[8:]

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=600)

    def _path(self, verb: str) -> str:
        return f"{self._url.path}/v2/images/{self.id}/{verb}"

    def send(self, verb: str) -> str:
        """The sha512 of what was sent. ``verb``: file, stage."""
        digest = hashlib.sha512()

        def counted() -> Iterator[bytes]:
            for chunk in self._chunks():
                digest.update(chunk)
                yield chunk

        connection = self._connection()
        headers = {
            "X-Auth-Token": self._client.token,
            "Content-Type": "application/octet-stream",
            "Transfer-Encoding": "chunked",
        }
        connection.request("PUT", self._path(verb), counted(), headers, encode_chunked=True)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 204, text
        connection.close()
        return digest.hexdigest()

    def import_(self) -> None:
        url = f"{self._client.endpoints['image']}/v2/images/{self.id}/import"
        self._client.raw("POST", url, {"method": {"name": "glance-direct"}})
        while self.show()["status"] != "active":
            time.sleep(INTERVAL)

    def show(self) -> dict[str, str]:
        found: dict[str, str] = self._client.image("GET", f"/images/{self.id}")
        return found

    def fetch(self) -> str:
        """The sha512 of what came."""
        digest = hashlib.sha512()
        connection = self._connection()
        connection.request("GET", self._path("file"), headers={"X-Auth-Token": self._client.token})
        answer = connection.getresponse()
        assert answer.status == 200
        while chunk := answer.read(CHUNK):
            digest.update(chunk)
        connection.close()
        return digest.hexdigest()

    def delete(self) -> None:
        self._client.raw("DELETE", f"{self._client.endpoints['image']}/v2/images/{self.id}")


def measure(client: Client, pid: int, options: argparse.Namespace) -> dict[str, object]:
    warm = Image(client, 8 << 20, sparse=False)
    warm.send("file")
    warm.fetch()
    warm.delete()
    pss, rss = memory(pid)
    before = {"pss": round(pss / 1024, 1), "rss": round(rss / 1024, 1)}
    image = Image(client, int(options.gigabytes * (1 << 30)), options.sparse)
    result: dict[str, object] = {"gigabytes": options.gigabytes, "before": before}
    sent = ""

    def upload() -> None:
        nonlocal sent
        sent = image.send("stage" if options.import_ else "file")
        if options.import_:
            image.import_()

    for name, work in (("upload", upload), ("download", lambda: _same(image, sent))):
        began = time.monotonic()
        with Sampler(pid) as most:
            work()
        result[name] = {
            "seconds": round(time.monotonic() - began, 1),
            "pss": round(most.pss, 1),
            "rss": round(most.rss, 1),
            "grown_pss": round(most.pss - before["pss"], 1),
            "grown_rss": round(most.rss - before["rss"], 1),
        }
    assert image.show()["os_hash_value"] == sent
    image.delete()
    return result


def _same(image: Image, sent: str) -> None:
    assert image.fetch() == sent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.image_upload")
    parser.add_argument("--state-path", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--import", dest="import_", action="store_true")
    parser.add_argument("--sparse", action="store_true")
    options = parser.parse_args()
    state = pathlib.Path(options.state_path).resolve()
    state.mkdir(parents=True, exist_ok=True)
    clouds = str(state / "clouds.yaml")
    novalite = [sys.executable, "-m", "novalite.cmd.main"]
    where = ["--state-path", str(state)]
    subprocess.run(
        [*novalite, "up", "--fake", *where, "--port", str(options.port or free_port()),
         "--clouds", clouds], check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        pid = int((state / "novalite.pid").read_text())
        print(json.dumps(measure(Client(clouds, "novalite-admin"), pid, options), indent=2))
    finally:
        subprocess.run(
            [*novalite, "down", "--purge", *where], check=True, stdout=subprocess.DEVNULL
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
