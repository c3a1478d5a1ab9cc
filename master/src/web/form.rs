//! `GET /form`: what a page needs to show the start form. Locust puts the same into its page (reference § 5.2).

use serde_json::{Map, Value, json};
use settings::CustomArgument;

use crate::run::UserClass;

/// What may be filled in, and with what it is filled at first. Fixed for the master's life, except for the host.
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

impl StartForm {
    /// The answer. `host` is the one that overrides those of the classes.
    pub(super) fn describe(&self, host: Option<&str>) -> Value {
        let shown = self
            .arguments
            .iter()
            .filter(|argument| argument.include_in_web_ui);
        json!({
            "users": self.users,
            "spawn_rate": self.spawn_rate,
            "host": host.or_else(|| self.common_host()),
            "run_time": self.run_time_s,
            "profile": self.profile,
            "class_picker": self.class_picker,
            "user_classes": self.classes.iter().map(|class| self.describe_class(class)).collect::<Vec<_>>(),
            "shape_classes": self.shapes,
            "shape_class": self.shape,
            "shape_uses_common_options": self.shape_uses_common_options,
            "arguments": shown.map(|argument| self.describe_argument(argument)).collect::<Vec<_>>(),
        })
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

    fn describe_class(&self, class: &UserClass) -> Value {
        json!({
            "name": class.name,
            "weight": class.weight,
            "fixed_count": class.fixed_count,
            "host": class.host,
            "tasks": class.tasks,
            "is_selected": self.selected.contains(&class.name),
        })
    }

    fn describe_argument(&self, argument: &CustomArgument) -> Value {
        // A page is open to whoever reaches the port.
        let default = if argument.is_secret {
            Value::Null
        } else {
            self.values
                .get(&argument.dest)
                .unwrap_or(&argument.default)
                .clone()
        };
        json!({
            "name": argument.dest,
            "flag": argument.name(),
            "help": argument.plain_help(),
            "default": default,
            "choices": argument.choices,
            "type": argument.kind,
            "is_switch": !argument.takes_value,
            "is_secret": argument.is_secret,
            "is_required": argument.is_required || argument.required,
            "is_multiple": argument.is_multiple,
        })
    }
}

#[cfg(test)]
mod tests {
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
        let described = form().describe(None);
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
        assert_eq!(form.describe(Some("http://x"))["host"], "http://x");
        assert_eq!(form.describe(None)["host"], "http://a");
        form.classes[0].host = None;
        assert_eq!(form.describe(None)["host"], Value::Null);
    }

    #[test]
    fn classes_say_whether_they_run() {
        let described = form().describe(None);
        assert_eq!(described["user_classes"][0]["is_selected"], false);
        assert_eq!(described["user_classes"][1]["is_selected"], true);
        assert_eq!(described["user_classes"][1]["weight"], 2.0);
    }
}
