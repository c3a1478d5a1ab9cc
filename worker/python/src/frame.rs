//! `pack` and `unpack`: Python objects as MessagePack, for the pipe between the master and its script host.

use protocol::limits::MAX_DEPTH;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::convert::{to_python, to_value};

/// `object` as one MessagePack value.
///
/// # Errors
/// `TypeError`, with the type's name, for what cannot be carried; `ValueError` for too deep nesting or too large numbers.
#[pyfunction]
pub fn pack<'py>(py: Python<'py>, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, &to_value(object)?)
        .map_err(|error| PyValueError::new_err(format!("a message could not be packed: {error}")))?;
    Ok(PyBytes::new(py, &out))
}

/// The object that `bytes` hold.
///
/// # Errors
/// `ValueError` if they are not exactly one MessagePack value, or it is nested too deep.
#[pyfunction]
pub fn unpack<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let mut rest = bytes;
    let value = rmpv::decode::read_value_with_max_depth(&mut rest, MAX_DEPTH)
        .map_err(|error| PyValueError::new_err(format!("not a MessagePack value: {error}")))?;
    if !rest.is_empty() {
        return Err(PyValueError::new_err(format!(
            "{} bytes follow a MessagePack value",
            rest.len()
        )));
    }
    to_python(py, &value)
}
