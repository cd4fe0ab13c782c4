import base64

import pytest

from novalite import exception
from novalite.api.compute import parameters

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("web", "web"),
        ("My Server", "my-server"),
        ("a_b.c", "a-b-c"),
        ("-x-", "x"),
        ("caf\u00e9!", "caf"),
        ("\u6f22\u5b57", f"Server-{UUID}"),
        ("ubuntu22.04", "ubuntu22-04"),
        ("a" * 80, "a" * 63),
        ("a" * 62 + "--b", "a" * 62),
    ],
)
def test_host_name(name: str, host: str) -> None:
    assert parameters.host_name(name, UUID) == host


def test_names_of_several_servers() -> None:
    template = "%(name)s-%(count)d"
    assert parameters.display_name(template, "web", UUID, 0, 1) == "web"
    assert parameters.display_name(template, "web", UUID, 0, 2) == "web-1"
    assert parameters.display_name(template, "web", UUID, 9, 20) == "web-10"
    long = parameters.display_name(template, "n" * 255, UUID, 9, 20)
    assert len(long) == 255
    assert long.endswith("n-10")
    assert parameters.display_name("%(uuid)s", "web", UUID, 0, 2) == UUID


@pytest.mark.parametrize("length", [0, 1, 2, 3, 12, 40])
def test_passwords_have_their_length(length: int) -> None:
    assert len(parameters.generate_password(length)) == length


def test_passwords_differ_and_mix_kinds() -> None:
    made = {parameters.generate_password(12) for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert any(c.isdigit() for c in password)
        assert any(c.isupper() for c in password)
        assert any(c.islower() for c in password)


def test_reservation_id() -> None:
    made = parameters.generate_reservation_id()
    assert made.startswith("r-")
    assert len(made) == 10


def test_user_data() -> None:
    parameters.check_user_data(None)
    parameters.check_user_data(base64.b64encode(b"#!/bin/sh").decode())
    with pytest.raises(exception.UserDataTooLarge):
        parameters.check_user_data("A" * 65536)
    with pytest.raises(exception.UserDataMalformed):
        parameters.check_user_data("AAAAA")


LIMITS = {
    "metadata_items": 2,
    "injected_files": 1,
    "injected_file_path_bytes": 8,
    "injected_file_content_bytes": 4,
}


def test_metadata() -> None:
    parameters.check_metadata(LIMITS, {"a": "1", "b": "2"})
    with pytest.raises(exception.MetadataLimitExceeded, match="exceeds 2"):
        parameters.check_metadata(LIMITS, {"a": "1", "b": "2", "c": "3"})
    parameters.check_metadata({**LIMITS, "metadata_items": -1}, {str(n): "" for n in range(999)})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([["a", ""], ["b", ""]], "Personality file limit exceeded"),
        ([["123456789", ""]], "path exceeds maximum 8"),
        ([["a", base64.b64encode(b"12345").decode()]], "content exceeds maximum 4"),
    ],
)
def test_injected_files(files: list[list[str]], message: str) -> None:
    with pytest.raises(exception.InjectedFileLimitExceeded, match=message):
        parameters.check_injected_files(LIMITS, files)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [(None, False), ("", False), (True, True), ("true", True), ("0", False), ("No", False)],
)
def test_config_drive(value: object, meaning: bool) -> None:
    assert parameters.parse_config_drive(value) is meaning


def test_config_drive_must_be_a_boolean() -> None:
    with pytest.raises(exception.ValidationError, match="config_drive"):
        parameters.parse_config_drive("perhaps")
