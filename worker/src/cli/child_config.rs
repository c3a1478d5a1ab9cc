//! The JSON line that tells a Python child what to run. Its reader is `acrida.worker_main`.

use std::path::Path;

use serde_json::{Value, json};

use super::options::Options;
use crate::script::Script;

/// The configuration of one child. Paths are absolute; a path that is no UTF-8 is passed with replacement characters.
pub(super) fn build(options: &Options, script: &Script, node_id: &str, index: u32, processes: u32) -> Value {
    let files: Vec<String> = script.files().iter().map(|path| text(path)).collect();
    // The child may run elsewhere.
    let logfile = options
        .logfile
        .as_deref()
        .map(|path| text(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned())));
    json!({
        "locustfiles": files,
        "script_hash": script.hash(),
        "user_classes": options.user_classes,
        "tags": options.tags,
        "exclude_tags": options.exclude_tags,
        "master_host": options.master_host,
        "master_port": options.master_port,
        "node_id": node_id,
        "process_index": index,
        "processes": processes,
        "loglevel": options.loglevel.as_str(),
        "logfile": logfile,
        "reset_stats": options.reset_stats,
        "stop_timeout": options.stop_timeout,
        "host": options.host,
        "options": {
            "locustfile": options.locustfile.as_deref().unwrap_or("-"),
            "config": options.config.as_deref().map(text),
            "host": options.host,
            "master": false,
            "worker": true,
            "headless": options.headless,
            "master_host": options.master_host,
            "master_port": options.master_port,
            "processes": processes,
            "tags": options.tags,
            "exclude_tags": options.exclude_tags,
            "reset_stats": options.reset_stats,
            "stop_timeout": options.stop_timeout,
            "skip_log_setup": options.skip_log_setup,
            "loglevel": options.loglevel.as_str(),
            "logfile": logfile,
            "user_classes": options.user_classes,
        },
        "lifeline": true,
    })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::*;
    use crate::cli::options::RETIRED;

    fn options(args: &[&str]) -> Options {
        let sources = settings::Sources {
            working_directory: PathBuf::from("/nonexistent"),
            args: args.iter().map(OsString::from).collect(),
            ..settings::Sources::default()
        };
        settings::parse(&sources, RETIRED, &[]).unwrap().options
    }

    #[test]
    fn a_child_is_told_everything_it_needs() {
        let options = options(&[
            "--master-port",
            "6000",
            "-T",
            "a",
            "--processes=2",
            "--worker",
            "Shopper",
        ]);
        let script = Script::Own(vec![PathBuf::from("/tmp/x.py")]);
        let config = build(&options, &script, "box_1", 1, 2);
        assert_eq!(config["locustfiles"], json!(["/tmp/x.py"]));
        assert_eq!(config["master_port"], 6000);
        assert_eq!(config["tags"], json!(["a"]));
        assert_eq!(config["exclude_tags"], Value::Null);
        assert_eq!(
            (&config["process_index"], &config["processes"]),
            (&json!(1), &json!(2))
        );
        assert_eq!(config["options"]["user_classes"], json!(["Shopper"]));
        assert_eq!(config["loglevel"], "INFO");
        assert!(!config.to_string().contains('\n'), "the child reads one line");
    }
}
