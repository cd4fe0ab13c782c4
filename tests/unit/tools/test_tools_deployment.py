"""What etc/ and devstack/ ask the system to do exists: units, entry points, options, commands."""

import configparser
import pathlib
import re
import shlex
import shutil
import subprocess
import tomllib
from typing import Any

import pytest

from novalite import conf as configuration
from novalite.cmd import main, manage
from novalite.conf import list_opts

ROOT = pathlib.Path(__file__).parents[3]
UNITS = sorted((ROOT / "etc/systemd").glob("*.service"))
SCRIPTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
SERVICES = set(SCRIPTS) - {"novalite-manage"}
KEEPS_CHILDREN = {
    "novalite", "novalite-compute", "novalite-neighbours", "novalite-network-agent",
}  # fmt: skip
"""Those under which guests' processes run, or which make networks; all of them need root."""


def read(path: pathlib.Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read(path)
    return parser


def test_each_service_has_a_unit() -> None:
    assert {path.stem for path in UNITS} == SERVICES


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_unit(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    unit = read(path)
    service = unit["Service"]
    assert service["Type"] == "simple"
    assert service["Restart"] == "on-failure"
    assert int(service["LimitNOFILE"]) >= 65536
    assert "network-online.target" in unit["Unit"]["After"].split()
    assert unit["Install"]["WantedBy"] == "multi-user.target"
    keeps = path.stem in KEEPS_CHILDREN
    assert (service.get("KillMode") == "process") == keeps
    assert (service.get("User") == "novalite") == (not keeps), "only what needs root has it"
    if path.stem in ("novalite", "novalite-compute"):
        assert "libvirtd.service" in unit["Unit"]["After"].split()
    words = shlex.split(service["ExecStart"])
    assert words[0] == path.stem
    if words[0] == "novalite":
        options = main.parser().parse_args(words[1:])
        assert options.command == "up"
        assert options.foreground
    else:
        assert words[1] == "--config-file"
        empty = tmp_path / "novalite.conf"
        empty.touch()
        configuration.configuration(["--config-file", str(empty), *words[3:]])


def test_the_paste_configuration_is_the_packaged_one() -> None:
    assert (ROOT / "etc/api-paste.ini").resolve() == ROOT / "novalite/wsgi/api-paste.ini"


def test_systemd_accepts_the_units(tmp_path: pathlib.Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze")
    done = subprocess.run(
        [analyze, "verify", *map(str, UNITS)], capture_output=True, text=True, check=False
    )
    # Where novalite is not installed system-wide, its commands are not found.
    problems = [
        line
        for line in done.stderr.splitlines()
        if "etc/systemd" in line and "not executable" not in line and "not found" not in line
    ]
    assert not problems


# ---- DevStack ----

PLUGIN = ROOT / "devstack/plugin.sh"
DEVSTACK = ["plugin.sh", "settings"]


@pytest.mark.parametrize("name", DEVSTACK)
def test_devstack_parses(name: str) -> None:
    path = str(ROOT / "devstack" / name)
    done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_devstack_sets_options_that_exist() -> None:
    known = {(group, option.name) for group, options in list_opts() for option in options}
    known |= {("DEFAULT", "debug")}
    text = PLUGIN.read_text()
    found = re.findall(r'^\s*iniset "\$conf" "?([$\w]+)"? (\w+) ', text, re.MULTILINE)
    assert len(found) == len(re.findall(r"^\s*iniset ", text, re.MULTILINE)) > 8
    for group, option in found:
        groups = ["keystone", "glance", "neutron"] if group == "$group" else [group]
        for one in groups:
            assert (one, option) in known


def test_devstack_runs_commands_that_exist() -> None:
    text = PLUGIN.read_text()
    parser: Any = manage.COMMANDS
    commands = re.findall(r"^\s*_novalite_manage (\w+) (\w+)(.*)$", text, re.MULTILINE)
    assert len(commands) >= 4
    for category, action, rest in commands:
        known = {flag for flag, _ in parser[category][action][1]}
        assert set(re.findall(r"--[\w-]+", rest)) <= known
    assert set(re.findall(r"run_process (novalite-\w+)", text)) <= SERVICES
