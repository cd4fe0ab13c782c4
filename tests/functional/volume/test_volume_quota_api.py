"""Quotas of the volume service: limits, usage, classes, and what they refuse."""

from concurrent.futures import ThreadPoolExecutor

from novalite.volume.embedded.usage import usage_of

SETS = "/os-quota-sets"


def limits(cloud, **changes):
    project = cloud.context("demo").project_id
    return cloud.ok("PUT", f"{SETS}/{project}", {"quota_set": changes}, user="admin")["quota_set"]


def usage(cloud, name):
    project = cloud.context("demo").project_id
    return cloud.ok("GET", f"{SETS}/{project}?usage=True")["quota_set"][name]


def test_limits_of_a_project(cloud):
    project = cloud.context("demo").project_id
    defaults = cloud.ok("GET", f"{SETS}/{project}/defaults")["quota_set"]
    assert defaults["id"] == project
    assert (defaults["volumes"], defaults["gigabytes"], defaults["volumes___DEFAULT__"]) == (
        10,
        1000,
        -1,
    )
    changed = limits(cloud, volumes=3, gigabytes="7", volumes___DEFAULT__=2)
    assert (changed["volumes"], changed["gigabytes"], changed["snapshots"]) == (3, 7, 10)
    shown = cloud.ok("GET", f"{SETS}/{project}")["quota_set"]
    assert shown == {"id": project, **changed}
    assert cloud.ok("GET", f"{SETS}/{project}/defaults")["quota_set"] == defaults
    cloud.ok("DELETE", f"{SETS}/{project}", user="admin")
    assert cloud.ok("GET", f"{SETS}/{project}")["quota_set"] == defaults


def test_who_may_see_and_set_them(cloud):
    own, other = cloud.context("demo").project_id, cloud.context("admin").project_id
    assert cloud.refused("PUT", f"{SETS}/{own}", {"quota_set": {"volumes": 99}})[0] == 403
    assert cloud.refused("DELETE", f"{SETS}/{own}")[0] == 403
    assert cloud.refused("GET", f"{SETS}/{other}")[0] == 403
    assert cloud.refused("GET", "/os-quota-class-sets/default")[0] == 403
    for bad in (
        {"volumes": -2},
        {"volumes": "x"},
        {"volumes": 1 << 31},
        {"nonsense": 1},
        {"volumes": 1.5},
    ):
        path = f"{SETS}/{own}"
        assert cloud.refused("PUT", path, {"quota_set": bad}, user="admin")[0] == 400, bad
        path = "/os-quota-class-sets/default"
        assert cloud.refused("PUT", path, {"quota_class_set": bad}, user="admin")[0] == 400, bad


def test_usage_is_counted_and_limits_below_it_are_refused_on_request(cloud):
    cloud.volume(wait=None)
    cloud.volume(wait=None, size=2)
    assert usage(cloud, "volumes")["in_use"] == 2
    assert usage(cloud, "gigabytes") == {"limit": 1000, "in_use": 3, "reserved": 0, "allocated": 0}
    assert usage(cloud, "gigabytes___DEFAULT__")["in_use"] == 3
    project = cloud.context("demo").project_id
    path = f"{SETS}/{project}?skip_validation=False"
    assert cloud.refused("PUT", path, {"quota_set": {"volumes": 1}}, user="admin")[0] == 400
    limits(cloud, volumes=1)
    absolute = cloud.ok("GET", "/limits")["limits"]["absolute"]
    assert (absolute["maxTotalVolumes"], absolute["totalVolumesUsed"]) == (1, 2)
    assert absolute["totalGigabytesUsed"] == 3
    other = cloud.ok("GET", f"/limits?project_id={project}", user="admin")["limits"]["absolute"]
    assert other == absolute
    mine = cloud.ok("GET", "/limits", user="admin")["limits"]["absolute"]
    assert mine["totalVolumesUsed"] == 0


