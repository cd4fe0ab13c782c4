"""/os-instance_usage_audit_log."""

import datetime
import pathlib
from collections.abc import Iterator

import pytest

from novalite.db.cell_database import models
from tests.support.api_cloud import Cloud
from tests.support.samples import differences, sample

PATH = "/os-instance_usage_audit_log"
JUNE, JULY = datetime.datetime(2012, 6, 1), datetime.datetime(2012, 7, 1)
WITHIN = f"{PATH}/2012-07-05 10:00:00"


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[Cloud]:
    """Of its two hosts and a third, the first was audited, and the third is being."""
    fixture = Cloud(tmp_path)
    fixture.add_host("host3")
    for host, state, items, errors in (("host1", "DONE", 3, 1), ("host3", "RUNNING", 2, 0)):
        row = {
            "task_name": "instance_usage_audit",
            "host": host,
            "state": state,
            "period_beginning": JUNE,
            "period_ending": JULY,
            "message": f"{host} was audited",
            "task_items": items,
            "errors": errors,
        }
        with fixture.cell_db.write() as conn:
            conn.execute(models.task_log.insert(), row)
    yield fixture
    fixture.close()


def test_a_period(cloud: Cloud) -> None:
    reply = cloud.get(WITHIN, token="admin")
    assert (reply.status, reply.json["instance_usage_audit_log"]) == (
        200,
        {
            "period_beginning": "2012-06-01 00:00:00",
            "period_ending": "2012-07-01 00:00:00",
            "num_hosts": 3,
            "num_hosts_done": 1,
            "num_hosts_running": 1,
            "num_hosts_not_run": 1,
            "hosts_not_run": ["host2"],
            "total_instances": 5,
            "total_errors": 1,
            "overall_status": "1 of 3 hosts done. 1 errors.",
            "log": {
                "host1": {
                    "state": "DONE",
                    "instances": 3,
                    "errors": 1,
                    "message": "host1 was audited",
                },
                "host3": {
                    "state": "RUNNING",
                    "instances": 2,
                    "errors": 0,
                    "message": "host3 was audited",
                },
            },
        },
    )


def test_samples(cloud: Cloud) -> None:
    found = cloud.get(WITHIN, token="admin").json
    expected = sample("os-instance-usage-audit-log/inst-usage-audit-log-show-get-resp")
    # The log's names are hosts: their items compare, not their names.
    for document in (found, expected):
        (audit,) = document.values()
        audit["log"] = list(audit["log"].values())
    assert differences(found, expected) == []


def test_until_now(cloud: Cloud) -> None:
    audit = cloud.get(PATH, token="admin").json["instance_usage_audit_logs"]
    assert (audit["num_hosts"], audit["num_hosts_not_run"], audit["log"]) == (3, 3, {})
    assert audit["overall_status"] == "0 of 3 hosts done. 0 errors."


def test_all_hosts_done(cloud: Cloud) -> None:
    with cloud.cell_db.write() as conn:
        conn.execute(models.task_log.update().values(state="DONE"))
        row = conn.execute(models.task_log.select()).mappings().first()
        assert row is not None
        again = {**row, "host": "host2"}
        del again["id"]
        conn.execute(models.task_log.insert(), again)
    audit = cloud.get(WITHIN, token="admin").json["instance_usage_audit_log"]
    assert audit["overall_status"] == "ALL hosts done. 2 errors."


@pytest.mark.parametrize("when", ["invalid_time", "2012-07-05", "0001-01-01 00:00:00"])
def test_what_is_no_time(cloud: Cloud, when: str) -> None:
    reply = cloud.get(f"{PATH}/{when}", token="admin")
    assert (reply.status, reply.fault[1]) == (400, f"Invalid timestamp for date {when}")


def test_who_may(cloud: Cloud) -> None:
    for token in ("member", "manager", "reader"):
        assert cloud.get(PATH, token=token).status == 403
        assert cloud.get(WITHIN, token=token).status == 403
    fraction = f"{WITHIN}.5"
    assert cloud.get(f"{fraction}?a=b", token="admin", version="2.101").status == 200
    assert cloud.get(f"{fraction}?a=b", token="admin", version="2.102").status == 400
