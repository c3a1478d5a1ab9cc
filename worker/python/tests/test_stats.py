"""Statistics as a script sees them: Locust's arithmetic, and entries that follow their source."""

from __future__ import annotations

import time

import pytest

from acrida.stats import RequestStats, StatsEntry, StatsError, sort_stats
from acrida.stats_math import bucket, get_readable_percentiles
from fake_rows import total_row


def counted(*times, errors=0):
    stats = RequestStats()
    for time_ms in times:
        stats.log_request("GET", "/a", time_ms, 10)
    for _ in range(errors):
        stats.log_error("GET", "/a", ValueError("no"))
    return stats


def test_locusts_percentiles():
    entry = counted(*range(1, 101)).get("/a", "GET")
    percentiles = [entry.get_response_time_percentile(p) for p in (0.5, 0.95, 0.99, 1.0)]
    assert percentiles == [51, 96, 100, 100]
    assert counted(58760.9).total.get_response_time_percentile(1.0) == 59000
    assert counted().total.get_response_time_percentile(0.5) == 0


def test_the_median_stays_between_the_exact_extremes():
    assert counted(100, 700, 800).total.median_response_time == 700
    assert counted(58760.9).total.median_response_time == 58760.9
    assert counted().total.median_response_time == 0


@pytest.mark.parametrize(
    ("time_ms", "rounded"),
    [(0.5, 0), (1.5, 2), (99.4, 99), (105, 100), (115, 120), (3432, 3400), (58760, 59000)],
)
def test_buckets(time_ms, rounded):
    assert bucket(time_ms) == rounded


def test_requests_without_a_time_count_but_do_not_weigh():
    total = counted(10, None, 30, errors=1).total
    assert (total.num_requests, total.num_none_requests, total.avg_response_time) == (3, 1, 20)
    assert (total.fail_ratio, total.avg_content_length, total.min_response_time) == (1 / 3, 10, 10)
    assert counted(errors=1).total.fail_ratio == 1.0 and counted().total.fail_ratio == 0.0


def test_rates_leave_out_the_last_two_seconds():
    stats = RequestStats()
    seconds = dict.fromkeys(range(80, 101), 7)
    row = total_row(147, last_request_timestamp=100.0, start_time=50.0, num_reqs_per_sec=seconds)
    stats.source = lambda: [row]
    assert (stats.total.current_rps, stats.total.total_rps) == (7, 147 / 50)
    row["num_reqs_per_sec"] = dict.fromkeys((98, 99, 100), 100)
    stats.refresh()
    assert stats.total.current_rps == 0 and stats.total.current_fail_per_sec == 0


def test_current_percentiles_are_of_the_last_ten_seconds():
    stats = RequestStats()
    rows = [total_row(100)]
    stats.source = lambda: rows
    assert stats.total.get_current_response_time_percentile(0.5) is None
    total = stats.total
    now = int(time.time())
    assert set(total.response_times_cache) <= {now, now - 1}  # kept from the first question on
    total.remember(now - 10)
    rows[:] = [total_row(103, response_times={10: 100, 200: 3})]
    stats.refresh()
    assert total.get_current_response_time_percentile(0.5) == 200
    with pytest.raises(ValueError, match="no current percentiles"):
        RequestStats(use_response_times_cache=False).total.get_current_response_time_percentile(0.5)


def test_entries_follow_their_source_and_keep_their_identity():
    stats = RequestStats()
    rows = [total_row(1, 0, "/a", "GET"), total_row(1)]
    stats.source = lambda: rows
    early, entry, total = stats.get("/b", "GET"), stats.get("/a", "GET"), stats.total
    rows[:] = [total_row(5, 1, "/a", "GET"), total_row(2, 0, "/b", "GET"), total_row(7, 1)]
    for _ in stats.entries:
        stats.refresh()  # a loop goes on while others look
    assert (entry.num_requests, early.num_requests, total.num_failures) == (5, 2, 1)
    assert stats.get("/a", "GET") is entry
    rows[:] = [total_row(1, 0, "/b", "GET"), total_row(1)]
    stats.refresh()
    assert list(stats.entries) == [("/b", "GET")] and entry.num_requests == 0


def test_a_loop_over_entries_asks_the_source_once():
    stats, asked = RequestStats(), []
    rows = [total_row(1, 0, f"/{n}", "GET") for n in range(20)]
    stats.source = lambda: asked.append(1) or [*rows, total_row(20)]
    stats.max_age_s = 0.5
    assert sum(entry.num_requests for entry in stats.entries.values()) == 20
    assert len(asked) == 1
    stats.forget()
    assert stats.num_requests == 20 and len(asked) == 2


def test_entries_are_added_up_and_carried():
    one, two = counted(10, 20, errors=1).total, counted(5, 300).total
    one.extend(two)
    assert (one.num_requests, one.min_response_time, one.max_response_time) == (4, 5, 300)
    assert one.response_times == {10: 1, 20: 1, 5: 1, 300: 1}
    copy = StatsEntry.unserialize(one.serialize(), RequestStats())
    assert copy.serialize() == one.serialize()
    assert one.get_stripped_report()["num_requests"] == 4 and one.num_requests == 0
    assert {"num_requests", "current_rps", "response_time_percentile_0.95"} <= copy.to_dict().keys()


def test_errors_that_differ_by_address_are_one():
    stats = RequestStats()
    for address in ("0x7f01", "0x7f02"):
        stats.log_error("GET", "/a", f"Oops(<X object at {address}>)")
    (error,) = stats.errors.values()
    assert error.occurrences == 2 and error.first_seen <= error.last_seen
    assert StatsError.parse_error(error.error) == "Oops(<X object at 0x....>)"
    assert StatsError("GET", "/a", "CatchResponseError('bad')").to_name() == "GET /a: 'bad'"
    assert StatsError.unserialize(error.serialize()).serialize() == error.serialize()


def test_a_reset_begins_anew():
    stats = counted(10, errors=1)
    stats.reset_all()
    assert stats.num_requests == 0 and stats.errors == {} and ("/a", "GET") in stats.entries
    stats.clear_all()
    assert not stats.entries


def test_a_workers_log_request_goes_to_the_engine():
    stats, recorded = RequestStats(), []
    stats.source = lambda: [total_row(1)]
    stats.recorder = lambda *args: recorded.append(args)
    stats.log_request("GET", "/a", 5, 10)
    assert recorded == [("GET", "/a", 5, 10, None)] and stats.num_requests == 1


def test_helpers():
    assert get_readable_percentiles([0.5, 0.95, 0.999, 1.0]) == ["50%", "95%", "99.9%", "100%"]
    assert sort_stats({("b", ""): 2, ("a", ""): 1}) == [1, 2]
