#!/usr/bin/env python3
"""Load generator for any endpoint that speaks the Nova compute API.

Standard library only.  One JSON object goes to stdout for each run; progress
goes to stderr.  The endpoint is found in one of three ways:

  load.py --auth-url http://127.0.0.1:5000/v3 --password secret  PHASE ...
  load.py --endpoint http://127.0.0.1:8774/v2.1 --token TOKEN    PHASE ...
  load.py --endpoint http://127.0.0.1:8774/v2.1 --no-auth        PHASE ...

Phases:
  wait        seconds until GET /servers first answers 200
  sequential  one client: POST latency, and POST to ACTIVE
  burst       many clients: POST/s, ACTIVE/s, and how many ended in ERROR
  fill        create servers until N exist (unmeasured)
  reads       latency and throughput of the read calls
  delete      delete every server this tool made: DELETE/s and gone/s
  fault       a burst with a command run in the middle of it; counts what is
              left in each state after a time limit
"""

import argparse
import asyncio
import collections
import json
import random
import subprocess
import sys
import time
import urllib.parse

PREFIX = "load-"


class HttpError(Exception):
    pass


class Response:
    __slots__ = ("status", "headers", "body", "seconds")

    def __init__(self, status, headers, body, seconds):
        self.status, self.headers, self.body, self.seconds = status, headers, body, seconds

    def json(self):
        return json.loads(self.body)


class Client:
    """One HTTP/1.1 client: one request at a time, connection kept if the
    server allows it.  Latency runs from before connect to the last byte."""

    def __init__(self, base, headers=None, timeout=120):
        self.base = urllib.parse.urlsplit(base)
        self.path = self.base.path.rstrip("/")
        self.headers = dict(headers or {})
        self.timeout = timeout
        self.reader = self.writer = None

    async def request(self, method, path, body=None, absolute=False):
        start = time.perf_counter()
        status, headers, data = await asyncio.wait_for(
            self._request(method, path if absolute else self.path + path, body), self.timeout
        )
        return Response(status, headers, data, time.perf_counter() - start)

    async def _request(self, method, path, body):
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.base.netloc}",
            "Accept: application/json",
        ]
        lines += [f"{k}: {v}" for k, v in self.headers.items()]
        if payload:
            lines += ["Content-Type: application/json"]
        if payload or method in ("POST", "PUT"):
            lines += [f"Content-Length: {len(payload)}"]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        reused = self.writer is not None
        while True:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection(
                    self.base.hostname, self.base.port or 80, limit=1 << 26
                )
            try:
                self.writer.write(head + payload)
                raw = await self.reader.readuntil(b"\r\n\r\n")
                break
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if not reused:
                    raise
                reused = False  # a kept connection had been closed: try once afresh
        first, *rest = raw.decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        headers = {}
        for line in rest:
            name, sep, value = line.partition(":")
            if sep:
                headers[name.strip().lower()] = value.strip()
        keep = headers.get("connection", "").lower() != "close" and not first.startswith("HTTP/1.0")
        if method == "HEAD" or status in (204, 304):
            data = b""
        elif "content-length" in headers:
            data = await self.reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            chunks = []
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                chunks.append(await self.reader.readexactly(size))
                await self.reader.readexactly(2)
            await self.reader.readuntil(b"\r\n")
            data = b"".join(chunks)
        else:
            data = await self.reader.read()
            keep = False
        if not keep:
            self.close()
        return status, headers, data

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Cloud:
    """Where the compute endpoint is and how to speak to it."""

    def __init__(self, args):
        self.args = args
        self.endpoint = args.endpoint
        self.token = args.token
        self.image = args.image
        self.flavor = None

    async def connect(self):
        catalog = []
        if self.args.auth_url and not self.token:
            body = {
                "auth": {
                    "identity": {
                        "methods": ["password"],
                        "password": {
                            "user": {
                                "name": self.args.username,
                                "domain": {"id": "default"},
                                "password": self.args.password,
                            }
                        },
                    },
                    "scope": {"project": {"name": self.args.project, "domain": {"id": "default"}}},
                }
            }
            reply = await Client(self.args.auth_url).request("POST", "/auth/tokens", body)
            if reply.status != 201:
                raise HttpError(f"no token: {reply.status} {reply.body[:300]!r}")
            self.token = reply.headers["x-subject-token"]
            catalog = reply.json()["token"].get("catalog", [])
        urls = {
            s["type"]: e["url"]
            for s in catalog
            for e in s["endpoints"]
            if e["interface"] == "public"
        }
        self.endpoint = self.endpoint or urls.get("compute")
        if not self.endpoint:
            raise HttpError("no compute endpoint: give --endpoint, or --auth-url with a catalogue")
        if not self.image and "image" in urls:
            reply = await Client(urls["image"], self._token()).request("GET", "/v2/images?limit=1")
            images = reply.json()["images"]
            self.image = images[0]["id"] if images else None

    def _token(self):
        return {} if self.args.no_auth or not self.token else {"X-Auth-Token": self.token}

    def client(self):
        version = self.args.microversion
        return Client(
            self.endpoint,
            {
                **self._token(),
                "OpenStack-API-Version": f"compute {version}",
                "X-OpenStack-Nova-API-Version": version,
            },
        )

    async def pick_flavor(self):
        reply = await self.client().request("GET", "/flavors")
        flavors = {f["name"]: f["id"] for f in reply.json()["flavors"]}
        flavors.update({i: i for i in flavors.values()})
        if self.args.flavor not in flavors:
            raise HttpError(f"no flavor {self.args.flavor!r} among {sorted(flavors)}")
        self.flavor = flavors[self.args.flavor]

    def server_body(self, name):
        networks = self.args.network
        if networks not in ("none", "auto"):
            networks = [{"uuid": networks}]
        server = {"name": name, "flavorRef": self.flavor, "networks": networks}
        if self.image:
            server["imageRef"] = self.image
        return {"server": server}

    async def servers(self, client, query=""):
        """Every server this tool made, as {id: name}; pages as needed."""
        found, marker = {}, ""
        while True:
            reply = await client.request("GET", f"/servers?limit=1000{query}{marker}")
            if reply.status != 200:
                raise HttpError(f"GET /servers: {reply.status} {reply.body[:200]!r}")
            page = reply.json()["servers"]
            found.update((s["id"], s["name"]) for s in page if s["name"].startswith(PREFIX))
            if len(page) < 1000:
                return found
            marker = "&marker=" + page[-1]["id"]


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def quantiles(values, scale=1000, digits=2):
    """p50/p95/p99/max, in milliseconds unless scale says otherwise."""
    if not values:
        return None
    ordered = sorted(values)

    def at(q):
        return round(ordered[min(len(ordered) - 1, int(q * len(ordered)))] * scale, digits)

    return {
        "n": len(ordered),
        "p50": at(0.50),
        "p95": at(0.95),
        "p99": at(0.99),
        "max": round(ordered[-1] * scale, digits),
    }


