//! What a start and an edit ask for, read from their JSON. No I/O: the handlers are in `control`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use settings::CustomArgument;
use utoipa::ToSchema;

use super::super::error::ApiError;
use super::super::form::StartForm;
use super::super::swarm::{NO_SHAPE, common_options, own_argument, own_value};
use super::body::{Fields, whole};
use crate::limits::MAX_USERS;
use crate::run::{StartPlan, StartRequest, UserClass};

/// A start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "describes the body, whose fields are read one by one so that all errors are told at once"
)]
pub(super) struct StartBody {
    /// Users at the peak; needed unless a load shape drives the run.
    #[schema(maximum = 10_000_000)]
    users: Option<u64>,
    /// Users started per second; needed unless a load shape drives the run.
    #[schema(exclusive_minimum = 0.0)]
    spawn_rate: Option<f64>,
    /// Base address of the target, overrides those of the classes; empty for none, left as it is if not given.
    #[schema(example = "http://localhost:8080")]
    host: Option<String>,
    /// Time limit: seconds, or a span such as `1h5m`.
    #[schema(value_type = Option<Span>)]
    run_time: Option<Value>,
    /// Label of the run.
    profile: Option<String>,
    /// Only these User classes.
    #[schema(min_items = 1)]
    user_classes: Option<Vec<String>>,
    /// Load shape that drives the run; empty or `Default` for none, left as it is if not given.
    shape_class: Option<String>,
    /// The script's own arguments by name: texts, numbers, booleans, lists of these.
    options: Option<BTreeMap<String, Value>>,
    /// Settings of User classes by name.
    classes: Option<BTreeMap<String, ClassSettings>>,
}

/// An edit: what is not given stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as for a start")]
pub(super) struct EditBody {
    /// Users wanted.
    #[schema(maximum = 10_000_000)]
    users: Option<u64>,
    /// Users started or stopped per second.
    #[schema(exclusive_minimum = 0.0)]
    spawn_rate: Option<f64>,
    /// Base address of the target.
    host: Option<String>,
    /// Time from now on: seconds, or a span such as `1h5m`.
    #[schema(value_type = Option<Span>)]
    run_time: Option<Value>,
    /// Only these User classes.
    #[schema(min_items = 1)]
    user_classes: Option<Vec<String>>,
    /// The script's own arguments by name.
    options: Option<BTreeMap<String, Value>>,
    /// The edit is refused with `changed_meanwhile` if the plan has another number.
    if_plan_version: Option<u64>,
}

/// Seconds, or a span such as `1h5m`.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "as for a start")]
pub(super) enum Span {
    /// Seconds.
    Seconds(f64),
    /// Such as `1h5m`.
    Text(String),
}

/// Settings of a User class; what is not given stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as for a start")]
pub(super) struct ClassSettings {
    /// Share relative to the other classes.
    #[schema(exclusive_minimum = 0.0)]
    weight: Option<f64>,
    /// Exact number of users; 0 means by weight.
    #[schema(maximum = 10_000_000)]
    fixed_count: Option<u64>,
    /// The class's own host; empty for none.
    host: Option<String>,
    /// Only these of its tasks.
    #[schema(min_items = 1)]
    tasks: Option<Vec<String>>,
}

const START_FIELDS: &[&str] = &[
    "users",
    "spawn_rate",
    "host",
    "run_time",
    "profile",
    "user_classes",
    "shape_class",
    "options",
    "classes",
];
const EDIT_FIELDS: &[&str] = &[
    "users",
    "spawn_rate",
    "host",
    "run_time",
    "user_classes",
    "options",
    "if_plan_version",
];
const CLASS_FIELDS: &[&str] = &["weight", "fixed_count", "host", "tasks"];

/// What the body is checked against.
#[derive(Debug, Clone)]
pub(super) struct Present<'a> {
    /// The script's start form.
    pub(super) form: &'a StartForm,
    /// The classes that can run.
    pub(super) classes: &'a [UserClass],
    /// The next run, or the present one, is driven by a load shape.
    pub(super) has_shape: bool,
    /// Users and pace now; what an edit does not give.
    pub(super) plan: StartPlan,
}

