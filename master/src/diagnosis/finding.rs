//! One sentence about a run, with its evidence.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// How much a finding matters; the gravest orders first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Figures or the target are in trouble.
    Bad,
    /// Look at it before you rely on the figures.
    Warn,
    /// Good to know.
    Info,
}

impl Severity {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}

/// What a finding is about. The page has its own sentence for each, made from [`Finding::params`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A worker had no processor time left. `percent`, `seconds`, `stretches`.
    GeneratorCpu,
    /// A worker's event loop came late. `lag_ms`, `seconds`, `stretches`.
    GeneratorLoopLag,
    /// Requests waited in the generator before they left. `lag_ms`, `avg_ms`, `seconds`, `stretches`.
    GeneratorLag,
    /// The rate stopped rising while users rose. `users`, `rate`, `max_users`, `before_ms`, `after_ms`.
    Knee,
    /// Failures began at a load. `users`, `rate`, `requests`, `failures`, `ratio`, `error`, `method`, `name`, `fault`, `count`.
    ErrorsBegan,
    /// Failures were there from the first requests on. The same params.
    ErrorsThroughout,
    /// No free local port was left. `count`.
    PortsExhausted,
    /// No more file could be opened. `count`.
    FilesExhausted,
    /// One worker works much more than the others. `max_percent`, `mean_percent`, `workers`, `seconds`.
    UnevenWorkers,
    /// A worker was lost. `worker`, `back_after_s` (null if it did not come back).
    WorkerLost,
    /// More workers were lost than are listed. `count`.
    WorkersLost,
    /// Too few requests for a percentile. `percentile`, `requests`, `needed`.
    FewSamples,
    /// The run was short. `seconds`, `needed_s`.
    ShortRun,
    /// Most of the run was ramp-up. `ramp_s`, `seconds`.
    MostlyRamp,
    /// Failed requests pull the median away from that of the successful ones. `ratio`, `failed_ms`, `ok_ms`, `all_ms`.
    FailuresDistort,
    /// Nothing is wrong with the generator. No params.
    NoTrouble,
}

/// A plain sentence about a run, the figures behind it, and when it was.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// Second of the run at which it began; None if it is about all of it.
    pub at_s: Option<u32>,
    /// Second of the run at which it was over, exclusive; None if it is a moment, or lasts to the end.
    pub to_s: Option<u32>,
    /// The evidence, by name; see [`FindingKind`].
    #[schema(value_type = Object)]
    pub params: Map<String, Value>,
    /// The sentence in English.
    pub text: String,
}

impl Finding {
    pub(super) fn new(
        kind: FindingKind,
        severity: Severity,
        at_s: Option<u32>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            severity,
            at_s,
            to_s: None,
            params: Map::new(),
            text: text.into(),
        }
    }

    pub(super) fn until(mut self, to_s: u32) -> Self {
        self.to_s = Some(to_s);
        self
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a figure, rounded to three decimals as everywhere in JSON.
    pub(super) fn figure(self, name: &str, value: f64) -> Self {
        self.with(name, (value * 1000.0).round() / 1000.0)
    }

    /// Whether it says that the load generator, not the target, had trouble.
    pub fn is_about_the_generator(&self) -> bool {
        use FindingKind as Kind;
        matches!(
            self.kind,
            Kind::GeneratorCpu
                | Kind::GeneratorLoopLag
                | Kind::GeneratorLag
                | Kind::PortsExhausted
                | Kind::FilesExhausted
                | Kind::UnevenWorkers
                | Kind::WorkerLost
                | Kind::WorkersLost
        )
    }
}
