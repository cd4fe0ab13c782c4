"""A web server with files, redirections and slowness, for tests of what is fetched."""

import http.server
import threading
from collections.abc import Callable


class Web:
    """``files``: path -> content. ``redirections``: path -> URL. ``cut``: paths whose answers
    break off in the middle. ``asked`` lists (method, path, headers)."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.redirections: dict[str, str] = {}
        self.cut: set[str] = set()
        self.before: Callable[[str], None] = lambda path: None
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append((self.command, self.path, dict(self.headers)))
                web.before(self.path)
                if self.path in web.redirections:
                    self.send_response(302)
                    self.send_header("Location", web.redirections[self.path])
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if self.path not in web.files:
                    self.send_error(404)
                    return
                data = web.files[self.path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(data[: len(data) // 2] if self.path in web.cut else data)

            do_HEAD = do_GET

            def log_message(self, *words: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
