//! MessagePack values as Python objects and back.

use protocol::Value;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// Nesting beyond which a message is refused: peers refuse it, too.
const DEPTH_MAX: usize = 40;

/// A value as a Python object.
pub fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Nil | Value::Ext(..) => py.None().into_bound(py),
        Value::Boolean(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Integer(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, number) => number.into_pyobject(py)?.into_any(),
        },
        Value::F32(number) => PyFloat::new(py, f64::from(*number)).into_any(),
        Value::F64(number) => PyFloat::new(py, *number).into_any(),
        Value::String(text) => match text.as_str() {
            Some(text) => PyString::new(py, text).into_any(),
            None => PyBytes::new(py, text.as_bytes()).into_any(),
        },
        Value::Binary(bytes) => PyBytes::new(py, bytes).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (key, value) in entries {
                dict.set_item(to_python(py, key)?, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// A Python object as a value.
///
/// # Errors
/// `TypeError` for what MessagePack cannot carry, `ValueError` for too deep nesting or too large numbers.
pub fn to_value(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    at_depth(object, 0)
}

fn at_depth(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > DEPTH_MAX {
        return Err(PyValueError::new_err(format!(
            "a message may be nested at most {DEPTH_MAX} levels deep"
        )));
    }
    let deeper = |item: Bound<'_, PyAny>| at_depth(&item, depth + 1);
    if object.is_none() {
        return Ok(Value::Nil);
    }
    if let Ok(flag) = object.cast::<PyBool>() {
        return Ok(Value::Boolean(flag.is_true()));
    }
    if object.is_instance_of::<PyInt>() {
        return match object.extract::<i64>() {
            Ok(number) => Ok(Value::from(number)),
            Err(_) => object
                .extract::<u64>()
                .map(Value::from)
                .map_err(|_| PyValueError::new_err("an integer in a message must fit 64 bits")),
        };
    }
    if object.is_instance_of::<PyFloat>() {
        return Ok(Value::F64(object.extract()?));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::from(text.to_cow()?.into_owned()));
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Value::Binary(bytes.as_bytes().to_vec()));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        let entry = |(key, value)| Ok((deeper(key)?, deeper(value)?));
        return dict.iter().map(entry).collect::<PyResult<_>>().map(Value::Map);
    }
    if let Ok(list) = object.cast::<PyList>() {
        return list.iter().map(deeper).collect::<PyResult<_>>().map(Value::Array);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return tuple
            .iter()
            .map(deeper)
            .collect::<PyResult<_>>()
            .map(Value::Array);
    }
    if object.hasattr("isoformat")? && object.hasattr("strftime")? {
        // Locust's convention for a datetime (reference: wire protocol, message encoding).
        let text: String = object
            .call_method1("strftime", ("%Y%m%dT%H:%M:%S.%f",))?
            .extract()?;
        let entries = vec![
            ("__datetime__".into(), true.into()),
            ("as_str".into(), text.into()),
        ];
        return Ok(Value::Map(entries));
    }
    let kind = object.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a message cannot carry an object of type {kind}"
    )))
}

/// About how many bytes a value takes in a message.
pub fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => 5 + text.as_bytes().len(),
        Value::Binary(bytes) => 5 + bytes.len(),
        Value::Ext(_, bytes) => 6 + bytes.len(),
        Value::Array(items) => 5 + items.iter().map(size).sum::<usize>(),
        Value::Map(pairs) => {
            5 + pairs
                .iter()
                .map(|(key, value)| size(key) + size(value))
                .sum::<usize>()
        }
        Value::Nil | Value::Boolean(_) => 1,
        Value::Integer(_) | Value::F32(_) | Value::F64(_) => 9,
    }
}
