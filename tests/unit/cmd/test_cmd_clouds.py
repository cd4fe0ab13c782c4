"""The user's clouds.yaml: our entries are set, everybody else's stay."""

import pathlib
import stat

import yaml

from novalite.cmd import clouds


def entries(password: str) -> dict[str, dict[str, object]]:
    return {"novalite": clouds.entry("http://x/v3", "RegionOne", "demo", password, "demo")}


def test_new_file_is_private(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "new" / "clouds.yaml"
    clouds.write(str(path), entries("one"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = yaml.safe_load(path.read_text())["clouds"]["novalite"]
    assert found["auth"]["password"] == "one"
    assert found["identity_api_version"] == 3


def test_foreign_clouds_stay_and_the_old_file_is_kept(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds:\n  work:\n    auth: {auth_url: http://w}\n# a note\n")
    clouds.write(str(path), entries("one"))
    known = yaml.safe_load(path.read_text())["clouds"]
    assert set(known) == {"work", "novalite"}
    assert "# a note" in (tmp_path / "clouds.yaml.bak").read_text()


def test_nothing_new_makes_no_backup(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "clouds.yaml"
    clouds.write(str(path), entries("one"))
    clouds.write(str(path), entries("two"))
    assert not (tmp_path / "clouds.yaml.bak").exists()
    assert yaml.safe_load(path.read_text())["clouds"]["novalite"]["auth"]["password"] == "two"
