"""A server process for tests of hostile clients: ``python -m tests.support.http_server BACKEND
THREADS PATIENCE`` prints its port and serves until its standard input ends.

/stream reads its body in pieces, /ignore refuses without reading, /large answers 64 MiB, and
everything else reads all, at most 114688 bytes.
"""

import sys
from typing import Any

LIMIT = 114688
LARGE = 64 * 1024 * 1024


def application(environ: dict[str, Any], start_response: Any) -> Any:
    path, stream = environ["PATH_INFO"], environ["wsgi.input"]
    if path == "/ignore":
        start_response("401 Unauthorized", [("Content-Length", "7")])
        return [b"go away"]
    if path == "/large":
        start_response("200 OK", [("Content-Length", str(LARGE))])
        return (b"x" * 65536 for _ in range(LARGE // 65536))
    if path == "/stream":
        size = 0
        while data := stream.read(100_000):
            size += len(data)
    else:
        from novalite.wsgi.application import read_body

        size = len(read_body(environ))
    answer = f"{path} {size}".encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


def main(backend: str, threads: str, patience: str) -> None:
    if backend == "eventlet":
        import eventlet

        eventlet.monkey_patch()
    import importlib

    from novalite.wsgi import peer, server
    from novalite.wsgi.middleware.faults import Faults
    from novalite.wsgi.middleware.size_limit import SizeLimit

    name = "novalite.wsgi.server_" + ("eventlet" if backend == "eventlet" else "threads")
    importlib.import_module(name).PATIENCE = float(patience)  # type: ignore[attr-defined]
    peer.Pace.__init__.__defaults__ = (float(patience), peer.RATE)  # type: ignore[misc]
    limited = SizeLimit(application, LIMIT)

    def choose(environ: dict[str, Any], start_response: Any) -> Any:
        unlimited = environ["PATH_INFO"] in ("/stream", "/ignore")
        return (application if unlimited else limited)(environ, start_response)

    made = server.serve(Faults(choose), "127.0.0.1", 0, int(threads), backend)
    made.start()
    print(made.port, flush=True)
    if backend == "eventlet":
        import eventlet.tpool

        eventlet.tpool.execute(sys.stdin.read)
    else:
        sys.stdin.read()
    made.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