/// A request that makes sense.
#[derive(Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) request: StartRequest,
    /// Options for the script, by Locust's names.
    pub(super) options: Map<String, Value>,
    /// Only if the plan has this number.
    pub(super) if_plan_version: Option<u64>,
}

/// Reads a start.
///
/// # Errors
/// 400 with everything that is wrong.
pub(super) fn read_start(body: &Map<String, Value>, present: &Present<'_>) -> Result<Wanted, ApiError> {
    let mut fields = Fields::of(body, START_FIELDS);
    let shape = shape(&mut fields, present.form);
    let has_shape = shape.map_or(present.has_shape, |name| name != NO_SHAPE);
    for name in ["users", "spawn_rate"] {
        if !has_shape && fields.get(name).is_none() {
            fields.refuse(name, "is missing");
        }
    }
    let given = ["users", "spawn_rate"].map(|name| fields.get(name).is_some());
    let plan = StartPlan {
        users: fields.users("users").unwrap_or(1),
        spawn_rate: fields.positive("spawn_rate").unwrap_or(1.0),
    };
    let request = StartRequest {
        plan,
        host: fields.host("host").map(str::to_owned),
        run_time_s: fields.span_s("run_time"),
        user_classes: user_classes(&mut fields, present),
        class_settings: class_settings(&mut fields, present),
    };
    let profile = fields.text("profile");
    let mut options = own_options(&mut fields, present.form);
    options.extend(common_options(&request, given, profile, shape));
    fields.done(Wanted {
        request,
        options,
        if_plan_version: None,
    })
}

/// Reads an edit.
///
/// # Errors
/// As for [`read_start`].
pub(super) fn read_edit(body: &Map<String, Value>, present: &Present<'_>) -> Result<Wanted, ApiError> {
    let mut fields = Fields::of(body, EDIT_FIELDS);
    let given = ["users", "spawn_rate"].map(|name| fields.get(name).is_some());
    let plan = StartPlan {
        users: fields.users("users").unwrap_or(present.plan.users),
        spawn_rate: fields.positive("spawn_rate").unwrap_or(present.plan.spawn_rate),
    };
    let request = StartRequest {
        plan,
        host: fields.host("host").map(str::to_owned),
        run_time_s: fields.span_s("run_time"),
        user_classes: user_classes(&mut fields, present),
        class_settings: Vec::new(),
    };
    let version = fields.get("if_plan_version");
    let if_plan_version = version.and_then(whole);
    if version.is_some() && if_plan_version.is_none() {
        fields.refuse("if_plan_version", "must be a whole number");
    }
    let mut options = own_options(&mut fields, present.form);
    options.extend(common_options(&request, given, None, None));
    fields.done(Wanted {
        request,
        options,
        if_plan_version,
    })
}

/// The choice of a load shape, or of none.
fn shape<'a>(fields: &mut Fields<'a>, form: &StartForm) -> Option<&'a str> {
    let name = fields.text("shape_class")?;
    if name.is_empty() || name == NO_SHAPE {
        // Nothing to choose from, nothing to say to the script.
        return (!form.shapes.is_empty()).then_some(NO_SHAPE);
    }
    if !form.shapes.iter().any(|shape| shape == name) {
        fields.refuse(
            "shape_class",
            format!("There is no load shape {name:?}; {}", known(&form.shapes)),
        );
    }
    Some(name)
}

fn user_classes(fields: &mut Fields<'_>, present: &Present<'_>) -> Option<Vec<String>> {
    let names = fields.texts("user_classes")?;
    if names.is_empty() {
        fields.refuse("user_classes", "choose at least one class");
    }
    for name in &names {
        if let Some(reason) = unknown_class(name, present) {
            fields.refuse("user_classes", reason);
        }
    }
    Some(names)
}

