//! What the master asks of the host before it serves, and the answers: field for field what crosses the pipe.

use std::path::PathBuf;

use protocol::Value;
use serde::{Deserialize, Serialize};
use settings::CustomArgument;

use crate::run::UserClass;

/// Which locustfiles to import.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LoadRequest {
    /// Absolute paths.
    pub locustfiles: Vec<PathBuf>,
    /// Every spelling of the master's own options (`-u`, `--users`, …): a script's argument must not clash with one.
    pub own_flags: Vec<String>,
}

/// What the locustfiles hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Loaded {
    /// Every User class.
    #[serde(default)]
    pub user_classes: Vec<UserClass>,
    /// Names of the load shapes, abstract ones left out.
    #[serde(default)]
    pub shape_classes: Vec<String>,
    /// Arguments the script adds to the command line.
    #[serde(default)]
    pub arguments: Vec<CustomArgument>,
}

/// How the loaded script is to be run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigureRequest {
    /// Tokens of the script's own arguments only, as on the command line.
    pub argv: Vec<String>,
    /// The master's options by Locust's names, a map.
    pub options: Value,
    /// Only these classes; empty means all.
    pub user_classes: Vec<String>,
    /// Only tasks with one of these tags.
    pub tags: Option<Vec<String>>,
    /// No tasks with one of these tags.
    pub exclude_tags: Option<Vec<String>>,
    /// Give every class the weight 1.
    pub equal_weights: bool,
    /// Settings for classes (`--config-users`), each a map.
    pub config_users: Vec<serde_json::Value>,
    /// Host for all classes.
    pub host: Option<String>,
    /// Whether the file's load shape drives the runs.
    pub shape: bool,
    /// Whether `init` is fired: not where the script is only described.
    pub init: bool,
}

impl Default for ConfigureRequest {
    fn default() -> Self {
        Self {
            argv: Vec::new(),
            options: Value::Map(Vec::new()),
            user_classes: Vec::new(),
            tags: None,
            exclude_tags: None,
            equal_weights: false,
            config_users: Vec::new(),
            host: None,
            shape: true,
            init: true,
        }
    }
}

/// The script, ready to run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Configured {
    /// The classes to run.
    #[serde(default)]
    pub user_classes: Vec<UserClass>,
    /// Names of all classes, also those not asked for.
    #[serde(default)]
    pub available: Vec<String>,
    /// The options as they go to the workers, a map: the master's and the script's own.
    #[serde(default = "empty_map")]
    pub options: Value,
    /// The script's own among them, a map.
    #[serde(default = "empty_map")]
    pub custom: Value,
    /// Name of the load shape that drives the runs.
    #[serde(default)]
    pub shape: Option<String>,
    /// Whether that shape reads `--users`, `--spawn-rate` and `--run-time`.
    #[serde(default)]
    pub use_common_options: bool,
}

fn empty_map() -> Value {
    Value::Map(Vec::new())
}