async def fan_out(jobs, width, make_client, work):
    """Run work(client, job) over jobs with `width` clients."""
    queue = collections.deque(jobs)

    async def one():
        client = make_client()
        while queue:
            await work(client, queue.popleft())
        client.close()

    await asyncio.gather(*(one() for _ in range(width)))


# ---------------------------------------------------------------- phases


async def phase_wait(cloud, args):
    """Seconds from --since (default: now) to the first 200 on GET /servers."""
    since = args.since or time.time()
    while time.time() - since < args.limit:
        try:
            await cloud.connect()
            reply = await cloud.client().request("GET", "/servers")
            if reply.status == 200:
                return {"seconds_to_first_200": round(time.time() - since, 2)}
        except (OSError, HttpError, ValueError, KeyError, asyncio.IncompleteReadError):
            pass
        await asyncio.sleep(0.1)
    raise HttpError("gave up waiting")


async def phase_sequential(cloud, args):
    client, posts, actives, bad = cloud.client(), [], [], 0
    for i in range(args.n):
        start = time.perf_counter()
        reply = await client.request("POST", "/servers", cloud.server_body(f"{PREFIX}seq-{i}"))
        posts.append(reply.seconds)
        if reply.status != 202:
            bad += 1
            say("POST", reply.status, reply.body[:200])
            continue
        ident = reply.json()["server"]["id"]
        while time.perf_counter() - start < args.limit:
            await asyncio.sleep(args.poll)
            shown = await client.request("GET", f"/servers/{ident}")
            status = shown.json()["server"]["status"] if shown.status == 200 else "?"
            if status == "ACTIVE":
                actives.append(time.perf_counter() - start)
                break
            if status == "ERROR":
                bad += 1
                break
        else:
            bad += 1
    return {"post_ms": quantiles(posts), "post_to_active_ms": quantiles(actives), "failed": bad}


async def post_batch(cloud, n, width, label, on_accept=None):
    accepted, latencies, refused = {}, [], collections.Counter()

    async def post(client, i):
        try:
            reply = await client.request(
                "POST", "/servers", cloud.server_body(f"{PREFIX}{label}-{i}")
            )
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as exc:
            refused[type(exc).__name__] += 1
            return
        latencies.append(reply.seconds)
        if reply.status == 202:
            accepted[reply.json()["server"]["id"]] = time.perf_counter()
            if on_accept:
                on_accept(len(accepted))
        else:
            refused[str(reply.status)] += 1
            say("POST", reply.status, reply.body[:200])

    await fan_out(range(n), width, cloud.client, post)
    return accepted, latencies, refused


