"""Every route of /api/v1 answers as its OpenAPI document says, whatever it is sent, and never with a 500."""

from __future__ import annotations

import json
import time
from typing import Any

import schemathesis
from conftest import Master
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

#: Time for all examples together.
BUDGET_S = 60.0
#: Examples of one route.
EXAMPLES = 15
#: A stream without an end, which no single answer can be checked of; its own tests read it.
STREAMS = {"/api/v1/events"}
#: What depends on the script, on another field or on rules for texts, which the document can only say in
#: words: 400 is right for some of it.
DEPENDENT = {"/api/v1/start", "/api/v1/edit", "/api/v1/compare", "/api/v1/runs/{id}"}


def test_the_document_is_kept(master: Master) -> None:
    """Send generated requests, valid and not, to each route, and check each answer against the document."""
    document = master.get("/api/v1/openapi.json")
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=master.url)
    begin = time.monotonic()
    checked: list[str] = []
    broken: list[str] = []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # raises for an invalid operation
        if operation.path in STREAMS:
            continue
        share_s = (BUDGET_S - (time.monotonic() - begin)) / 4
        assert share_s > 0, f"out of time after {checked}"
        name = f"{operation.method} {operation.path}"
        try:
            _check(operation, time.monotonic() + share_s)
        except (schemathesis.errors.SchemathesisError, FailureGroup) as failure:
            broken.append("\n".join([name, *map(str, getattr(failure, "exceptions", [])), str(failure)]))
        checked.append(name)
    assert len(checked) >= 20, checked
    assert not broken, "\n\n".join(broken)


def _check(operation: Any, until: float) -> None:
    is_window = any(parameter.name == "to" for parameter in operation.iter_parameters())
    excluded = [positive_data_acceptance] if is_window or operation.path in DEPENDENT else []

    # Most made-up ids are of no run: what is answered then is not what matters.
    @given(case=operation.as_strategy(), run=strategies.sampled_from(["current", "current", None]))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any, run: str | None) -> None:
        if time.monotonic() < until:
            if run is not None and "id" in case.path_parameters:
                case.path_parameters["id"] = run
            case.call_and_validate(timeout=30, excluded_checks=excluded)

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
