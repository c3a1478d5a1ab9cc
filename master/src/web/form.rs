//! `GET /form` and `GET /api/v1/form`: what a page needs to show the start form. Locust puts the same into its page (reference § 5.2).

use serde::Serialize;
use serde_json::{Map, Value};
use settings::CustomArgument;
use utoipa::ToSchema;

use crate::run::UserClass;

/// What may be filled in, and with what it is filled at first. Exchanged with the script.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartForm {
    /// Users at the peak, from the command line.
    pub users: Option<u64>,
    /// Users per second, from the command line.
    pub spawn_rate: Option<f64>,
    /// Time limit of a run in seconds, from the command line.
    pub run_time_s: Option<f64>,
    /// Label of the run.
    pub profile: Option<String>,
    /// Whether the page lets User classes be chosen.
    pub class_picker: bool,
    /// Every User class of the locustfile.
    pub classes: Vec<UserClass>,
    /// Names of those that run if none is chosen.
    pub selected: Vec<String>,
    /// Names of the locustfile's load shapes.
    pub shapes: Vec<String>,
    /// The one that drives the runs.
    pub shape: Option<String>,
    /// Whether that one reads users, spawn rate and run time.
    pub shape_uses_common_options: bool,
    /// The locustfile's own arguments.
    pub arguments: Vec<CustomArgument>,
    /// Their present values, by `dest`.
    pub values: Map<String, Value>,
}

/// What a page needs to show the start form.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct FormView {
    users: Option<u64>,
    /// Users per second.
    spawn_rate: Option<f64>,
    /// The host that overrides those of the classes, or the one they all have.
    host: Option<String>,
    /// Time limit, seconds.
    run_time: Option<f64>,
    /// Label of the run.
    profile: Option<String>,
    /// Whether the page lets User classes be chosen.
    class_picker: bool,
    user_classes: Vec<ClassView>,
    /// Load shapes of the script.
    shape_classes: Vec<String>,
    /// The one that drives the runs.
    shape_class: Option<String>,
    /// Whether that one reads users, spawn rate and run time.
    shape_uses_common_options: bool,
    /// The script's own arguments.
    arguments: Vec<ArgumentView>,
}

/// A User class of the script.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct ClassView {
    name: String,
    /// Share relative to the other classes.
    weight: f64,
    /// Exact number of users; 0 means by weight.
    fixed_count: u64,
    /// The class's own host.
    host: Option<String>,
    /// Names of its tasks.
    tasks: Vec<String>,
    /// Whether it runs if no class is chosen.
    is_selected: bool,
}

/// An argument the script declares.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct ArgumentView {
    /// Its name in a start's `options`.
    name: String,
    /// Its spelling on the command line.
    flag: String,
    help: String,
    /// Its present value; null for a secret one.
    default: Value,
    /// The values it may have, if there is a choice.
    choices: Option<Vec<Value>>,
    /// Python's type: `str`, `int`, `float`, `bool`.
    #[serde(rename = "type")]
    kind: String,
    /// On or off, without a value.
    is_switch: bool,
    is_secret: bool,
    is_required: bool,
    /// Takes several values.
    is_multiple: bool,
}

impl StartForm {
    /// What is shown. `host` is the one that overrides those of the classes; `classes` are those that run, as they are now.
    pub(super) fn describe(&self, host: Option<&str>, classes: &[UserClass]) -> FormView {
        let shown = self
            .arguments
            .iter()
            .filter(|argument| argument.include_in_web_ui);
        FormView {
            users: self.users,
            spawn_rate: self.spawn_rate,
            host: host.or_else(|| self.common_host()).map(str::to_owned),
            run_time: self.run_time_s,
            profile: self.profile.clone(),
            class_picker: self.class_picker,
            user_classes: self
                .classes
                .iter()
                .map(|class| self.describe_class(class, classes))
                .collect(),
            shape_classes: self.shapes.clone(),
            shape_class: self.shape.clone(),
            shape_uses_common_options: self.shape_uses_common_options,
            arguments: shown.map(|argument| self.describe_argument(argument)).collect(),
        }
    }