async def settle(cloud, accepted, limit, poll=0.25):
    """Poll until every accepted server is ACTIVE or ERROR, or limit seconds."""
    client, end, wanted = cloud.client(), time.perf_counter() + limit, set(accepted)
    active = error = set()
    while True:
        try:
            active = wanted & set(await cloud.servers(client, "&status=ACTIVE"))
            if len(active) < len(wanted):
                error = wanted & set(await cloud.servers(client, "&status=ERROR"))
        except (OSError, HttpError, asyncio.TimeoutError, asyncio.IncompleteReadError) as exc:
            say("poll failed:", repr(exc)[:150])
        if len(active) + len(error) >= len(wanted) or time.perf_counter() > end:
            return active, error
        await asyncio.sleep(poll)


async def phase_burst(cloud, args):
    start = time.perf_counter()
    accepted, latencies, refused = await post_batch(cloud, args.n, args.c, "burst")
    posted = time.perf_counter() - start
    active, error = await settle(cloud, accepted, args.limit)
    total = time.perf_counter() - start
    return {
        "clients": args.c,
        "post_ms": quantiles(latencies),
        "refused": dict(refused),
        "accepted": len(accepted),
        "post_seconds": round(posted, 2),
        "posts_per_s": round(len(accepted) / posted, 2),
        "all_settled_seconds": round(total, 2),
        "active": len(active),
        "error": len(error),
        "unsettled": len(accepted) - len(active) - len(error),
        "active_per_s": round(len(active) / total, 2),
    }


async def phase_fill(cloud, args):
    have = len(await cloud.servers(cloud.client()))
    if have < args.n:
        accepted, _, refused = await post_batch(cloud, args.n - have, args.c, "fill")
        active, error = await settle(cloud, accepted, args.limit, poll=2)
        say("fill: active", len(active), "error", len(error), "refused", dict(refused))
    return {"servers": len(await cloud.servers(cloud.client()))}


async def phase_reads(cloud, args):
    client = cloud.client()
    idents = list(await cloud.servers(client))
    if not idents:
        raise HttpError("no servers to read: run fill first")
    root = {"path": "/", "absolute": True}
    targets = {
        "GET /": lambda: root,
        "GET /flavors/detail": lambda: {"path": "/flavors/detail"},
        "GET /servers/{id}": lambda: {"path": "/servers/" + random.choice(idents)},
        "GET /servers?limit=100": lambda: {"path": "/servers?limit=100"},
        "GET /servers/detail?limit=100": lambda: {"path": "/servers/detail?limit=100"},
        "GET /servers/detail": lambda: {"path": "/servers/detail"},
    }
    result = {"servers": len(idents), "clients": args.c}
    for name, make in targets.items():
        entry = {}
        for width, key in ((1, "alone"), (args.c, "loaded")):
            seconds, statuses, size = [], collections.Counter(), 0
            begin = time.perf_counter()
            end = begin + args.seconds

            async def worker():
                nonlocal size
                mine = cloud.client()
                while time.perf_counter() < end:
                    reply = await mine.request("GET", **make())
                    statuses[str(reply.status)] += 1
                    seconds.append(reply.seconds)
                    size = len(reply.body)
                mine.close()

            await asyncio.gather(*(worker() for _ in range(width)))
            took = time.perf_counter() - begin
            entry[key] = {
                "ms": quantiles(seconds),
                "req_per_s": round(len(seconds) / took, 2),
                "statuses": dict(statuses),
            }
            entry["bytes"] = size
        result[name] = entry
        say(name, json.dumps(entry))
    return result


async def phase_delete(cloud, args):
    client = cloud.client()
    idents = list(await cloud.servers(client))
    if args.n:
        idents = idents[: args.n]
    latencies, statuses = [], collections.Counter()

    async def drop(mine, ident):
        reply = await mine.request("DELETE", f"/servers/{ident}")
        latencies.append(reply.seconds)
        statuses[str(reply.status)] += 1

    start = time.perf_counter()
    await fan_out(idents, args.c, cloud.client, drop)
    sent = time.perf_counter() - start
    left = set(idents)
    while left and time.perf_counter() - start < args.limit:
        left &= set(await cloud.servers(client))
        if left:
            await asyncio.sleep(0.25)
    total = time.perf_counter() - start
    return {
        "clients": args.c,
        "servers": len(idents),
        "delete_ms": quantiles(latencies),
        "statuses": dict(statuses),
        "deletes_per_s": round(len(idents) / sent, 2),
        "all_gone_seconds": round(total, 2),
        "left": len(left),
        "gone_per_s": round((len(idents) - len(left)) / total, 2),
    }


