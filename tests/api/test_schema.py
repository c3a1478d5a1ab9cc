"""Every route of /api/v1 answers as its OpenAPI document says, whatever it is sent, and never with a 500."""

from __future__ import annotations

import json
import time
from typing import Any

import schemathesis
from conftest import Master
from hypothesis import HealthCheck, Phase, given, settings

#: Time for all examples together.
BUDGET_S = 90.0
#: Examples of one route.
EXAMPLES = 15
#: A stream without an end, which no single answer can be checked of; its own tests read it.
STREAMS = {"/api/v1/events"}


def test_the_document_is_kept(master: Master) -> None:
    """Send generated requests, valid and not, to each route, and check each answer against the document."""
    document = master.get("/api/v1/openapi.json")
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=master.url)
    begin = time.monotonic()
    checked: list[str] = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # raises for an invalid operation
        if operation.path in STREAMS:
            continue
        share_s = (BUDGET_S - (time.monotonic() - begin)) / 4
        assert share_s > 0, f"out of time after {checked}"
        _check(operation, time.monotonic() + share_s)
        checked.append(f"{operation.method} {operation.path}")
    assert len(checked) >= 20, checked


def _check(operation: Any, until: float) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any) -> None:
        if time.monotonic() < until:
            case.call_and_validate(timeout=30)

    one()


def test_the_document_names_all_routes_of_the_contract(master: Master) -> None:
    """What other programs build on is there."""
    paths = set(master.get("/api/v1/openapi.json")["paths"])
    names = ["status", "form", "start", "edit", "stop", "reset", "logs", "workers", "events"]
    names += ["runs", "runs/{id}", "compare"]
    parts = ["series", "heatmap", "histogram", "statistics", "failures", "exceptions", "marks"]
    parts += ["diagnosis", "ratio"]
    files = ["report.html", "report.json", "report.md", "junit.xml", "csv/{sheet}"]
    wanted = {f"/api/v1/{name}" for name in names} | {f"/api/v1/runs/{{id}}/{part}" for part in parts + files}
    assert wanted <= paths, json.dumps(sorted(wanted - paths))
