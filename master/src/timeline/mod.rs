//! The run over time.

mod model;
mod packed;

pub use model::{
    Cell, ErrorExample, ErrorId, ErrorKey, ExceptionRow, Gauges, Interval, Mark, RequestId, RequestKey,
    RunInfo, RunRecord,
};
pub use packed::PackedTimes;

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
