//! What the web face is told of the command line and of the script.

use super::opening::Opening;
use super::options::Options;
use crate::report::csv;
use crate::script_host::{Configured, Loaded};
use crate::web::{FaceConfig, SharedForm, StartForm};

/// What its handlers are given.
pub(super) fn config(opening: &Opening, configured: &Configured) -> FaceConfig {
    let options = &opening.options;
    let names = opening.files.iter().filter_map(|file| file.file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
    let history = options.csv_prefix.as_ref().filter(|_| options.csv_full_history);
    FaceConfig {
        form: SharedForm::new(form(options, &opening.loaded, configured)),
        is_headless: options.headless,
        locustfile: names.join(","),
        full_history: history.map(|prefix| csv::history_path(prefix)),
        expect_workers: opening.plan.expect_workers,
        ..FaceConfig::default()
    }
}

/// The start form of a script.
pub(super) fn form(options: &Options, loaded: &Loaded, configured: &Configured) -> StartForm {
    let values = serde_json::to_value(&configured.custom).unwrap_or_default();
    StartForm {
        users: options.users,
        spawn_rate: options.spawn_rate,
        run_time_s: options.run_time,
        profile: options.profile.clone(),
        class_picker: options.class_picker,
        classes: loaded.user_classes.clone(),
        selected: configured
            .user_classes
            .iter()
            .map(|class| class.name.clone())
            .collect(),
        shapes: loaded.shape_classes.clone(),
        shape: configured.shape.clone(),
        shape_uses_common_options: configured.use_common_options,
        arguments: loaded.arguments.clone(),
        values: values.as_object().cloned().unwrap_or_default(),
    }
}
