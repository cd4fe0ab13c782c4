"""The unmodified ``openstack`` command and openstacksdk against the identity service of a running
all-in-one."""

import json

import openstack
import pytest
import yaml

from tests.support.fake_cloud import FakeCloud
from tests.support.openstack_command import OpenStackCommand

pytestmark = pytest.mark.integration


class Commands:
    def __init__(self, command: OpenStackCommand) -> None:
        self._command = command

    def ok(self, *lines: str, cloud: str = "novalite-admin") -> list[list[list[str]]]:
        """The words of each line of each command's output."""
        answers = []
        for line in lines:
            code, out, err = self._command.run(*line.split(), cloud=cloud)
            assert code == 0, f"{line}: {err}"
            answers.append([words.split() for words in out.splitlines()])
        return answers

    def refused(self, line: str, cloud: str) -> str:
        """What it says."""
        code, _, err = self._command.run(*line.split(), cloud=cloud)
        assert code != 0
        return err


@pytest.fixture
def commands(cloud: FakeCloud) -> Commands:
    return Commands(cloud.command)


def test_accounts_roles_and_their_inheritance(commands: Commands) -> None:
    corp = commands.ok("domain create corp -f value -c id")[0][0][0]
    found = commands.ok(
        "project create --domain corp --tag blue web",
        "project create --domain corp --parent web shop",
        "user create --domain corp --password pw --email a@b.c ann",
        "group create --domain corp team",
        "group add user --group-domain corp --user-domain corp team ann",
        "role create deployer",
        "implied role create --implied-role reader deployer",
        "role add --group team --group-domain corp --domain corp --inherited deployer",
        "role assignment list --effective --names --user ann --user-domain corp -f value "
        "-c Role -c Project",
        "group contains user --group-domain corp --user-domain corp team ann",
        "project list --domain corp --tags blue -f value -c Name",
        "project show --domain corp --parents shop -f value -c parents",
        "implied role list -f value",
        f"user list --group team --domain {corp} -f value -c Name",
        "group list --user ann --user-domain corp -f value -c Name",
    )
    assigned, _, tagged, parents, implied, members, groups = found[8:]
    names = {(role, project) for role, project in assigned}
    assert names == {
        (role, f"{project}@corp") for role in ("deployer", "reader") for project in ("web", "shop")
    }
    assert tagged == [["web"]] and members == [["ann"]] and groups == [["team"]]
    assert parents and any("deployer" in line for line in implied)
    commands.ok(
        "role remove --group team --group-domain corp --domain corp --inherited deployer",
        "project set --domain corp --tag green --remove-tag blue web",
        "user set --domain corp --description boss ann",
        "group remove user --group-domain corp --user-domain corp team ann",
        "domain set --disable corp",
        "domain delete corp",
        "implied role delete --implied-role reader deployer",
        "role delete deployer",
    )


def test_log_ins(commands: Commands, cloud: FakeCloud) -> None:
    issued, made, keys, listed = commands.ok(
        "token issue -f value -c project_id",
        "application credential create --role reader ci -f json",
        "ec2 credentials create -f value -c access",
        "application credential list -f value -c Name",
        cloud="novalite",
    )
    assert len(issued[0][0]) == 32 and len(keys[0][0]) == 32 and listed == [["ci"]]
    text = " ".join(word for line in made for word in line)
    credential = {name.lower(): value for name, value in json.loads(text).items()}
    with open(cloud.clouds_yaml) as file:
        auth_url = yaml.safe_load(file)["clouds"]["novalite"]["auth"]["auth_url"]
    ci = openstack.connect(
        load_yaml_config=False, load_envvars=False, auth_type="v3applicationcredential",
        auth={"auth_url": auth_url, "application_credential_id": credential["id"],
              "application_credential_secret": credential["secret"]},
        region_name="RegionOne",
    )  # fmt: skip
    assert list(ci.compute.servers()) == []
    assert ci.session.auth.get_access(ci.session).role_names == ["reader"]
    assert "not authorized" in commands.refused("user list", cloud="novalite")
    commands.ok(
        "ec2 credentials list -f value", f"ec2 credentials delete {keys[0][0]}",
        "application credential delete ci", cloud="novalite",
    )  # fmt: skip


def test_catalog_limits_and_trusts(commands: Commands) -> None:
    found = commands.ok(
        "region create --description d north",
        "service create --name thing things",
        "endpoint create --region north thing public http://thing.example/v1",
        "endpoint list --service thing -f value -c URL",
        "registered limit create --service thing --default-limit 5 widgets",
        "limit create --service thing --project demo --resource-limit 9 widgets -f value -c id",
        "limit list --service thing -f value",
        "catalog list -f value -c Name",
        "credential list -f value",
    )
    assert found[3] == [["http://thing.example/v1"]]
    assert "9" in found[6][0]
    limit = found[5][0][0]
    registered = commands.ok("registered limit list -f value -c ID")[0][0][0]
    # By id: who may not list users cannot look up their names.
    ids = commands.ok(
        "user show demo -f value -c id",
        "user show nova -f value -c id",
        "project show demo -f value -c id",
        "role show member -f value -c id",
    )
    demo, nova, project, role = (answer[0][0] for answer in ids)
    trust = commands.ok(
        f"trust create --project {project} --role {role} --impersonate {demo} {nova} "
        "-f value -c id",
        cloud="novalite",
    )[0][0][0]
    commands.ok(f"trust show {trust}", f"trust delete {trust}", cloud="novalite")
    commands.ok(
        f"limit delete {limit}", f"registered limit delete {registered}", "service delete thing",
        "region delete north",
    )  # fmt: skip


def test_the_sdk_pages_and_filters(cloud: FakeCloud) -> None:
    admin = cloud.connect("novalite-admin")
    identity = admin.identity
    made = [identity.create_group(name=f"group-{n}") for n in range(5)]
    paged = list(identity.groups(limit=2))
    assert {group.id for group in made} <= {group.id for group in paged}
    assert len({group.id for group in paged}) == len(paged)
    assert identity.find_group("group-3").id == made[3].id
    user = identity.create_user(name="sdk", password="pw", is_enabled=True)
    identity.add_user_to_group(user, made[0])
    assert [u.name for u in identity.group_users(made[0])] == ["sdk"]
    project = identity.create_project(name="sdk-project", tags=["x"])
    role = identity.find_role("member")
    identity.assign_project_role_to_user(project, user, role)
    assert identity.validate_user_has_project_role(project, user, role)
    assert [p.name for p in identity.user_projects(user)] == ["sdk-project"]
    identity.unassign_project_role_from_user(project, user, role)
    assert not identity.validate_user_has_project_role(project, user, role)
    for group in made:
        identity.delete_group(group)
    identity.delete_user(user)
    identity.delete_project(project)
    assert identity.find_user("sdk", ignore_missing=True) is None
