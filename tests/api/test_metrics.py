"""`GET /metrics` is read by Prometheus' own parser, and agrees with the API."""

from __future__ import annotations

from conftest import Master
from prometheus_client.parser import text_string_to_metric_families


def test_the_page_is_valid_and_its_counters_grow(master: Master) -> None:
    """Parse it twice: names, labels with odd characters, cumulative buckets, counters that do not fall."""
    first, second = _counters(master), _counters(master)
    odd = ("GET", 'odd "name" \\ here')
    assert odd in first, first
    for key, count in first.items():
        assert second[key] >= count
    total = master.get("/api/v1/status")["requests"]
    assert sum(second.values()) <= total


def _counters(master: Master) -> dict[tuple[str, str], float]:
    status, body = master.call("GET", "/metrics")
    assert status == 200
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    assert all(name.startswith("acrida_") for name in families), families.keys()
    histogram = families["acrida_response_time_seconds"]
    assert histogram.type == "histogram"
    buckets: dict[tuple[str, str], list[float]] = {}
    counts: dict[tuple[str, str], float] = {}
    for sample in histogram.samples:
        key = (sample.labels["method"], sample.labels["name"])
        if sample.name.endswith("_bucket"):
            buckets.setdefault(key, []).append(sample.value)
        elif sample.name.endswith("_count"):
            counts[key] = sample.value
    for key, values in buckets.items():
        assert values == sorted(values), key
        assert values[-1] == counts[key], key
    states = {sample.labels["state"]: sample.value for sample in families["acrida_state"].samples}
    assert sum(states.values()) == 1
    return {
        (sample.labels["method"], sample.labels["name"]): sample.value
        for sample in families["acrida_requests"].samples
        if sample.name == "acrida_requests_total"
    }
