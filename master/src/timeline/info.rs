//! What a record says of its run: how it was asked for and where it runs.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use protocol::Value;

use super::limits::{MAX_RATIO_BYTES, MAX_TEXT_BYTES};
use super::model::RunInfo;
use super::recorder::About;
use crate::events::{EndCause, RunView, ScriptView};
use crate::report::ratio;
use crate::run::UserClass;
use crate::web::StartForm;

/// The run that has just begun.
pub(super) fn of(about: &About, users: u64, spawn_rate: f64, view: &RunView<'_>) -> RunInfo {
    let form = about.form.get();
    let options = options(view.parsed_options, &form);
    let text = |name: &str| options.get(name)?.as_str().map(str::to_owned);
    let script = view.script;
    RunInfo {
        id: id(view.now_unix_s),
        state: view.state.as_str().to_owned(),
        started_unix_s: view.now_unix_s,
        users,
        spawn_rate,
        run_time_s: view.run_time_s,
        host: view.host.map(str::to_owned),
        profile: text("profile"),
        user_classes: script.started.to_vec(),
        shape_class: script.shape.map(str::to_owned),
        locustfile: about.locustfile.clone(),
        script_hash: script.hash.unwrap_or(&about.script_hash).to_owned(),
        environment: about.environment.clone(),
        options,
        ratio: ratio(users, &script),
        ..RunInfo::default()
    }
}

/// How the users that were asked for share their time among tasks; nothing if that takes too much room.
fn ratio(users: u64, script: &ScriptView<'_>) -> serde_json::Value {
    let classes = script.classes.iter();
    let started: Vec<UserClass> = classes
        .filter(|class| script.started.contains(&class.name))
        .cloned()
        .collect();
    let ratio = ratio::of_plan(&started, Some(users));
    if ratio.to_string().len() <= MAX_RATIO_BYTES {
        ratio
    } else {
        serde_json::Value::Null
    }
}

/// Sorts by time, and differs from that of another master that starts a run in the same second.
fn id(unix_s: f64) -> String {
    let seconds = jiff::Timestamp::from_second(unix_s as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let random = RandomState::new().hash_one(unix_s.to_bits()) & 0xffff;
    format!("{}-{random:04x}", seconds.strftime("%Y%m%d-%H%M%S"))
}

/// The options without secret ones. Texts are cut, so that a file's worth of text given as an option is not kept.
fn options(parsed: &Value, form: &StartForm) -> serde_json::Map<String, serde_json::Value> {
    let pairs = parsed.as_map().map(Vec::as_slice).unwrap_or_default();
    pairs
        .iter()
        .filter_map(|(key, value)| Some((key.as_str()?, value)))
        .filter(|(key, _)| !form.is_secret(key))
        .map(|(key, value)| (key.to_owned(), json(value)))
        .collect()
}

fn json(value: &Value) -> serde_json::Value {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(mut text)) => {
            text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
            text.into()
        }
        Ok(value) if value.to_string().len() <= MAX_TEXT_BYTES => value,
        _ => serde_json::Value::Null,
    }
}

/// The cause of a run's end as the record has it.
pub(super) fn cause_name(cause: EndCause) -> &'static str {
    match cause {
        EndCause::RunTime => "run_time",
        EndCause::Requested => "requested",
        EndCause::Script => "script",
        EndCause::Shape => "shape",
        EndCause::ShapeFailed => "shape_failed",
        EndCause::ScriptLost => "script_lost",
        EndCause::WorkersLost => "workers_lost",
        EndCause::Signal => "signal",
    }
}

/// Where this master runs: what is the same for all of its runs.
pub fn environment(python: &str) -> BTreeMap<String, String> {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let pairs = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "os",
            format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        ),
        ("cpus", cpus.to_string()),
        (
            "host_name",
            gethostname::gethostname().to_string_lossy().into_owned(),
        ),
        ("python", python.to_owned()),
    ];
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
