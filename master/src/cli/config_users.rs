//! `--config-users`: settings of User classes as JSON text or files of it, each an object or a list of objects.
//!
//! Whether the classes exist is for the script host to say; here it is made sure that a class is named.

use serde_json::{Map, Value};
use settings::CliError;

use crate::limits::MAX_CONFIG_USERS_BYTES;

/// The member that names the class.
const CLASS: &str = "user_class_name";

/// Reads every value of the option.
///
/// # Errors
/// Text that is no JSON of this kind, or a file that cannot be read (exit code 2).
pub(super) fn read(values: &[String]) -> Result<Vec<Value>, CliError> {
    let mut settings = Vec::new();
    for value in values {
        let (text, source) = if value.ends_with(".json") {
            (file(value)?, value.as_str())
        } else {
            (value.clone(), "the text")
        };
        let refuse = |why: String| {
            CliError::usage(format!("--config-users: {why}")).hint(
                "write {\"user_class_name\": \"MyUser\", \"weight\": 2}, a list of these, or the name of a .json file",
            )
        };
        let json: Value = serde_json::from_str(&text)
            .map_err(|error| refuse(format!("{source} is no valid JSON: {error}: {}", excerpt(&text))))?;
        let items = match json {
            Value::Array(items) => items,
            item => vec![item],
        };
        for item in items {
            let is_named = item.as_object().is_some_and(names_class);
            if !is_named {
                return Err(refuse(format!(
                    "{item} in {source} does not say which {CLASS} it is for"
                )));
            }
            settings.push(item);
        }
    }
    Ok(settings)
}

fn names_class(settings: &Map<String, Value>) -> bool {
    settings
        .get(CLASS)
        .and_then(Value::as_str)
        .is_some_and(|name| !name.is_empty())
}

fn file(name: &str) -> Result<String, CliError> {
    let unreadable = |why: String| CliError::usage(format!("--config-users: cannot read {name}: {why}"));
    let size = std::fs::metadata(name)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > MAX_CONFIG_USERS_BYTES {
        return Err(unreadable(format!(
            "it is larger than {MAX_CONFIG_USERS_BYTES} bytes"
        )));
    }
    std::fs::read_to_string(name).map_err(|error| unreadable(error.to_string()))
}

fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_refused(values: &[&str], text: &str) {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        let error = read(&values).unwrap_err();
        assert_eq!(error.code(), 2);
        assert!(error.to_string().contains(text), "{error}");
    }

    #[test]
    fn objects_lists_and_files_are_read_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("users.json");
        std::fs::write(&path, r#"[{"user_class_name": "B", "host": "http://b"}]"#).unwrap();
        let values = [
            r#"{"user_class_name": "A", "weight": 2}"#.to_owned(),
            path.display().to_string(),
        ];
        assert_eq!(
            read(&values).unwrap(),
            [
                json!({"user_class_name": "A", "weight": 2}),
                json!({"user_class_name": "B", "host": "http://b"})
            ]
        );
    }

    #[test]
    fn what_means_nothing_is_refused_with_the_reason() {
        check_refused(&["{'user_class_name': 'A'}"], "no valid JSON");
        check_refused(&["/nonexistent/users.json"], "/nonexistent/users.json");
        check_refused(&[r#"{"weight": 2}"#], "user_class_name");
        check_refused(&["5"], "user_class_name");
        check_refused(&[r#"[{"user_class_name": 7}]"#], "user_class_name");
    }
}
