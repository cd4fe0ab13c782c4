#!/usr/bin/env python3
"""Memory of process groups: the sum of PSS (and RSS) over each process tree.

  pss.py LABEL=PID[,PID...] ...     or     pss.py --dir DIR   (DIR/*.pid)

Prints one JSON object: {label: {"procs": n, "pss_mib": x, "rss_mib": y}}.
PSS counts a page shared by k processes as 1/k, so sums are honest.
"""

import json
import pathlib
import sys


def children():
    tree = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                ppid = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            tree.setdefault(ppid, []).append(int(entry.name))
    return tree


def memory(pid):
    pss = rss = 0
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        for line in lines:
            if line.startswith("Pss:"):
                pss = int(line.split()[1])
            elif line.startswith("Rss:"):
                rss = int(line.split()[1])
    return pss, rss


def main(argv):
    roots = {}
    if argv[:1] == ["--dir"]:
        for path in pathlib.Path(argv[1]).glob("*.pid"):
            roots[path.stem] = [int(path.read_text())]
    else:
        for word in argv:
            label, _, pids = word.partition("=")
            roots[label] = [int(p) for p in pids.split(",")]
    tree, result = children(), {}
    for label, todo in sorted(roots.items()):
        count = pss = rss = 0
        while todo:
            pid = todo.pop()
            todo += tree.get(pid, [])
            try:
                one_pss, one_rss = memory(pid)
            except OSError:
                continue
            count, pss, rss = count + 1, pss + one_pss, rss + one_rss
        result[label] = {
            "procs": count,
            "pss_mib": round(pss / 1024, 1),
            "rss_mib": round(rss / 1024, 1),
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
