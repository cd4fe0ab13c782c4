"""Run Tempest against a cloud of its own and print the counts.

    python -m tools.tempest --state-path DIR --tempest VENV/bin/tempest [--regex R] [--report F]

Exits with 1 when a test failed, or was skipped for a reason that ``reasons.py`` does not explain.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

from tools.tempest import configuration, report, results
from tools.tempest.cloud import Cloud
from tools.tempest.files import Files

SUITES = r"^tempest\.api\.(identity|image|network|volume)\."


def main() -> int:
    options = _options()
    state = pathlib.Path(options.state_path).resolve()
    files = Files(state / "files")
    cloud = Cloud(state / "cloud", options.port, files.port)
    try:
        cloud.up()
        outcomes = _run(options, state, cloud, files)
    finally:
        if not options.keep:
            cloud.purge()
        files.close()
    unexplained = report.show(outcomes)
    if options.report:
        pathlib.Path(options.report).write_text(report.page(outcomes))
    failed = any(outcome.end == "FAILED" for outcome in outcomes)
    return 1 if failed or unexplained or not outcomes else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.tempest")
    parser.add_argument("--state-path", required=True, help="of the cloud, and of the output")
    parser.add_argument("--tempest", required=True, help="the tempest command")
    parser.add_argument("--port", type=int, help="of the cloud; default: a free one")
    parser.add_argument("--regex", default=SUITES, help="which tests")
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="leave the cloud running")
    parser.add_argument("--report", help="write docs/tempest.md there")
    return parser.parse_args()


def _run(
    options: argparse.Namespace, state: pathlib.Path, cloud: Cloud, files: Files
) -> list[results.Outcome]:
    workspace = state / "tempest"
    # Tempest keeps a list of its workspaces in the home directory, and takes none twice.
    for folder in (workspace, state / ".tempest"):
        shutil.rmtree(folder, ignore_errors=True)
    environment = {**os.environ, "HOME": str(state)}
    tempest = os.path.abspath(options.tempest)
    subprocess.run(
        [tempest, "init", str(workspace)], check=True, env=environment, capture_output=True
    )
    configuration.write(workspace / "etc" / "tempest.conf", cloud, files)
    # stestr is called by its bare name
    environment["PATH"] = os.path.dirname(tempest) + os.pathsep + environment["PATH"]
    command = [
        tempest, "run", "--regex", options.regex, "--concurrency", str(options.concurrency),
    ]  # fmt: skip
    began = time.monotonic()
    lines = []
    with (
        subprocess.Popen(
            command, cwd=workspace, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        ) as child,
        open(state / "tempest.out", "w") as log,
    ):  # fmt: skip
        assert child.stdout is not None
        for line in child.stdout:
            log.write(line)
            lines.append(line)
            if results.LINE.match(line.rstrip()):
                sys.stdout.write(line)
                sys.stdout.flush()
    print(f"\n{time.monotonic() - began:.0f} s; the whole output is in {state / 'tempest.out'}")
    return results.read(lines)


if __name__ == "__main__":
    sys.exit(main())
