//! What the locustfile holds, and the options that only show it (`--list`, `--show-task-ratio`).

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use settings::CliError;
use settings::python::Python;

use super::options::{self, Options};
use crate::local_workers::Output;
use crate::script_host::{ConfigureRequest, Configured, Host, LoadRequest, ScriptError, ScriptHost};
use crate::server::UserClass;

/// The module that holds the locustfile.
const MODULE: &str = "acrida.script_host";

/// Starts the script host and makes it ready: the locustfile is loaded and the classes to run are chosen.
///
/// # Errors
/// Whatever keeps the locustfile from being used, with what to do (exit code 1; 2 for the script's own arguments).
pub(super) async fn open(
    python: &Python,
    files: &[PathBuf],
    options: &Options,
    parsed_options: &protocol::Value,
    output: Option<Output>,
) -> Result<(Host, Configured), CliError> {
    let failed = |error| script_error(&error, python);
    let path = python.python_path().map(|path| ("PYTHONPATH".into(), path));
    let program = ScriptHost {
        python: python.program().to_owned(),
        args: Python::module_args(MODULE).iter().map(Into::into).collect(),
        env: path.into_iter().collect(),
    };
    let mut host = program.start(output).map_err(failed)?;
    let request = LoadRequest {
        locustfiles: files.to_vec(),
        own_flags: options::own_flags(),
    };
    let loaded = host.load(&request).await.map_err(failed)?;
    let request = ConfigureRequest {
        argv: Vec::new(),
        options: parsed_options.clone(),
        user_classes: options.user_classes.clone(),
        tags: options.tags.clone(),
        exclude_tags: options.exclude_tags.clone(),
        equal_weights: options.equal_weights,
        config_users: Vec::new(),
        host: options.host.clone(),
        shape: !loaded.shape_classes.is_empty(),
    };
    let configured = host.configure(&request).await.map_err(failed)?;
    if let Some(shape) = &configured.shape
        && !configured.use_common_options
        && (options.users.is_some() || options.spawn_rate.is_some() || options.run_time.is_some())
    {
        tracing::warn!(
            "the load shape {shape} decides about users, spawn rate and time: --users, --spawn-rate and --run-time \
             have no effect"
        );
    }
    Ok((host, configured))
}

fn script_error(error: &ScriptError, python: &Python) -> CliError {
    if let Some(detail) = error.detail() {
        tracing::debug!("{detail}");
    }
    let failure = CliError::failure(error.to_string());
    let ScriptError::Script { kind, .. } = error else {
        return failure;
    };
    if kind == "argument" {
        return CliError::usage(error.to_string());
    }
    match kind.as_str() {
        "syntax" => failure.hint("correct the locustfile"),
        "import" => failure.hint(format!(
            "install the module: {} -m pip install NAME",
            python.program().display()
        )),
        "no_user_class" => failure.hint("define a class derived from User or HttpUser in the locustfile"),
        "unknown_user_class" => failure.hint("--list shows the classes of the locustfile"),
        "no_tasks" => {
            failure.hint("add a method with @task; --tags and --exclude-tags must match the @tag of one")
        }
        _ => failure.hint("--loglevel DEBUG shows the traceback"),
    }
}

/// Prints what the options ask for. True if there is nothing else to do.
pub(super) fn show(options: &Options, classes: &[UserClass]) -> bool {
    let text = if options.list {
        list(classes)
    } else if options.show_task_ratio_json {
        format!("{:#}\n", ratio_json(classes))
    } else if options.show_task_ratio {
        ratio_text(classes)
    } else {
        return false;
    };
    let _reader_is_gone = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
    true
}

fn list(classes: &[UserClass]) -> String {
    let names: String = classes
        .iter()
        .map(|class| format!("    {}\n", class.name))
        .collect();
    format!("Available Users:\n{names}")
}

/// Each class's share by weight; classes with a fixed count are outside of it.
fn shares(classes: &[UserClass]) -> Vec<(&UserClass, f64)> {
    let weighted = |class: &&UserClass| class.fixed_count == 0;
    let sum: f64 = classes.iter().filter(weighted).map(|class| class.weight).sum();
    let share = |class: &UserClass| {
        if class.fixed_count == 0 && sum > 0.0 {
            class.weight / sum
        } else {
            0.0
        }
    };
    classes.iter().map(|class| (class, share(class))).collect()
}

/// Locust's shape: `per_class` with each class's own tasks, `total` with the classes' shares multiplied in.
fn ratio_json(classes: &[UserClass]) -> Value {
    let entry = |class: &UserClass, ratio: f64| {
        let tasks = class.ratio.as_object().cloned().unwrap_or_default();
        (
            class.name.clone(),
            json!({"ratio": ratio, "tasks": scaled(&tasks, ratio)}),
        )
    };
    let per_class: Map<String, Value> = classes.iter().map(|class| entry(class, 1.0)).collect();
    let total: Map<String, Value> = shares(classes)
        .into_iter()
        .map(|(class, share)| entry(class, share))
        .collect();
    json!({"per_class": per_class, "total": total})
}

fn scaled(tasks: &Map<String, Value>, factor: f64) -> Map<String, Value> {
    let entry = |(name, task): (&String, &Value)| {
        let ratio = task["ratio"].as_f64().unwrap_or(0.0) * factor;
        let mut scaled_task = json!({ "ratio": ratio });
        if let Some(nested) = task["tasks"].as_object() {
            scaled_task["tasks"] = scaled(nested, ratio).into();
        }
        (name.clone(), scaled_task)
    };
    tasks.iter().map(entry).collect()
}

fn ratio_text(classes: &[UserClass]) -> String {
    let json = ratio_json(classes);
    let mut text = String::new();
    for (title, key) in [
        ("Task ratio per User class", "per_class"),
        ("Total task ratio", "total"),
    ] {
        let _a_string_takes_all = write!(text, "{title}\n{}\n", "-".repeat(80));
        if let Some(tasks) = json[key].as_object() {
            add_tree(tasks, 0, &mut text);
        }
        text.push('\n');
    }
    text
}

fn add_tree(tasks: &Map<String, Value>, depth: usize, text: &mut String) {
    for (name, task) in tasks {
        let percent = task["ratio"].as_f64().unwrap_or(0.0) * 100.0;
        let _a_string_takes_all = writeln!(
            text,
            "{:indent$}* {percent:.1}% {name}",
            "",
            indent = depth * 2 + 1
        );
        if let Some(nested) = task["tasks"].as_object() {
            add_tree(nested, depth + 1, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Vec<UserClass> {
        let nested =
            json!({"look": {"ratio": 0.75}, "Cart": {"ratio": 0.25, "tasks": {"buy": {"ratio": 1.0}}}});
        let value = json!([
            {"name": "A", "weight": 3, "ratio": nested},
            {"name": "B", "weight": 1, "ratio": {"poll": {"ratio": 1.0}}},
        ]);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_ratio_tree_multiplies_shares_downwards() {
        insta::assert_snapshot!(ratio_text(&classes()));
        let json = ratio_json(&classes());
        assert_eq!(
            json["total"]["A"]["tasks"]["Cart"]["tasks"]["buy"]["ratio"],
            json!(0.1875)
        );
    }

    #[test]
    fn classes_are_listed_by_name() {
        assert_eq!(list(&classes()), "Available Users:\n    A\n    B\n");
    }
}
