//! The extension module `acrida._engine`: the engine as Python sees it.
//!
//! Thread model: everything here runs on the Python thread with the interpreter's lock held, and returns at once (but
//! for `Engine.shutdown`, which lets the lock go). The reactor thread never takes that lock. No Rust frame is ever on the
//! stack when a greenlet switches: Python submits, switches, and fetches what is complete.

mod completion;
mod convert;
mod desk;
mod engine;
mod frame;
mod lifeline;
mod session;
mod snapshot;

use pyo3::prelude::*;

/// Flag of `Session.submit`: record nothing until `Completion.report`.
const DEFER: u32 = 1;
/// Flag of `Session.submit`: complete when the head of the response is there.
const STREAM: u32 = 2;
/// Flag of `Session.submit`: hand out redirects as they are.
const NO_REDIRECT: u32 = 4;

#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("DEFER", DEFER)?;
    module.add("STREAM", STREAM)?;
    module.add("NO_REDIRECT", NO_REDIRECT)?;
    module.add_function(wrap_pyfunction!(frame::pack, module)?)?;
    module.add_function(wrap_pyfunction!(frame::unpack, module)?)?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<session::Profile>()?;
    module.add_class::<session::Session>()?;
    module.add_class::<session::Pool>()?;
    module.add_class::<completion::Completion>()
}
