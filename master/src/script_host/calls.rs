//! What the master asks of the host before it serves, and the answers: field for field what crosses the pipe.

use std::path::PathBuf;

use protocol::Value;
use serde::{Deserialize, Serialize};

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
    pub arguments: Vec<Argument>,
}

/// An argument a script adds in `init_command_line_parser`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Argument {
    /// Its spellings, dashes included; a positional one has none.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Name of the attribute of `parsed_options`.
    pub dest: String,
    /// Its default.
    #[serde(default = "nil")]
    pub default: Value,
    /// Its help text.
    #[serde(default)]
    pub help: Option<String>,
    /// What its value is called in the help.
    #[serde(default)]
    pub metavar: Option<String>,
    /// `str`, `int`, `float`, `bool` or `other`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// `store`, `store_true`, `store_false`, `append`, `count` or `other`.
    #[serde(default)]
    pub action: String,
    /// Whether a value follows the flag.
    #[serde(default)]
    pub takes_value: bool,
    /// A number, `?`, `*`, `+`, or nil for one.
    #[serde(default = "nil")]
    pub nargs: Value,
    /// The only values it takes, as far as they are plain.
    #[serde(default)]
    pub choices: Option<Vec<Value>>,
    /// Whether it must be given.
    #[serde(default)]
    pub required: bool,
    /// Variable it is taken from.
    #[serde(default)]
    pub env_var: Option<String>,
    /// Whether the start form shows it.
    #[serde(default)]
    pub include_in_web_ui: bool,
    /// Whether its value must not be shown.
    #[serde(default)]
    pub is_secret: bool,
    /// Whether the start form lets several of the choices be taken.
    #[serde(default)]
    pub is_multiple: bool,
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

fn nil() -> Value {
    Value::Nil
}

fn empty_map() -> Value {
    Value::Map(Vec::new())
}
