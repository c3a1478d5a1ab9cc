//! The run over time: what happened in each interval of a run, kept, added up and shown.
//!
//! `recorder` keeps it (its insides without clocks and threads are `keeper`), `runs` hands it out, `window` adds up stretches
//! of it, `series`, `heatmap` and `tables` make of them what `views` describes. Others only read.

mod cells;
mod clocks;
mod desk;
mod heatmap;
mod info;
mod keeper;
pub mod limits;
mod marks;
mod model;
mod names;
mod packed;
mod percentiles;
mod recorder;
mod runs;
mod series;
mod spread;
mod sum;
mod tables;
mod totals;
mod track;
pub mod views;
mod window;

pub use info::environment;
pub use model::{
    Cell, ErrorExample, ErrorId, ErrorKey, ExceptionRow, Gauges, Interval, Mark, RequestId, RequestKey,
    RunInfo, RunRecord,
};
pub use packed::{Cells, PackedTimes};
pub use recorder::{About, Recorder};
pub use runs::{Runs, Shown};
pub use sum::Sum;
pub use tables::{exceptions, failures, histogram, statistics, whole_failures, whole_statistics};
pub use totals::Totals;
pub use window::Window;

/// A [`protocol::Fault`] as its name.
mod fault_name {
    use protocol::Fault;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(fault: &Option<Fault>, serializer: S) -> Result<S::Ok, S::Error> {
        fault.map(Fault::as_str).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Fault>, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        Ok(name.as_deref().and_then(Fault::parse))
    }
}
