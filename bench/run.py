"""Measure novalite and the real Nova with the same generator in one run, and print the ratios.

python -m bench.run                       all-in-one, multi-service and, if installed, Nova
python -m bench.run --targets all-in-one  one of them
python -m bench.run --servers 200 --boots 20    a shorter run
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time
from typing import Any

from bench.targets import HERE, AllInOne, MultiService, Nova, Target

# row title, how to read it from one target's results, True when less is better
ROWS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("cold start to the first 200, s", ("wait", "seconds_to_first_200"), True),
    ("memory idle, MiB", ("memory", "control plane"), True),
    ("POST /servers p50, ms", ("sequential", "post_ms", "p50"), True),
    ("POST /servers p95, ms", ("sequential", "post_ms", "p95"), True),
    ("POST to ACTIVE p50, ms", ("sequential", "post_to_active_ms", "p50"), True),
    ("POST to ACTIVE p95, ms", ("sequential", "post_to_active_ms", "p95"), True),
    ("burst: POST accepted per s", ("burst", "posts_per_s"), False),
    ("burst: servers ACTIVE per s", ("burst", "active_per_s"), False),
    ("burst: servers in ERROR", ("burst", "error"), True),
    ("GET /servers/{id} p50, ms", ("reads", "GET /servers/{id}", "alone", "ms", "p50"), True),
    ("GET /servers?limit=100 p50, ms",
     ("reads", "GET /servers?limit=100", "alone", "ms", "p50"), True),
    ("GET /servers/detail?limit=100 p50, ms",
     ("reads", "GET /servers/detail?limit=100", "alone", "ms", "p50"), True),
    ("GET /servers/detail, all, p50, ms",
     ("reads", "GET /servers/detail", "alone", "ms", "p50"), True),
    ("DELETE accepted per s", ("delete", "deletes_per_s"), False),
    ("servers gone per s", ("delete", "gone_per_s"), False),
)  # fmt: skip


def load(target: Target, phase: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "load.py"), *target.authentication(), phase, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def measure(target: Target, options: argparse.Namespace) -> dict[str, Any]:
    results: dict[str, Any] = {}
    begun = target.start()
    try:
        results["wait"] = load(target, "wait", "--since", str(begun))
        time.sleep(options.settle)
        results["memory"] = target.memory()
        results["sequential"] = load(target, "sequential", "-n", str(options.boots))
        load(target, "delete")
        results["burst"] = load(target, "burst", "-n", str(options.burst), "-c", "16")
        load(target, "delete")
        load(target, "fill", "-n", str(options.servers), "-c", "8")
        results["reads"] = load(target, "reads", "-c", "8", "--seconds", str(options.seconds))
        results["memory_full"] = target.memory()
        results["delete"] = load(target, "delete")
    finally:
        target.stop()
    return results


def pick(results: dict[str, Any], path: tuple[str, ...]) -> float | None:
    value: Any = results
    for key in path:
        value = (value or {}).get(key)
    return value


def table(measured: dict[str, dict[str, Any]]) -> str:
    names = list(measured)
    ours = [name for name in names if name != "nova"]
    head = [*names, *(f"{name} : nova" for name in ours if "nova" in names)]
    lines = [f"| | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for title, path, less in ROWS:
        values = {name: pick(measured[name], path) for name in names}
        cells = ["-" if values[name] is None else f"{values[name]:g}" for name in names]
        if "nova" in names:
            for name in ours:
                mine, theirs = values[name], values["nova"]
                if not mine or not theirs:
                    cells.append("-")
                else:
                    ratio = theirs / mine if less else mine / theirs
                    cells.append(f"{ratio:.1f} times better" if ratio >= 1 else f"{ratio:.2f}")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", nargs="*", default=["all-in-one", "multi-service", "nova"])
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--boots", type=int, default=50)
    parser.add_argument("--burst", type=int, default=200)
    parser.add_argument("--servers", type=int, default=1000, help="for the reads")
    parser.add_argument("--seconds", type=float, default=5, help="for each read")
    parser.add_argument("--settle", type=float, default=5, help="seconds before memory is read")
    parser.add_argument("--output", type=pathlib.Path, help="JSON of everything")
    options = parser.parse_args()
    peer = Nova(options.hosts)
    known: dict[str, Target] = {
        "all-in-one": AllInOne(options.hosts),
        "multi-service": MultiService(options.hosts),
        "nova": peer,
    }
    measured = {}
    for name in options.targets:
        if name == "nova" and not peer.installed:
            print("nova is not installed (bench/peer/setup.sh): left out", file=sys.stderr)
            continue
        print(f"measuring {name}", file=sys.stderr)
        measured[name] = measure(known[name], options)
        print(table(measured))
    if options.output:
        options.output.write_text(json.dumps(measured, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
