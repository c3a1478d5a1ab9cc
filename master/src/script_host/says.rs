//! What the host says by itself: statistics asked for, messages to workers, the shape's targets, calls of the runner.

use std::collections::BTreeSet;

use protocol::Value;
use serde::Deserialize;

use super::frames::field;
use crate::limits::{MAX_SCRIPT_HOOKS, MAX_USERS};
use crate::run::{StartPlan, StartRequest};

/// Users wanted by the shape or by `runner.start()`.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Users in all.
    pub users: u64,
    /// Users started or stopped per second; finite and above 0.
    pub spawn_rate: f64,
    /// Only these classes; `None` leaves them as they are.
    pub user_classes: Option<Vec<String>>,
}

/// Something the host says or asks. Those with an `id` are answered.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptSays {
    /// Hooks with at least one listener.
    Listening(BTreeSet<String>),
    /// Asks for the merged statistics.
    Stats {
        /// To answer with.
        id: u64,
    },
    /// A message for one worker or all.
    Send {
        /// Its type.
        kind: String,
        /// Whatever the script sends.
        data: Value,
        /// Node id; `None` for all.
        to: Option<String>,
    },
    /// The shape's present target.
    Shape(Target),
    /// The shape is over.
    ShapeEnd,
    /// The shape raised, or returned what is no target.
    ShapeFailed {
        /// One line.
        message: String,
        /// Python's traceback; may be empty.
        detail: String,
    },
    /// The script starts or edits a run.
    Start {
        /// To answer with.
        id: u64,
        /// Users and pace.
        target: Target,
    },
    /// The script stops the run.
    Stop {
        /// To answer with.
        id: u64,
    },
    /// The script ends the master.
    Quit,
    /// The script sets the process's exit code, or takes it back.
    ExitCode(Option<i64>),
    /// The script changes attributes of a User class on all workers.
    UpdateUserClass(Value),
}

impl From<Target> for StartRequest {
    fn from(target: Target) -> Self {
        let plan = StartPlan {
            users: target.users,
            spawn_rate: target.spawn_rate,
        };
        Self {
            user_classes: target.user_classes,
            ..plan.into()
        }
    }
}

#[derive(Deserialize)]
struct RawTarget {
    users: f64,
    spawn_rate: f64,
    #[serde(default)]
    user_classes: Option<Vec<String>>,
}

/// Why a frame is none of [`ScriptSays`]: a line for the log or for the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// An op of another version.
    UnknownOp(String),
    /// A known op with fields that make no sense.
    Senseless(String),
}

/// Reads a frame that is no answer.
pub(super) fn read(frame: &Value) -> Result<ScriptSays, Refused> {
    let op = text(frame, "op").unwrap_or_default();
    let id = field(frame, "id").and_then(Value::as_u64);
    let senseless = |what: &str| Refused::Senseless(format!("{op} of the script host: {what}"));
    let asked = || id.ok_or_else(|| senseless("it has no id"));
    match op.as_str() {
        "listening" => {
            let hooks = field(frame, "hooks").and_then(Value::as_array);
            let names = hooks.into_iter().flatten().filter_map(Value::as_str);
            Ok(ScriptSays::Listening(
                names.take(MAX_SCRIPT_HOOKS).map(str::to_owned).collect(),
            ))
        }
        "stats" => Ok(ScriptSays::Stats { id: asked()? }),
        "send" => Ok(ScriptSays::Send {
            kind: text(frame, "type").ok_or_else(|| senseless("it has no type"))?,
            data: field(frame, "data").cloned().unwrap_or(Value::Nil),
            to: text(frame, "client_id"),
        }),
        "shape" => Ok(match target(frame) {
            Ok(target) => ScriptSays::Shape(target),
            Err(message) => ScriptSays::ShapeFailed {
                message,
                detail: String::new(),
            },
        }),
        "shape_end" => Ok(ScriptSays::ShapeEnd),
        "shape_failed" => Ok(ScriptSays::ShapeFailed {
            message: text(frame, "message").unwrap_or_default(),
            detail: text(frame, "detail").unwrap_or_default(),
        }),
        "start" => Ok(ScriptSays::Start {
            id: asked()?,
            target: target(frame).map_err(|reason| senseless(&reason))?,
        }),
        "stop" => Ok(ScriptSays::Stop { id: asked()? }),
        "quit" => Ok(ScriptSays::Quit),
        "exit_code" => Ok(ScriptSays::ExitCode(
            field(frame, "value").and_then(Value::as_i64),
        )),
        "update_user_class" => field(frame, "settings")
            .filter(|settings| settings.is_map())
            .map(|settings| ScriptSays::UpdateUserClass(settings.clone()))
            .ok_or_else(|| senseless("its settings are no map")),
        _ => Err(Refused::UnknownOp(op)),
    }
}

