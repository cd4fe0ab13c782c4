import pytest

from novalite import exception, quota

LIMITS = {"instances": 10, "cores": 20, "ram": 51200}


def room(instances: int, cores: int, ram: int, limits: dict[str, int] = LIMITS) -> quota.Room:
    used = {"instances": instances, "cores": cores, "ram": ram}
    return quota.Room({**LIMITS, **limits}, used)


def test_message_names_each_resource_that_is_over() -> None:
    with pytest.raises(exception.TooManyInstances) as caught:
        quota.check_deltas(room(10, 20, 0), quota.deltas(1, 2, 512))
    assert str(caught.value) == (
        "Quota exceeded for instances, cores: Requested 1, 2, but already used 10, 20 of 10, 20 "
        "instances, cores"
    )
    assert caught.value.code == 403


def test_what_fits_raises_nothing() -> None:
    quota.check_deltas(room(9, 18, 50688), quota.deltas(1, 2, 512))


def test_no_limit() -> None:
    quota.check_deltas(room(10**6, 0, 0, {"instances": -1}), quota.deltas(1, 1, 1))
    assert quota.fitting_count(room(10**6, 0, 0, {"instances": -1, "cores": -1}), 1, 50, 8, 1) == 50


@pytest.mark.parametrize(
    ("used", "least", "most", "fits"),
    [
        ((0, 0, 0), 1, 10, 10),
        ((4, 0, 0), 1, 10, 6),
        ((0, 16, 0), 1, 10, 2),
        ((0, 0, 51200 - 3 * 512), 3, 10, 3),
        ((9, 18, 50688), 1, 1, 1),
    ],
)
def test_falls_back_towards_min_count(
    used: tuple[int, int, int], least: int, most: int, fits: int
) -> None:
    assert quota.fitting_count(room(*used), least, most, 2, 512) == fits


def test_below_min_count() -> None:
    with pytest.raises(exception.TooManyInstances) as caught:
        quota.fitting_count(room(8, 0, 0), 3, 5, 1, 1)
    assert "Requested 3, but already used 8 of 10 instances" in str(caught.value)


def test_over_the_limit_already() -> None:
    """A limit that was lowered below the usage lets nothing more in, and is no negative room."""
    over = room(15, 0, 0)
    assert over.headroom("instances") == 0
    with pytest.raises(exception.TooManyInstances):
        quota.fitting_count(over, 1, 1, 1, 1)


def test_nothing_wanted_of_a_full_resource_fits() -> None:
    """A flavor without memory (ironic style) is not stopped by a full memory quota."""
    full = room(0, 0, 51200)
    assert quota.fitting_count(full, 1, 4, 1, 0) == 4


def both(user_limits: dict[str, int], used: int = 0) -> quota.Room:
    """A project with two servers, ``used`` of them those of a user with own limits."""
    user = quota.Room({**LIMITS, **user_limits}, {"instances": used, "cores": 0, "ram": 0})
    return quota.Room(LIMITS, {"instances": 2, "cores": 0, "ram": 0}, user)


def test_a_users_limit_counts_what_the_user_has() -> None:
    assert quota.fitting_count(both({"instances": 3}, used=1), 1, 9, 1, 1) == 2
    with pytest.raises(exception.TooManyInstances) as caught:
        quota.check_deltas(both({"instances": 1}, used=1), quota.deltas(1, 1, 1))
    assert "Requested 1, but already used 1 of 1 instances" in str(caught.value)


def test_a_users_limit_does_not_lift_that_of_the_project() -> None:
    assert quota.fitting_count(both({"instances": -1}), 1, 20, 1, 1) == 8
    with pytest.raises(exception.TooManyInstances) as caught:
        quota.fitting_count(both({"instances": 50}), 9, 9, 1, 1)
    assert "Requested 9, but already used 2 of 10 instances" in str(caught.value)


def test_the_smaller_limit_of_what_is_not_counted() -> None:
    limits = {"metadata_items": 5, "injected_files": -1, "key_pairs": 4}
    user = quota.Room({"metadata_items": -1, "injected_files": 3, "key_pairs": 2}, {})
    assert quota.Room(limits, {}, user).strictest() == {
        "metadata_items": 5,
        "injected_files": 3,
        "key_pairs": 2,
    }


def test_usage_above_the_limit() -> None:
    quota.check_usage(both({"instances": 2}, used=2))
    with pytest.raises(exception.TooManyInstances) as caught:
        quota.check_usage(both({"instances": 1}, used=2))
    assert "already used 2 of 1 instances" in str(caught.value)