    /// The argument that is called `name` in `parsed_options`.
    pub(super) fn argument(&self, name: &str) -> Option<&CustomArgument> {
        self.arguments.iter().find(|argument| argument.dest == name)
    }

    /// Whether an option of the script is secret.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.argument(name).is_some_and(|argument| argument.is_secret)
    }

    /// The host of the classes, where all have the same.
    fn common_host(&self) -> Option<&str> {
        let mut hosts = self.classes.iter().map(|class| class.host.as_deref());
        let first = hosts.next()??;
        hosts.all(|host| host == Some(first)).then_some(first)
    }

    fn describe_class(&self, class: &UserClass, present: &[UserClass]) -> ClassView {
        // What was changed since the script was read.
        let now = present.iter().find(|now| now.name == class.name).unwrap_or(class);
        ClassView {
            name: class.name.clone(),
            weight: now.weight,
            fixed_count: now.fixed_count,
            host: now.host.clone(),
            tasks: class.tasks.clone(),
            is_selected: self.selected.contains(&class.name),
        }
    }

    fn describe_argument(&self, argument: &CustomArgument) -> ArgumentView {
        // A page is open to whoever reaches the port.
        let default = if argument.is_secret {
            Value::Null
        } else {
            self.values
                .get(&argument.dest)
                .unwrap_or(&argument.default)
                .clone()
        };
        ArgumentView {
            name: argument.dest.clone(),
            flag: argument.name().to_owned(),
            help: argument.plain_help(),
            default,
            choices: argument.choices.clone(),
            kind: argument.kind.clone(),
            is_switch: !argument.takes_value,
            is_secret: argument.is_secret,
            is_required: argument.is_required || argument.required,
            is_multiple: argument.is_multiple,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> StartForm {
        let arguments = json!([
            {"flags": ["--env"], "dest": "env", "default": "dev", "takes_value": true, "type": "str", "choices": ["dev", "staging"],
             "include_in_web_ui": true, "help": "Where, %(default)s"},
            {"flags": ["--token"], "dest": "token", "default": "s3cret", "takes_value": true, "is_secret": true,
             "include_in_web_ui": true, "help": "Key (%(default)s)"},
            {"flags": ["--internal"], "dest": "internal", "takes_value": true},
        ]);
        let classes =
            json!([{"name": "A", "host": "http://a"}, {"name": "B", "host": "http://a", "weight": 2.0}]);
        StartForm {
            classes: serde_json::from_value(classes).unwrap(),
            selected: vec!["B".to_owned()],
            arguments: serde_json::from_value(arguments).unwrap(),
            values: serde_json::from_value(json!({"env": "staging", "token": "t0ken"})).unwrap(),
            ..StartForm::default()
        }
    }

    #[test]
    fn arguments_have_their_present_values_and_secrets_none() {
        let described = json!(form().describe(None, &[]));
        let arguments = described["arguments"].as_array().unwrap();
        assert_eq!(arguments.len(), 2, "{described}");
        assert_eq!(arguments[0]["default"], "staging");
        assert_eq!(arguments[0]["choices"], json!(["dev", "staging"]));
        assert_eq!(arguments[0]["help"], "Where, dev");
        assert_eq!(arguments[1]["is_secret"], true);
        let text = described.to_string();
        assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
    }

    #[test]
    fn the_host_is_the_given_one_or_that_of_all_classes() {
        let mut form = form();
        assert_eq!(json!(form.describe(Some("http://x"), &[]))["host"], "http://x");
        assert_eq!(json!(form.describe(None, &[]))["host"], "http://a");
        form.classes[0].host = None;
        assert_eq!(json!(form.describe(None, &[]))["host"], Value::Null);
    }

    #[test]
    fn classes_say_whether_they_run() {
        let described = json!(form().describe(None, &[]));
        assert_eq!(described["user_classes"][0]["is_selected"], false);
        assert_eq!(described["user_classes"][1]["is_selected"], true);
        assert_eq!(described["user_classes"][1]["weight"], 2.0);
    }
}
