//! What a run is given: options fixed for the master's life, and what one start asks for.

use protocol::Value;
use serde::Deserialize;

use crate::dispatch::ClassSpec;

/// A User class of the locustfile, as the script host reports it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct UserClass {
    /// Class name.
    pub name: String,
    /// Share relative to the other classes.
    #[serde(default = "one")]
    pub weight: f64,
    /// Exact number of users; 0 means by weight.
    #[serde(default)]
    pub fixed_count: u64,
    /// The class's own host.
    #[serde(default)]
    pub host: Option<String>,
    /// Names of its tasks.
    #[serde(default)]
    pub tasks: Vec<String>,
    /// Task ratios, as `/tasks` shows them.
    #[serde(default)]
    pub ratio: serde_json::Value,
}

fn one() -> f64 {
    1.0
}

impl UserClass {
    /// Takes over what a map of attributes says of the fields that decide about users. The rest is the script's affair.
    pub(super) fn update(&mut self, settings: &Value) {
        for (key, value) in settings.as_map().into_iter().flatten() {
            match key.as_str() {
                Some("weight") => {
                    let weight = value
                        .as_f64()
                        .filter(|weight| weight.is_finite() && *weight >= 0.0);
                    self.weight = weight.unwrap_or(self.weight);
                }
                Some("fixed_count") => self.fixed_count = value.as_u64().unwrap_or(self.fixed_count),
                Some("host") => self.host = value.as_str().map(str::to_owned),
                _ => {}
            }
        }
    }

    /// What the dispatcher must know.
    pub fn spec(&self) -> ClassSpec {
        ClassSpec {
            name: self.name.clone(),
            weight: self.weight,
            fixed_count: self.fixed_count,
        }
    }
}

/// Users and pace of a start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartPlan {
    /// Users in all.
    pub users: u64,
    /// Users started per second; finite and above 0.
    pub spawn_rate: f64,
}

/// Options fixed for the master's life.
#[derive(Debug, Clone, PartialEq)]
pub struct RunConfig {
    /// User classes of the locustfile.
    pub classes: Vec<UserClass>,
    /// Workers to wait for before an automatic start.
    pub expect_workers: u32,
    /// Seconds to wait for them; `None` waits for ever.
    pub expect_workers_max_wait_s: Option<f64>,
    /// Start without being asked, once the workers are there.
    pub autostart: Option<StartPlan>,
    /// End the master with the run.
    pub headless: bool,
    /// End the master this many seconds after an automatically started run; `None` never does.
    pub autoquit_s: Option<f64>,
    /// Time limit of a run in seconds, ramp-up included.
    pub run_time_s: Option<f64>,
    /// Time a stopping user has to finish its task, seconds.
    pub stop_timeout_s: f64,
    /// Overrides the host of every class.
    pub host: Option<String>,
    /// Clear statistics when a started or edited target is reached.
    pub reset_stats: bool,
    /// Level the workers at a plateau when one comes.
    pub enable_rebalancing: bool,
    /// The master's options by Locust's names, a map; sent with a worker's first `spawn` of a ramp.
    pub parsed_options: Value,
}

/// What `/swarm` or an automatic start asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct StartRequest {
    /// Users and pace.
    pub plan: StartPlan,
    /// Host for all classes; empty for none, `None` leaves it as it is.
    pub host: Option<String>,
    /// Time limit in seconds from now; `None` leaves it as it is.
    pub run_time_s: Option<f64>,
    /// Only these classes; `None` means those of the run, or all for a new one.
    pub user_classes: Option<Vec<String>>,
    /// Attributes of User classes, each a map with `user_class_name`; set once the script is known to start, and kept.
    pub class_settings: Vec<Value>,
}

impl From<StartPlan> for StartRequest {
    fn from(plan: StartPlan) -> Self {
        Self {
            plan,
            host: None,
            run_time_s: None,
            user_classes: None,
            class_settings: Vec::new(),
        }
    }
}
