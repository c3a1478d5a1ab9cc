//! The option map that a worker's first spawn message of a ramp carries, with the names Locust's workers know (reference § 1.7).
//!
//! Only text lists appear in it: a Java worker cannot read other arrays (§ 1.11).

use rmpv::Value;

use super::options::{DEFAULT_WEB_PORT, Options};
use super::plan::Plan;

/// Builds the map. Workers copy from it `tags`, `exclude_tags`, `expect_workers` and keys they do not know.
pub fn build(options: &Options, plan: &Plan) -> Value {
    let text = |value: &str| Value::from(value);
    let maybe_text = |value: Option<String>| value.map_or(Value::Nil, Value::from);
    let texts =
        |values: &[String]| Value::Array(values.iter().map(|value| Value::from(value.as_str())).collect());
    let maybe_texts = |values: &Option<Vec<String>>| values.as_deref().map_or(Value::Nil, texts);
    let path = |value: &Option<std::path::PathBuf>| {
        maybe_text(value.as_ref().map(|path| path.display().to_string()))
    };
    let pairs: Vec<(&str, Value)> = vec![
        ("autoquit", options.autoquit.map_or(Value::from(-1), whole)),
        ("autostart", options.autostart.into()),
        ("class_picker", options.class_picker.into()),
        ("config", path(&options.config)),
        ("csv_prefix", path(&options.csv_prefix)),
        ("enable_rebalancing", options.enable_rebalancing.into()),
        ("equal_weights", options.equal_weights.into()),
        ("exclude_tags", maybe_texts(&options.exclude_tags)),
        ("exit_code_on_error", options.exit_code_on_error.into()),
        ("expect_workers", plan.expect_workers.into()),
        ("expect_workers_max_wait", whole(options.expect_workers_max_wait)),
        ("headless", options.headless.into()),
        ("host", maybe_text(options.host.clone())),
        ("html_file", path(&options.html)),
        ("json", options.json.into()),
        ("json_file", path(&options.json_file)),
        ("list_commands", options.list.into()),
        ("locustfile", text(&options.locustfile)),
        ("logfile", path(&options.logfile)),
        ("loglevel", text(options.loglevel.as_str())),
        ("master", true.into()),
        ("master_bind_host", text(&options.master_bind_host)),
        ("master_bind_port", options.master_bind_port.into()),
        ("master_host", text("127.0.0.1")),
        ("master_port", options.master_bind_port.into()),
        ("num_users", options.users.map_or(Value::Nil, Value::from)),
        ("only_summary", options.only_summary.into()),
        ("print_stats", options.print_stats.into()),
        ("processes", options.processes.map_or(Value::Nil, Value::from)),
        ("profile", maybe_text(options.profile.clone())),
        ("reset_stats", options.reset_stats.into()),
        ("run_time", options.run_time.map_or(Value::Nil, whole)),
        ("show_task_ratio", options.show_task_ratio.into()),
        ("show_task_ratio_json", options.show_task_ratio_json.into()),
        ("skip_log_setup", options.skip_log_setup.into()),
        ("spawn_rate", options.spawn_rate.map_or(Value::Nil, Value::from)),
        ("stats_history_enabled", options.csv_full_history.into()),
        ("stop_timeout", options.stop_timeout.into()),
        ("tags", maybe_texts(&options.tags)),
        ("tls_cert", text("")),
        ("tls_key", text("")),
        ("user_classes", texts(&options.user_classes)),
        ("web_base_path", text(&options.web_base_path)),
        ("web_host", text(&options.web_host)),
        ("web_login", false.into()),
        ("web_port", options.web_port.unwrap_or(DEFAULT_WEB_PORT).into()),
        ("worker", false.into()),
    ];
    Value::Map(
        pairs
            .into_iter()
            .map(|(key, value)| (Value::from(key), value))
            .collect(),
    )
}

/// Seconds as Locust has them: an integer where there is no fraction.
fn whole(seconds: f64) -> Value {
    // Spans are at most ten years: the cast cannot lose anything.
    if seconds.fract() == 0.0 {
        Value::from(seconds as i64)
    } else {
        Value::from(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::plan;

    fn get<'a>(map: &'a Value, key: &str) -> &'a Value {
        map.as_map()
            .unwrap()
            .iter()
            .find(|(name, _)| name.as_str() == Some(key))
            .map(|(_, value)| value)
            .unwrap()
    }

    #[test]
    fn workers_find_locusts_names_and_types() {
        let options = plan::tests::options(&[
            "-u",
            "5",
            "-t",
            "1m",
            "--csv",
            "out",
            "-T",
            "a",
            "b",
            "--headless",
        ]);
        let plan = plan::tests::plan(&options);
        let map = build(&options, &plan);
        assert_eq!(get(&map, "num_users"), &Value::from(5));
        assert_eq!(get(&map, "run_time"), &Value::from(60));
        assert_eq!(get(&map, "csv_prefix"), &Value::from("out"));
        assert_eq!(get(&map, "tags"), &Value::Array(vec!["a".into(), "b".into()]));
        assert_eq!(get(&map, "exclude_tags"), &Value::Nil);
        assert_eq!(get(&map, "loglevel"), &Value::from("INFO"));
    }
}
