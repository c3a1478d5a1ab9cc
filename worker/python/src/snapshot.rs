//! Rows of the statistics as dictionaries with Locust's field names.

use protocol::{ErrorEntry, StatsEntry};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// One row.
pub fn row<'py>(py: Python<'py>, entry: &StatsEntry) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &entry.name)?;
    dict.set_item("method", &entry.method)?;
    dict.set_item("last_request_timestamp", entry.last_request_timestamp)?;
    dict.set_item("start_time", entry.start_time)?;
    dict.set_item("num_requests", entry.num_requests)?;
    dict.set_item("num_none_requests", entry.num_none_requests)?;
    dict.set_item("num_failures", entry.num_failures)?;
    dict.set_item("total_response_time", entry.total_response_time)?;
    dict.set_item("max_response_time", entry.max_response_time)?;
    dict.set_item("min_response_time", entry.min_response_time)?;
    dict.set_item("total_content_length", entry.total_content_length)?;
    dict.set_item("response_times", entry.response_times.locust_buckets())?;
    dict.set_item("num_reqs_per_sec", &entry.num_reqs_per_sec)?;
    dict.set_item("num_fail_per_sec", &entry.num_fail_per_sec)?;
    Ok(dict)
}

/// One kind of failure.
pub fn error<'py>(py: Python<'py>, entry: &ErrorEntry) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &entry.name)?;
    dict.set_item("method", &entry.method)?;
    dict.set_item("error", &entry.error)?;
    dict.set_item("occurrences", entry.occurrences)?;
    dict.set_item("first_seen", entry.first_seen)?;
    dict.set_item("last_seen", entry.last_seen)?;
    Ok(dict)
}
