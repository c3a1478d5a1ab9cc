//! Reading configuration files: `key = value` lines, and the `[tool.locust]` table of a TOML file.
//!
//! Yields keys and values as they stand; which keys mean something is decided in `layers`.

use std::path::Path;

use crate::values::{bracketed_list, unquote};

/// Largest configuration file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// One setting of a file. A list has several values, a switch without a value is `true`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub key: String,
    pub values: Vec<String>,
}

/// Reads a file by its kind: `.toml` files by their `[tool.locust]` table, any other by lines.
///
/// # Errors
/// One line: why it cannot be read or understood. A missing file is an error of kind `None`.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<Setting>>, String> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if metadata.len() > MAX_FILE_BYTES {
        return Err(format!("it is larger than {MAX_FILE_BYTES} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    if path.extension().is_some_and(|extension| extension == "toml") {
        toml_settings(&text).map(Some)
    } else {
        line_settings(&text).map(Some)
    }
}

/// `key = value`, `key: value`, `key value`, or `key` alone; `#` and `;` start comments; `[section]` lines are skipped.
fn line_settings(text: &str) -> Result<Vec<Setting>, String> {
    let mut settings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';', '[']) || line.starts_with("---") {
            continue;
        }
        let key_end = line
            .find(|c: char| c.is_whitespace() || c == '=' || c == ':')
            .unwrap_or(line.len());
        let key = line[..key_end].trim_start_matches('-');
        if key.is_empty() {
            return Err(format!("line {} has no key: {line}", index + 1));
        }
        let rest = line[key_end..].trim_start();
        let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
        settings.push(Setting {
            key: key.to_owned(),
            values: line_values(without_comment(rest).trim()),
        });
    }
    Ok(settings)
}

fn line_values(value: &str) -> Vec<String> {
    if value.is_empty() {
        return vec!["true".to_owned()];
    }
    bracketed_list(value).unwrap_or_else(|| vec![unquote(value).to_owned()])
}

/// A comment inside a line needs white space before its sign, so that `http://host/#top` stays whole.
fn without_comment(value: &str) -> &str {
    let mut before = ' ';
    let mut quote = None;
    for (at, c) in value.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if (c == '#' || c == ';') && before.is_whitespace() => return &value[..at],
            None if (c == '"' || c == '\'') && before.is_whitespace() => quote = Some(c),
            None => {}
        }
        before = c;
    }
    value
}

fn toml_settings(text: &str) -> Result<Vec<Setting>, String> {
    let document: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        match line {
            Some(line) => format!("line {line}: {}", error.message()),
            None => error.message().to_owned(),
        }
    })?;
    let table = document
        .get("tool")
        .and_then(|tool| tool.get("locust"))
        .and_then(toml::Value::as_table);
    let Some(table) = table else { return Ok(Vec::new()) };
    Ok(table
        .iter()
        .map(|(key, value)| Setting {
            key: key.clone(),
            values: toml_values(value),
        })
        .collect())
}

fn toml_values(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Array(items) => items.iter().flat_map(toml_values).collect(),
        // The only option with tables takes JSON.
        toml::Value::Table(table) => vec![serde_json::json!(table).to_string()],
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(text: &str, expected: &[(&str, &[&str])]) {
        let found = line_settings(text).unwrap();
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|s| (s.key.as_str(), s.values.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(&str, Vec<&str>)> = expected.iter().map(|(k, v)| (*k, v.to_vec())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_read_in_every_form_locust_allows() {
        check_lines(
            "# comment\n; comment\n[section]\nusers = 10\nspawn-rate: 2\nrun_time 5m\nheadless\n--csv=out # why\n",
            &[
                ("users", &["10"]),
                ("spawn-rate", &["2"]),
                ("run_time", &["5m"]),
                ("headless", &["true"]),
                ("csv", &["out"]),
            ],
        );
    }

    #[test]
    fn lists_and_quotes_are_understood() {
        check_lines(
            "tags = [a, 'b c']\nprofile = \"x # y\"\n",
            &[("tags", &["a", "b c"]), ("profile", &["x # y"])],
        );
    }

    #[test]
    fn json_stays_whole() {
        let json = r#"[{"user_class_name": "A", "weight": 2}, {"user_class_name": "B"}]"#;
        check_lines(&format!("config-users = {json}\n"), &[("config-users", &[json])]);
        let toml = "[tool.locust]\nconfig-users = [{user_class_name = 'A', weight = 2}]\n";
        let settings = toml_settings(toml).unwrap();
        assert_eq!(settings[0].values, [r#"{"user_class_name":"A","weight":2}"#]);
    }

    #[test]
    fn an_address_keeps_its_colons_and_hash() {
        check_lines(
            "host = http://u:p@h:80/#x\n",
            &[("host", &["http://u:p@h:80/#x"])],
        );
    }

    #[test]
    fn only_the_table_of_locust_counts_in_toml() {
        let text = "[project]\nname = 'x'\n[tool.locust]\nusers = 7\ntags = ['a', 'b']\nheadless = true\n";
        let settings = toml_settings(text).unwrap();
        assert_eq!(settings.len(), 3);
        assert!(settings.contains(&Setting {
            key: "users".into(),
            values: vec!["7".into()]
        }));
        assert!(settings.contains(&Setting {
            key: "tags".into(),
            values: vec!["a".into(), "b".into()]
        }));
        assert_eq!(toml_settings("[project]\n").unwrap(), vec![]);
    }

    #[test]
    fn broken_toml_names_the_line() {
        assert!(toml_settings("a = 1\nb = \n").unwrap_err().starts_with("line 2"));
    }
}
