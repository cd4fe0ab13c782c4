"""How the audits of a period look."""

from typing import Any

from novalite.api.compute.usage_audit import Audit


def shown(audit: Audit) -> dict[str, Any]:
    states = {run.host: run.state for run in audit.runs}
    done = sum(state == "DONE" for state in states.values())
    errors = sum(run.errors for run in audit.runs)
    missing = sorted(audit.hosts - states.keys())
    which = "ALL" if done == len(audit.hosts) else f"{done} of {len(audit.hosts)}"
    return {
        "period_beginning": audit.begin.isoformat(sep=" "),
        "period_ending": audit.end.isoformat(sep=" "),
        "num_hosts": len(audit.hosts),
        "num_hosts_done": done,
        "num_hosts_running": sum(state == "RUNNING" for state in states.values()),
        "num_hosts_not_run": len(missing),
        "hosts_not_run": missing,
        "total_instances": sum(run.items for run in audit.runs),
        "total_errors": errors,
        "overall_status": f"{which} hosts done. {errors} errors.",
        "log": {
            run.host: {
                "state": run.state,
                "instances": run.items,
                "errors": run.errors,
                "message": run.message,
            }
            for run in audit.runs
        },
    }
