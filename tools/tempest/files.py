"""A web server with one small image, for the tests that import an image from the web."""

import functools
import http.server
import pathlib
import subprocess
import threading

RAW, QCOW2 = "image.raw", "image.qcow2"


class Files:
    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RAW).write_bytes(bytes(range(256)) * 4096)
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", str(folder / QCOW2), "8M"], check=True
        )
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass
