//! Tests of a locustfile's arguments beside a program's own.

use std::path::PathBuf;

use clap::Parser;
use serde_json::json;

use super::*;
use crate::layers::{Parsed, Sources, parse};

#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Demo {
    /// Users.
    #[arg(short, long, visible_alias = "num-users", env = "LOCUST_USERS")]
    users: Option<u32>,
    /// Classes.
    #[arg(env = "LOCUST_USER_CLASSES")]
    user_classes: Vec<String>,
}

fn declared() -> Vec<CustomArgument> {
    let list = json!([
        {"flags": ["-e", "--env"], "dest": "env", "default": "dev", "takes_value": true, "action": "store", "type": "str",
         "choices": ["dev", "staging"], "env_var": "DEMO_ENV", "help": "Where; %(default)s, 100%%"},
        {"flags": ["--pause"], "dest": "pause", "default": 1.5, "takes_value": true, "type": "float", "help": "Seconds"},
        {"flags": ["--cart_size"], "dest": "cart_size", "takes_value": true, "nargs": 2, "metavar": "LOW HIGH"},
        {"flags": ["--item"], "dest": "item", "takes_value": true, "action": "append"},
        {"flags": ["--many"], "dest": "many", "takes_value": true, "nargs": "*"},
        {"flags": ["--fast"], "dest": "fast", "action": "store_true"},
        {"flags": ["-q"], "dest": "q", "action": "count"},
        {"flags": ["--check", "--no-check"], "dest": "check", "action": "other"},
        {"flags": ["--token"], "dest": "token", "default": "s3cret", "takes_value": true, "is_secret": true, "required": true},
        {"flags": ["-c"], "dest": "c", "takes_value": true, "help": "==SUPPRESS=="},
    ]);
    serde_json::from_value(list).unwrap()
}

fn try_parse(args: &[&str], variables: &[(&str, &str)], conf: &str) -> Result<Parsed<Demo>, CliError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("locust.conf"), conf).unwrap();
    let sources = Sources {
        working_directory: dir.path().to_owned(),
        environment: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        args: args.iter().map(Into::into).collect(),
        ..Sources::default()
    };
    parse(&sources, &[], &declared())
}

fn check(args: &[&str], expected: &[&str]) {
    let parsed = try_parse(args, &[], "").unwrap();
    assert_eq!(parsed.custom, expected, "{args:?}");
}

#[test]
fn what_is_given_becomes_tokens_for_argparse() {
    check(&[], &[]);
    check(&["--env", "staging"], &["--env=staging"]);
    check(&["-estaging"], &["--env=staging"]);
    check(&["--env="], &["--env="]);
    check(&["--pause", "-3"], &["--pause=-3"]);
    check(&["--pause=-x"], &["--pause=-x"]);
    check(&["--cart_size", "1", "2"], &["--cart_size", "1", "2"]);
    check(&["--item", "a", "--item", "b"], &["--item=a", "--item=b"]);
    check(&["--many"], &["--many"]);
    check(&["--many", "a", "b", "--fast"], &["--many", "a", "b", "--fast"]);
    check(&["-qq"], &["-q", "-q"]);
    check(&["-c", "5"], &["-c", "5"]);
    check(&["-c-5"], &["-c-5"]);
    check(&["--en", "x"], &["--env=x"]);
}

#[test]
fn opposite_flags_keep_their_order() {
    check(&["--check", "--no-check"], &["--check", "--no-check"]);
    check(&["--no-check", "--check"], &["--no-check", "--check"]);
}

#[test]
fn the_last_of_a_repeated_argument_counts() {
    check(&["--env", "a", "--env", "b"], &["--env=b"]);
}

#[test]
fn our_options_and_classes_stand_beside_them() {
    let parsed = try_parse(&["--env", "dev", "-u", "3", "--fast", "Shopper"], &[], "").unwrap();
    assert_eq!(parsed.options.users, Some(3));
    assert_eq!(parsed.options.user_classes, ["Shopper"]);
    assert_eq!(parsed.custom, ["--env=dev", "--fast"]);
}

#[test]
fn files_and_variables_give_values_and_the_command_line_wins() {
    let conf = "env = file\ncart-size = [1, 2]\nitem = [a, b]\nfast = true\nq = 2\n";
    let parsed = try_parse(&[], &[], conf).unwrap();
    assert_eq!(
        parsed.warnings.len(),
        1,
        "a letter is no key: {:?}",
        parsed.warnings
    );
    assert_eq!(
        parsed.custom,
        [
            "--env=file",
            "--cart_size",
            "1",
            "2",
            "--item=a",
            "--item=b",
            "--fast"
        ]
    );
    let variable = [("DEMO_ENV", "variable")];
    assert_eq!(
        try_parse(&[], &variable, "env = file").unwrap().custom,
        ["--env=variable"]
    );
    assert_eq!(
        try_parse(&["--env=line"], &variable, "env = file")
            .unwrap()
            .custom,
        ["--env=line"]
    );
    assert_eq!(try_parse(&[], &[("DEMO_ENV", "")], "").unwrap().custom, [""; 0]);
    assert_eq!(try_parse(&[], &[], "fast = false").unwrap().custom, [""; 0]);
}

#[test]
fn the_help_lists_them_and_hides_secrets() {
    let help = try_parse(&["--help"], &[], "").unwrap_err();
    assert_eq!(help.code(), 0);
    let help = help.message();
    assert!(help.contains("Locustfile arguments:"), "{help}");
    assert!(help.contains("-e, --env <ENV>"), "{help}");
    assert!(
        help.contains("Where; dev, 100% [possible values: dev, staging]"),
        "{help}"
    );
    assert!(help.contains("[env: DEMO_ENV]"), "{help}");
    assert!(help.contains("Seconds [default: 1.5]"), "{help}");
    assert!(help.contains("--no-check"), "{help}");
    assert!(help.contains("--cart_size <LOW> <HIGH>"), "{help}");
    assert!(!help.contains("s3cret") && !help.contains("SUPPRESS"), "{help}");
}

#[test]
fn an_argument_nobody_declared_is_refused_with_a_suggestion() {
    let error = try_parse(&["--envv", "x"], &[], "").unwrap_err();
    assert!(error.is_unknown_argument());
    assert_eq!(error.code(), 2);
    assert!(error.message().contains("'--env'"), "{error}");
}

#[test]
fn a_missing_value_is_refused_here() {
    let error = try_parse(&["--env"], &[], "").unwrap_err();
    assert!(!error.is_unknown_argument());
    assert!(error.message().contains("--env <ENV>"), "{error}");
}

#[test]
fn a_spelling_of_ours_or_one_without_a_place_is_an_error() {
    for (flag, text) in [
        ("--users", "taken already"),
        ("--num-users", "taken already"),
        ("-u", "taken already"),
        ("--help", "taken already"),
        ("-env", "two dashes"),
    ] {
        let custom = CustomArgument {
            flags: vec![flag.to_owned()],
            ..CustomArgument::default()
        };
        let sources = Sources {
            working_directory: PathBuf::from("/nonexistent"),
            ..Sources::default()
        };
        let error = parse::<Demo>(&sources, &[], &[custom]).unwrap_err();
        assert!(error.to_string().contains(text), "{flag}: {error}");
    }
}
