"""Rows of statistics, as the engine and the master give them."""

from __future__ import annotations


def total_row(requests=0, failures=0, name="Aggregated", method="", **more):
    return {
        "name": name,
        "method": method,
        "num_requests": requests,
        "num_none_requests": 0,
        "num_failures": failures,
        "total_response_time": 10.0 * requests,
        "min_response_time": 10.0 if requests else None,
        "max_response_time": 10.0 if requests else 0,
        "total_content_length": 0,
        "start_time": 100.0,
        "last_request_timestamp": 110.0 if requests else None,
        "response_times": {10: requests} if requests else {},
        "num_reqs_per_sec": {},
        "num_fail_per_sec": {},
        **more,
    }
