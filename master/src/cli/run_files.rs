//! Which files `--html`, `--junit` and `--markdown` ask for.

use std::path::PathBuf;

use super::options::Options;
use crate::report::run_files::{Form, filled};

/// The files by their form, with Locust's placeholders filled.
pub(super) fn named(options: &Options) -> Vec<(Form, PathBuf)> {
    let asked = [
        (Form::Html, &options.html),
        (Form::Junit, &options.junit),
        (Form::Markdown, &options.markdown),
    ];
    asked
        .into_iter()
        .filter_map(|(form, name)| {
            let name = name.as_ref()?;
            Some((
                form,
                filled(name, options.users, options.spawn_rate, options.run_time),
            ))
        })
        .collect()
}
