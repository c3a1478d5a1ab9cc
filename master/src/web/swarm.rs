//! The form of `POST /swarm`: Locust's fields, and the arguments the locustfile declares. Others are overlooked, as Locust
//! does.

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use serde_json::{Map, Value, json};
use settings::CustomArgument;
use settings::values::span_s;

use super::form::StartForm;
use crate::limits::MAX_USERS;
use crate::run::{StartPlan, StartRequest};

pub(super) type FormResult = Result<Form<Vec<(String, String)>>, FormRejection>;

/// Fields with a meaning of their own.
const OWN_FIELDS: &[&str] = &[
    "user_count",
    "spawn_rate",
    "host",
    "run_time",
    "profile",
    "user_classes",
    "shape_class",
];

/// The choice of no load shape.
pub(super) const NO_SHAPE: &str = "Default";

/// A request that makes sense.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) request: StartRequest,
    /// Options that change with this start, by Locust's names: what was asked for, and the script's own as texts.
    pub(super) options: Map<String, Value>,
    run_time: Option<String>,
    /// The load shape that drives the run.
    shape: Option<String>,
}

/// What matters of the present state.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Present {
    /// The next run is driven by a load shape, unless another choice is made.
    pub(super) has_shape: bool,
    /// No run is on: this is a start and no edit.
    pub(super) is_idle: bool,
}

impl Asked {
    /// Locust's answer to a successful start.
    pub(super) fn answer(self, host: Option<&str>) -> Value {
        let message = match &self.shape {
            Some(shape) => format!("Swarming started using shape class '{shape}'"),
            None => "Swarming started".to_owned(),
        };
        let mut answer = json!({"success": true, "message": message, "host": host});
        if let Some(run_time) = self.run_time {
            answer["run_time"] = json!(run_time);
        }
        if let Some(classes) = self.request.user_classes {
            answer["user_classes"] = json!(classes);
        }
        answer
    }
}

/// Reads the posted fields; an error is one line for the user. With a load shape no number of users is needed.
pub(super) fn parse(posted: &FormResult, form: &StartForm, present: Present) -> Result<Asked, String> {
    let Form(fields) = posted.as_ref().map_err(FormRejection::body_text)?;
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    // Locust's rule: where the form lets classes be chosen, no choice of a shape means none.
    let picks_shape = form.class_picker && present.is_idle && !form.shapes.is_empty();
    let shape = if picks_shape {
        field("shape_class")
            .filter(|name| *name != NO_SHAPE)
            .map(str::to_owned)
    } else {
        form.shape.clone().filter(|_| present.has_shape)
    };
    let has_shape = if picks_shape {
        shape.is_some()
    } else {
        present.has_shape
    };
    let plan = plan(field("user_count"), field("spawn_rate"), has_shape)?;
    let run_time = field("run_time").map(str::to_owned);
    let run_time_s = run_time
        .as_deref()
        .map(span_s)
        .transpose()
        .map_err(|error| format!("run_time: {error}"))?;
    let user_classes: Vec<String> = fields
        .iter()
        .filter(|(key, _)| key == "user_classes")
        .flat_map(|(_, value)| value.split(','))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let request = StartRequest {
        plan,
        host: field("host").map(|host| host.replace(['<', '>'], "")),
        run_time_s,
        user_classes: (!user_classes.is_empty()).then_some(user_classes),
        class_settings: Vec::new(),
    };
    let mut options = own_options(fields, form)?;
    let chosen = shape.as_deref().unwrap_or(NO_SHAPE);
    options.extend(common_options(
        &request,
        [field("user_count").is_some(), field("spawn_rate").is_some()],
        field("profile"),
        picks_shape.then_some(chosen),
    ));
    Ok(Asked {
        request,
        options,
        run_time,
        shape,
    })
}

/// What a start asks for, by Locust's names of the options: the script and the workers see it in `parsed_options`.
pub(super) fn common_options(
    request: &StartRequest,
    [has_users, has_spawn_rate]: [bool; 2],
    profile: Option<&str>,
    shape: Option<&str>,
) -> Map<String, Value> {
    let plan = request.plan;
    let named = [
        ("shape_class", shape.map(|shape| json!(shape))),
        ("num_users", has_users.then(|| json!(plan.users))),
        ("spawn_rate", has_spawn_rate.then(|| json!(plan.spawn_rate))),
        ("host", request.host.as_ref().map(|host| json!(host))),
        ("run_time", request.run_time_s.map(seconds)),
        ("profile", profile.map(|profile| json!(profile))),
        (
            "user_classes",
            request.user_classes.as_ref().map(|names| json!(names)),
        ),
    ];
    let given = named.into_iter();
    given
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// A shape decides by itself: the fields may be missing, and are there for a shape that reads them as options.
fn plan(users: Option<&str>, spawn_rate: Option<&str>, has_shape: bool) -> Result<StartPlan, String> {
    let missing = has_shape.then_some("1");
    let users = users
        .or(missing)
        .ok_or("user_count is missing: the number of users to run")?;
    let spawn_rate = spawn_rate
        .or(missing)
        .ok_or("spawn_rate is missing: users to start per second")?;
    let users = users.parse().ok().filter(|users| *users <= MAX_USERS);
    let spawn_rate = spawn_rate
        .parse()
        .ok()
        .filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    Ok(StartPlan {
        users: users.ok_or_else(|| format!("user_count must be a whole number from 0 to {MAX_USERS}"))?,
        spawn_rate: spawn_rate.ok_or("spawn_rate must be a finite number greater than 0")?,
    })
}

/// What the fields say about the script's arguments, as texts: the script host knows their types.
fn own_options(fields: &[(String, String)], form: &StartForm) -> Result<Map<String, Value>, String> {
    let mut options = Map::new();
    for (key, _) in fields {
        let Some(argument) = own_argument(form, key) else {
            continue;
        };
        let values = fields.iter().filter(|(name, _)| name == key);
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        if let Some(value) = own_value(argument, &values)? {
            options.insert(key.clone(), value);
        }
    }
    Ok(options)
}

/// An argument of the script, unless it has the name of a field with a meaning of its own.
pub(super) fn own_argument<'a>(form: &'a StartForm, name: &str) -> Option<&'a CustomArgument> {
    form.argument(name).filter(|_| !OWN_FIELDS.contains(&name))
}

/// A value to set; `None` leaves the present one.
pub(super) fn own_value(argument: &CustomArgument, values: &[&str]) -> Result<Option<Value>, String> {
    let first = values.first().copied().unwrap_or_default();
    if values.iter().all(|value| value.is_empty()) {
        // A page does not know a secret, so it sends none unless somebody has typed one.
        if argument.is_secret {
            return Ok(None);
        }
        if argument.is_required || argument.required {
            return Err(format!("{} is required", argument.dest));
        }
        // No text at all is a value for a text only.
        if argument.kind != "str" || argument.choices.is_some() {
            return Ok(None);
        }
    }
    if !argument.takes_list() {
        return Ok(Some(json!(first)));
    }
    let items: Vec<&str> = match values {
        [one] => one.split(',').map(str::trim).collect(),
        several => several.to_vec(),
    };
    Ok(Some(json!(items)))
}

/// Seconds as Locust has them: an integer where there is no fraction.
fn seconds(span_s: f64) -> Value {
    if span_s.fract() == 0.0 {
        // Spans are at most ten years: the cast cannot lose anything.
        json!(span_s as i64)
    } else {
        json!(span_s)
    }
}

#[cfg(test)]
mod tests;
