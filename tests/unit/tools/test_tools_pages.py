"""The pages that people wrote name only what exists: options, commands, files, floors."""

import configparser
import pathlib
import re
import shlex
import tomllib

import pytest

from novalite import conf as configuration
from novalite.cmd import main, manage

ROOT = pathlib.Path(__file__).parents[3]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PAGES = sorted(
    path for path in (ROOT / "docs").rglob("*.md") if path.parent.name not in ("reference",)
)
OF_LIBRARIES = {
    ("DEFAULT", "debug"),
    ("oslo_middleware", "enable_proxy_headers_parsing"),
    ("oslo_policy", "policy_file"),
}


def known_options() -> set[tuple[str, str]]:
    listed = configuration.list_opts()
    return {(group, option.name) for group, options in listed for option in options} | OF_LIBRARIES


def blocks(text: str) -> list[str]:
    """The indented examples of a page."""
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", text, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


def examples(text: str) -> list[configparser.ConfigParser]:
    parsers = []
    for block in blocks(text):
        if block.startswith("["):
            # [DEFAULT] is a group like any other
            parser = configparser.ConfigParser(interpolation=None, default_section="")
            parser.read_string(block)
            parsers.append(parser)
    return parsers


@pytest.mark.parametrize("name", ["all-in-one", "multi-service"])
def test_examples_set_options_that_exist(name: str, tmp_path: pathlib.Path) -> None:
    text = (ROOT / f"docs/admin/{name}.md").read_text()
    parsers = examples(text)
    assert parsers
    file = tmp_path / "novalite.conf"
    for parser in parsers:
        with file.open("w") as target:
            parser.write(target)
        conf = configuration.configuration(files=[str(file)])
        for group in parser.sections():
            for option in parser[group]:
                assert (group, option) in known_options(), f"[{group}]{option}"
                if (group, option) not in OF_LIBRARIES:
                    # Reading it raises where the example's value does not fit its type.
                    assert (conf if group == "DEFAULT" else conf[group])[option] is not None


def test_options_named_in_sentences_exist() -> None:
    for path in PAGES:
        for group, option in re.findall(r"`\[(\w+)\] ?(\w+)[ `]", path.read_text()):
            assert (group, option) in known_options(), f"{path.name}: [{group}]{option}"


def test_commands_exist() -> None:
    seen = 0
    for path in PAGES:
        for line in "".join(blocks(path.read_text())).splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["novalite"]:
                main.parser().parse_args(words[1:])
                seen += 1
            elif words[:1] == ["novalite-manage"]:
                category, action, *rest = words[3:]
                known = {flag for flag, _ in manage.COMMANDS[category][action][1]}
                assert {word for word in rest if word.startswith("--")} <= known
                seen += 1
    assert seen >= 10


def test_links_lead_somewhere() -> None:
    for path in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
            found = list(path.parent.glob(target + "*")) or (path.parent / target).exists()
            assert found, f"{path.name}: {target}"


def test_the_floors_are_those_of_the_contract() -> None:
    layers = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    text = (ROOT / "docs/contributor/architecture.md").read_text()
    drawn = next(block for block in blocks(text) if block.startswith("cmd\n"))
    assert drawn.split("\n")[:-1] == [layer.replace("novalite.", "") for layer in layers]


def test_the_pipeline_is_that_of_the_paste_configuration() -> None:
    parser = configparser.ConfigParser(interpolation=None, delimiters=["="])
    parser.read(ROOT / "novalite/wsgi/api-paste.ini")
    filters = parser["pipeline:compute"]["pipeline"].split()[:-1]
    text = (ROOT / "docs/contributor/architecture.md").read_text()
    words = re.sub(r"[|\s]+", " ", text)
    assert f"paste pipeline: {', '.join(filters)} ->" in words


def test_services_of_the_table_are_entry_points() -> None:
    text = (ROOT / "docs/admin/multi-service.md").read_text()
    named = set(re.findall(r"`(novalite-\w+)`", text))
    assert named >= {"novalite-api", "novalite-compute", "novalite-neighbours"}
    assert named <= set(PYPROJECT["project"]["scripts"])
