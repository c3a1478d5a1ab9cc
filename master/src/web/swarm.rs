//! The form of `POST /swarm`.

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use serde_json::{Value, json};
use settings::values::span_s;

use crate::limits::MAX_USERS;
use crate::run::{StartPlan, StartRequest};

pub(super) type FormResult = Result<Form<Vec<(String, String)>>, FormRejection>;

/// A request that makes sense.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) request: StartRequest,
    run_time: Option<String>,
}

impl Asked {
    /// Locust's answer to a successful start.
    pub(super) fn answer(self, host: Option<&str>) -> Value {
        let mut answer = json!({"success": true, "message": "Swarming started", "host": host});
        if let Some(run_time) = self.run_time {
            answer["run_time"] = json!(run_time);
        }
        if let Some(classes) = self.request.user_classes {
            answer["user_classes"] = json!(classes);
        }
        answer
    }
}

/// Users and pace of a run that a load shape drives; it has its own.
const BY_SHAPE: StartPlan = StartPlan {
    users: 0,
    spawn_rate: 1.0,
};

/// Reads the form; an error is one line for the user. With a load shape no number of users is needed.
pub(super) fn parse(form: &FormResult, has_shape: bool) -> Result<Asked, String> {
    let Form(fields) = form.as_ref().map_err(FormRejection::body_text)?;
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    };
    let plan = if has_shape {
        BY_SHAPE
    } else {
        plan(field("user_count"), field("spawn_rate"))?
    };
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
    };
    Ok(Asked { request, run_time })
}

fn plan(users: Option<&str>, spawn_rate: Option<&str>) -> Result<StartPlan, String> {
    let users = users.ok_or("user_count is missing: the number of users to run")?;
    let spawn_rate = spawn_rate.ok_or("spawn_rate is missing: users to start per second")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> FormResult {
        Ok(Form(
            fields
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        ))
    }

    #[test]
    fn a_full_form_is_read() {
        let fields = [
            ("user_count", "10"),
            ("spawn_rate", "2.5"),
            ("host", "http://<b>"),
            ("run_time", "1m"),
            ("user_classes", "A"),
            ("user_classes", "B, C"),
        ];
        let asked = parse(&form(&fields), false).unwrap();
        assert_eq!(
            asked.request.plan,
            StartPlan {
                users: 10,
                spawn_rate: 2.5
            }
        );
        assert_eq!(asked.request.host.as_deref(), Some("http://b"));
        assert_eq!(asked.request.run_time_s, Some(60.0));
        assert_eq!(
            asked.request.user_classes,
            Some(vec!["A".to_owned(), "B".to_owned(), "C".to_owned()])
        );
        let answer = asked.answer(Some("http://b"));
        assert_eq!(
            (answer["success"].as_bool(), answer["run_time"].as_str()),
            (Some(true), Some("1m"))
        );
    }

    #[test]
    fn wrong_numbers_are_refused_with_the_fields_name() {
        for (users, rate, named) in [
            ("-1", "1", "user_count"),
            ("1.5", "1", "user_count"),
            ("", "1", "user_count"),
            ("1", "0", "spawn_rate"),
            ("1", "NaN", "spawn_rate"),
            ("1", "inf", "spawn_rate"),
            ("1", "-2", "spawn_rate"),
        ] {
            let error = parse(&form(&[("user_count", users), ("spawn_rate", rate)]), false).unwrap_err();
            assert!(error.contains(named), "{users} {rate}: {error}");
        }
    }

    #[test]
    fn a_wrong_run_time_is_refused() {
        let fields = [("user_count", "1"), ("spawn_rate", "1"), ("run_time", "soon")];
        assert!(parse(&form(&fields), false).unwrap_err().starts_with("run_time"));
    }

    #[test]
    fn a_load_shape_needs_no_number_of_users() {
        let asked = parse(&form(&[("host", "http://h")]), true).unwrap();
        assert_eq!(asked.request.host.as_deref(), Some("http://h"));
    }
}