fn target(frame: &Value) -> Result<Target, String> {
    let raw: RawTarget = rmpv::ext::from_value(frame.clone())
        .map_err(|error| format!("the target is no user count and spawn rate ({error})"))?;
    if !(raw.users.is_finite() && raw.users >= 0.0 && raw.users <= MAX_USERS as f64) {
        return Err(format!("{} users are no number from 0 to {MAX_USERS}", raw.users));
    }
    if !(raw.spawn_rate.is_finite() && raw.spawn_rate > 0.0) {
        return Err(format!(
            "a spawn rate of {} is no finite number above 0",
            raw.spawn_rate
        ));
    }
    Ok(Target {
        // Checked above: it fits.
        users: raw.users.round() as u64,
        spawn_rate: raw.spawn_rate,
        user_classes: raw.user_classes,
    })
}

pub(super) fn text(frame: &Value, key: &str) -> Option<String> {
    field(frame, key).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(op: &str, pairs: Vec<(&str, Value)>) -> Value {
        let pairs = pairs.into_iter().map(|(key, value)| (key.into(), value));
        Value::Map(std::iter::once(("op".into(), op.into())).chain(pairs).collect())
    }

    #[test]
    fn a_shapes_target_takes_integers_and_floats() {
        let pairs = vec![
            ("users", 10.into()),
            ("spawn_rate", 2.into()),
            ("user_classes", Value::Array(vec!["A".into()])),
        ];
        let expected = Target {
            users: 10,
            spawn_rate: 2.0,
            user_classes: Some(vec!["A".to_owned()]),
        };
        assert_eq!(read(&frame("shape", pairs)), Ok(ScriptSays::Shape(expected)));
        let pairs = vec![("users", 2.6.into()), ("spawn_rate", 0.5.into())];
        let Ok(ScriptSays::Shape(target)) = read(&frame("shape", pairs)) else {
            panic!("no target");
        };
        assert_eq!((target.users, target.user_classes), (3, None));
    }

    #[test]
    fn a_target_that_makes_no_sense_is_a_failed_shape() {
        let nonsense: [(Value, Value, &str); 4] = [
            ((-1).into(), 1.into(), "-1 users"),
            (1.into(), 0.into(), "spawn rate of 0"),
            (1.into(), f64::NAN.into(), "spawn rate of NaN"),
            ("many".into(), 1.into(), "no user count"),
        ];
        for (users, rate, named) in nonsense {
            let Ok(ScriptSays::ShapeFailed { message, .. }) =
                read(&frame("shape", vec![("users", users), ("spawn_rate", rate)]))
            else {
                panic!("expected a failure: {named}");
            };
            assert!(message.contains(named), "{message}");
        }
    }

    #[test]
    fn what_another_version_says_is_told_apart_from_nonsense() {
        assert_eq!(
            read(&frame("dance", vec![])),
            Err(Refused::UnknownOp("dance".to_owned()))
        );
        assert!(matches!(read(&frame("stop", vec![])), Err(Refused::Senseless(_))));
        assert_eq!(
            read(&frame("exit_code", vec![("value", Value::Nil)])),
            Ok(ScriptSays::ExitCode(None))
        );
    }
}
