//! Options that only show what the locustfile holds: `--list`, `--show-task-ratio`, `--show-task-ratio-json`.

use super::options::Options;
use crate::report::ratio;
use crate::server::UserClass;

/// The answer to `--list`: every class of the locustfile.
pub(super) fn list(classes: &[UserClass]) -> String {
    let names: String = classes
        .iter()
        .map(|class| format!("    {}\n", class.name))
        .collect();
    format!("Available Users:\n{names}")
}

/// The task ratios of the classes that would run, if the options ask for them.
pub(super) fn ratio(options: &Options, classes: &[UserClass]) -> Option<String> {
    if options.show_task_ratio_json {
        Some(ratio::json_text(classes, options.users))
    } else if options.show_task_ratio {
        Some(ratio::text(classes, options.users))
    } else {
        None
    }
}

/// Prints to standard output.
pub(super) fn print(text: &str) {
    let _reader_is_gone = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_listed_by_name() {
        let classes = serde_json::json!([{"name": "A"}, {"name": "B"}]);
        let classes: Vec<UserClass> = serde_json::from_value(classes).unwrap();
        assert_eq!(list(&classes), "Available Users:\n    A\n    B\n");
    }
}
