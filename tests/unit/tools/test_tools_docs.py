"""The committed reference pages are those that the code gives, and they hold what they promise."""

import json
import socket
from typing import Any

import jsonschema
import pytest
import yaml

from novalite import conf as configuration
from novalite.api.openstack import app
from novalite.policy import all_rules
from tools.docs import ROOT, openapi, pages, services

PAGES = pages()


@pytest.mark.parametrize("path", PAGES)
def test_the_committed_page_is_fresh(path: str) -> None:
    assert (ROOT / path).read_text() == PAGES[path], "run `make docs`"


def test_the_api_page_has_every_operation() -> None:
    lines = PAGES["docs/reference/api.md"].splitlines()
    for operation in app.operations():
        action = f" ({operation.action})" if operation.action else ""
        assert f"### {operation.method} {operation.path}{action}" in lines


def referred(node: Any) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return found.union(*map(referred, node.values()))
    return set().union(*map(referred, node)) if isinstance(node, list) else set()


@pytest.mark.parametrize("service", services.ALL, ids=lambda service: service.name)
def test_openapi_is_whole(service: services.Service) -> None:
    document = json.loads(PAGES[service.openapi_page])
    assert document["openapi"] == "3.1.0"
    identifiers = []
    for path, item in document["paths"].items():
        named = {p["name"] for p in item["parameters"] if p.get("in") == "path"}
        assert named == set(openapi._PARAMETER.findall(path))
        for method, operation in item.items():
            if method == "parameters":
                continue
            identifiers.append(operation["operationId"])
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for content in body.get("content", {}).values():
                    jsonschema.Draft202012Validator.check_schema(content["schema"])
    assert len(identifiers) == len(set(identifiers))
    for reference in referred(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    declared = {(o.method.lower(), o.path) for o in service.operations}
    assert declared == {
        (method, path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }


def test_openapi_lists_all_actions_of_a_server() -> None:
    document = json.loads(PAGES["docs/reference/openapi.json"])
    actions = document["paths"]["/servers/{id}/action"]["post"]
    assert {one["action"] for one in actions["x-openstack"]["actions"]} == {
        o.action for o in app.operations() if o.path == "/servers/{id}/action"
    }


def test_the_sample_configuration_holds_the_defaults(tmp_path: Any) -> None:
    """With every line that has a value uncommented it is the default configuration again."""
    lines = []
    for line in PAGES["etc/novalite.conf.sample"].splitlines():
        name, _, value = line.partition(" =")
        is_option = name.startswith("#") and not name.startswith("# ")
        lines.append(line[1:] if is_option and value and "<" not in value else line)
    file = tmp_path / "novalite.conf"
    file.write_text("\n".join(lines))
    given, plain = configuration.configuration(files=[str(file)]), configuration.configuration()
    for group, options in configuration.list_opts():
        for option in options:
            if "$" in str(option.default):
                continue
            of_given = given if group == "DEFAULT" else given[group]
            of_plain = plain if group == "DEFAULT" else plain[group]
            assert of_given[option.dest] == of_plain[option.dest], f"[{group}]{option.name}"


def test_samples_do_not_depend_on_this_machine() -> None:
    host = socket.gethostname()
    for path in ("etc/novalite.conf.sample", "docs/reference/configuration.md"):
        assert "<hostname>" in PAGES[path]
        assert f"= {host}\n" not in PAGES[path]
        assert f"`{host}`" not in PAGES[path]


def test_the_sample_policy_holds_every_rule() -> None:
    text = PAGES["etc/policy.yaml.sample"]
    rules = yaml.safe_load("\n".join(x[1:] for x in text.splitlines() if x.startswith('#"')))
    assert rules == {rule.name: rule.check_str for rule in all_rules()}