def test_what_is_too_much_is_refused_in_the_real_services_words(cloud):
    limits(cloud, volumes=1, snapshots=1, gigabytes=3, per_volume_gigabytes=2)
    body = {"volume": {"size": 3}}
    assert cloud.refused("POST", "/volumes", body) == (
        413,
        "Requested volume size 3G is larger than maximum allowed limit 2G.",
    )
    volume = cloud.volume()
    answer = cloud.request("POST", "/volumes", {"volume": {"size": 1}})
    assert answer.status_int == 413 and answer.headers["Retry-After"] == "0"
    fault = answer.json["overLimit"]
    assert fault["message"] == "Maximum number of volumes allowed (1) exceeded for quota 'volumes'."
    assert fault["retryAfter"] == "0"
    limits(cloud, volumes=5)
    cloud.snapshot(volume)
    code, message = cloud.refused("POST", "/snapshots", {"snapshot": {"volume_id": volume}})
    assert (code, message) == (413, "Maximum number of snapshots allowed (1) exceeded")
    code, message = cloud.refused("POST", "/volumes", {"volume": {"size": 2}})
    assert code == 413 and message == (
        "Requested volume or snapshot exceeds allowed gigabytes quota. Requested 2G, quota is 3G "
        "and 2G has been consumed."
    )
    # neither a row nor its usage is left of what was refused
    assert len(cloud.ok("GET", "/volumes")["volumes"]) == 1
    assert usage(cloud, "gigabytes")["in_use"] == 2


def test_many_at_once_get_no_more_than_the_limit(cloud):
    limits(cloud, volumes=3)
    cloud.token("demo")

    def create(_):
        return cloud.request("POST", "/volumes", {"volume": {"size": 1}}).status_int

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(create, range(8)))
    assert sorted(codes) == [202] * 3 + [413] * 5
    assert usage(cloud, "volumes")["in_use"] == 3


def test_limits_of_one_type(cloud):
    body = {"volume_type": {"name": "fast"}}
    cloud.ok("POST", "/types", body, user="admin")
    limits(cloud, volumes_fast=1)
    cloud.volume(wait=None, volume_type="fast")
    code, message = cloud.refused(
        "POST", "/volumes", {"volume": {"size": 1, "volume_type": "fast"}}
    )
    assert code == 413 and message.endswith("exceeded for quota 'volumes_fast'.")
    cloud.volume(wait=None)
    assert usage(cloud, "volumes_fast") == {"limit": 1, "in_use": 1, "reserved": 0, "allocated": 0}


def test_limits_follow_a_type_when_it_is_renamed_and_go_with_it(cloud):
    made = cloud.ok("POST", "/types", {"volume_type": {"name": "fast"}}, user="admin")
    path = f"/types/{made['volume_type']['id']}"
    limits(cloud, volumes_fast=4)
    cloud.ok("PUT", path, {"volume_type": {"name": "faster"}}, user="admin")
    project = cloud.context("demo").project_id
    shown = cloud.ok("GET", f"{SETS}/{project}")["quota_set"]
    assert shown["volumes_faster"] == 4 and "volumes_fast" not in shown
    cloud.ok("DELETE", path, user="admin")
    cloud.ok("POST", "/types", {"volume_type": {"name": "faster"}}, user="admin")
    assert cloud.ok("GET", f"{SETS}/{project}")["quota_set"]["volumes_faster"] == -1


def test_the_default_class_holds_for_every_project_without_its_own(cloud):
    path = "/os-quota-class-sets/default"
    shown = cloud.ok("GET", path, user="admin")["quota_class_set"]
    assert (shown["id"], shown["volumes"]) == ("default", 10)
    limits(cloud, backups=3)
    cloud.ok("PUT", path, {"quota_class_set": {"volumes": 1, "backups": 2}}, user="admin")
    project = cloud.context("demo").project_id
    mine = cloud.ok("GET", f"{SETS}/{project}")["quota_set"]
    assert (mine["volumes"], mine["backups"]) == (1, 3)
    cloud.volume(wait=None)
    assert cloud.refused("POST", "/volumes", {"volume": {"size": 1}})[0] == 413
    other = cloud.ok(
        "PUT", "/os-quota-class-sets/x", {"quota_class_set": {"volumes": 7}}, user="admin"
    )
    assert other["quota_class_set"]["volumes"] == 7
    assert cloud.ok("GET", f"{SETS}/{project}")["quota_set"]["volumes"] == 1


def test_counting_takes_the_same_statements_however_much_there_is(cloud):
    project = cloud.context("demo").project_id
    cloud.service.stop()  # what runs beside this would be counted too

    def count():
        with cloud.database.counting() as counter, cloud.database.read() as conn:
            found = usage_of(conn, project)
        return counter.count, found.of("volumes")

    cloud.volume(wait=None)
    assert count() == (1, 1)
    cloud.volume(wait=None)
    cloud.volume(wait=None)
    assert count() == (1, 3)