fn unknown_class(name: &str, present: &Present<'_>) -> Option<String> {
    if present.classes.iter().any(|class| class.name == name) {
        return None;
    }
    let names: Vec<String> = present.classes.iter().map(|class| class.name.clone()).collect();
    let reason = if present.form.classes.iter().any(|class| class.name == name) {
        format!("The command line leaves the User class {name:?} out")
    } else {
        format!("There is no User class {name:?}")
    };
    Some(format!("{reason}; {}", known(&names)))
}

fn known(names: &[String]) -> String {
    if names.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    }
}

/// Each class's settings as the map that `update_user_class` takes.
fn class_settings(fields: &mut Fields<'_>, present: &Present<'_>) -> Vec<protocol::Value> {
    let Some(classes) = fields.object("classes") else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (name, settings) in classes {
        let field = format!("classes.{name}");
        if let Some(reason) = unknown_class(name, present) {
            fields.refuse(&field, reason);
            continue;
        }
        let Some(settings) = settings.as_object() else {
            fields.refuse(&field, "must be an object");
            continue;
        };
        let mut inner = Fields::of(settings, CLASS_FIELDS);
        let pairs = one_class(&mut inner, name, present.form);
        fields.absorb(&field, inner);
        if pairs.len() > 1 {
            all.push(protocol::Value::Map(pairs));
        }
    }
    all
}

fn one_class(
    fields: &mut Fields<'_>,
    name: &str,
    form: &StartForm,
) -> Vec<(protocol::Value, protocol::Value)> {
    let mut pairs: Vec<(protocol::Value, protocol::Value)> = vec![("user_class_name".into(), name.into())];
    if let Some(weight) = fields.positive("weight") {
        pairs.push(("weight".into(), weight.into()));
    }
    if let Some(count) = fields.get("fixed_count") {
        match whole(count).filter(|count| *count <= MAX_USERS) {
            Some(count) => pairs.push(("fixed_count".into(), count.into())),
            None => fields.refuse(
                "fixed_count",
                format!("must be a whole number from 0 to {MAX_USERS}"),
            ),
        }
    }
    if let Some(host) = fields.host("host") {
        let host = if host.is_empty() {
            protocol::Value::Nil
        } else {
            host.into()
        };
        pairs.push(("host".into(), host));
    }
    if let Some(tasks) = fields.texts("tasks") {
        let class = form.classes.iter().find(|class| class.name == name);
        let there: &[String] = class.map_or(&[], |class| &class.tasks);
        if tasks.is_empty() {
            fields.refuse("tasks", "choose at least one task");
        }
        if let Some(task) = tasks.iter().find(|task| !there.contains(task)) {
            fields.refuse("tasks", format!("{name} has no task {task:?}; {}", known(there)));
        }
        pairs.push((
            "tasks".into(),
            tasks
                .iter()
                .map(|task| protocol::Value::from(task.as_str()))
                .collect(),
        ));
    }
    pairs
}

/// The script's own arguments, as texts: the script host knows their types.
fn own_options(fields: &mut Fields<'_>, form: &StartForm) -> Map<String, Value> {
    let mut options = Map::new();
    let Some(given) = fields.object("options") else {
        return options;
    };
    for (name, value) in given {
        let field = format!("options.{name}");
        let Some(argument) = own_argument(form, name) else {
            fields.refuse(&field, format!("The script has no argument {name:?}"));
            continue;
        };
        match option(argument, value) {
            Ok(Some(value)) => {
                options.insert(name.clone(), value);
            }
            Ok(None) => {}
            Err(reason) => fields.refuse(&field, reason),
        }
    }
    options
}

fn option(argument: &CustomArgument, value: &Value) -> Result<Option<Value>, String> {
    let plain = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err("must be a text, a number, a boolean or a list of these".to_owned()),
    };
    match value {
        Value::Null => Ok(None),
        Value::Array(items) if argument.takes_list() => {
            let items: Result<Vec<String>, String> = items.iter().map(plain).collect();
            items.map(|items| Some(json!(items)))
        }
        Value::Array(_) => Err("takes one value and no list".to_owned()),
        value => own_value(argument, &[plain(value)?.as_str()]),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