async def phase_fault(cloud, args):
    """Start a batch; once `--after` servers were accepted run `--hook` (which
    kills and restarts something); then wait up to `--limit` seconds.  ERROR is
    not always final (a restarted service may still work off its queue), so
    everything is counted again after `--linger` more seconds."""
    hook = None

    def on_accept(count):
        nonlocal hook
        if hook is None and count >= args.after:
            say("hook:", args.hook)
            hook = subprocess.Popen(args.hook, shell=True, stdout=sys.stderr)

    start = time.perf_counter()
    accepted, _, refused = await post_batch(cloud, args.n, args.c, "fault", on_accept)
    active, error = await settle(cloud, accepted, args.limit, poll=1)
    took = time.perf_counter() - start
    first = {"active": len(active), "error": len(error)}
    await asyncio.sleep(args.linger)
    active, error = await settle(cloud, accepted, 0)
    client, states, rest = cloud.client(), collections.Counter(), set(accepted) - active - error
    for ident in rest:
        reply = await client.request("GET", f"/servers/{ident}")
        server = reply.json()["server"] if reply.status == 200 else {}
        states[f"{server.get('status', reply.status)}/{server.get('OS-EXT-STS:task_state')}"] += 1
    return {
        "batch": args.n,
        "accepted": len(accepted),
        "refused": dict(refused),
        "active": len(active),
        "error": len(error),
        "stuck": len(rest),
        "stuck_states": dict(states),
        "settled_seconds": round(took, 1),
        "when_settled": first,
        "linger_seconds": args.linger,
        "hook_exit": hook.wait() if hook else None,
    }


PHASES = {
    "wait": phase_wait,
    "sequential": phase_sequential,
    "burst": phase_burst,
    "fill": phase_fill,
    "reads": phase_reads,
    "delete": phase_delete,
    "fault": phase_fault,
}


def parse(argv):
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument(
        "--auth-url", help="identity v3 endpoint; the compute endpoint is read from its catalogue"
    )
    top.add_argument("--username", default="admin")
    top.add_argument("--password", default="")
    top.add_argument("--project", default="admin")
    top.add_argument("--endpoint", help="compute endpoint, for instance http://127.0.0.1:8774/v2.1")
    top.add_argument("--token", help="a token to send as it is")
    top.add_argument("--no-auth", action="store_true", help="send no token")
    top.add_argument("--microversion", default="2.90")
    top.add_argument(
        "--image", help="image id (default: the first in the image service, if there is one)"
    )
    top.add_argument("--flavor", default="m1.nano", help="flavor name or id (default %(default)s)")
    top.add_argument(
        "--network", default="none", help="none, auto, or a network id (default %(default)s)"
    )
    top.add_argument("--label", help="copied into the output")
    sub = top.add_subparsers(dest="phase", required=True)

    def phase(name, **defaults):
        one = sub.add_parser(name, help=(PHASES[name].__doc__ or "").split("\n")[0])
        options = {
            "n": (int, "how many servers"),
            "c": (int, "clients"),
            "limit": (float, "give up after this many seconds"),
            "poll": (float, "seconds between polls"),
            "seconds": (float, "seconds for each read"),
            "since": (float, "epoch seconds when the endpoint was started"),
            "after": (int, "run the hook once this many were accepted"),
            "hook": (str, "shell command"),
            "linger": (float, "count again after this many more seconds"),
        }
        for key, value in defaults.items():
            kind, text = options[key]
            one.add_argument(
                ("-" if len(key) == 1 else "--") + key,
                type=kind,
                default=value,
                required=key == "hook",
                help=f"{text} (default {value})",
            )

    phase("wait", since=None, limit=180.0)
    phase("sequential", n=50, poll=0.05, limit=60.0)
    phase("burst", n=200, c=16, limit=600.0)
    phase("fill", n=1000, c=8, limit=1800.0)
    phase("reads", c=8, seconds=10.0)
    phase("delete", n=0, c=16, limit=1200.0)
    phase("fault", n=50, c=16, after=20, hook=None, limit=180.0, linger=60.0)
    args = top.parse_args(argv)
    if not (args.auth_url or args.endpoint):
        top.error("give --auth-url, or --endpoint with --token or --no-auth")
    return args


async def main(argv):
    args = parse(argv)
    cloud = Cloud(args)
    if args.phase != "wait":
        await cloud.connect()
        await cloud.pick_flavor()
    began = time.time()
    result = await PHASES[args.phase](cloud, args)
    print(
        json.dumps(
            {
                "phase": args.phase,
                "label": args.label,
                "endpoint": cloud.endpoint,
                "network": args.network,
                "microversion": args.microversion,
                "began": round(began),
                **result,
            }
        )
    )


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except (HttpError, OSError) as problem:
        sys.exit(f"load.py: {problem}")
