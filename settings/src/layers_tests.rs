//! Tests of the precedence of layers, on a small command line.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Demo {
    /// Users.
    #[arg(short, long, env = "LOCUST_USERS")]
    users: Option<u32>,
    /// Rate.
    #[arg(short = 'r', long, env = "LOCUST_SPAWN_RATE", value_parser = values::rate)]
    spawn_rate: Option<f64>,
    /// Switch.
    #[arg(long, env = "LOCUST_HEADLESS")]
    headless: bool,
    /// Tags.
    #[arg(short = 'T', long, env = "LOCUST_TAGS", num_args = 0..)]
    tags: Option<Vec<String>>,
    /// Script.
    #[arg(short = 'f', long, env = "LOCUST_LOCUSTFILE", default_value = "locustfile.py")]
    locustfile: String,
    /// File.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Classes.
    #[arg(env = "LOCUST_USER_CLASSES")]
    user_classes: Vec<String>,
}

/// Files and variables of one case; the files are written below a fresh directory.
struct Case {
    dir: tempfile::TempDir,
    sources: Sources,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("home")).unwrap();
        let sources = Sources {
            home: Some(dir.path().join("home")),
            working_directory: dir.path().to_owned(),
            ..Sources::default()
        };
        Self { dir, sources }
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.dir.path().join(name), text).unwrap();
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.insert(name.into(), value.into());
        self
    }

    fn args(mut self, args: &[&str]) -> Self {
        self.sources.args.extend(args.iter().map(OsString::from));
        self
    }

    /// `--config` with a file of this text.
    fn config(self, text: &str) -> Self {
        let path = self.dir.path().join("given.conf").display().to_string();
        self.file("given.conf", text).args(&["--config", &path])
    }

    fn parse(&self) -> Result<Parsed<Demo>, CliError> {
        parse(&self.sources, &[], &[])
    }

    fn options(&self) -> Demo {
        self.parse().unwrap().options
    }
}

#[test]
fn an_option_of_the_command_line_wins_over_everything() {
    let case = Case::new()
        .file("locust.conf", "users = 1\ntags = [a, b]\nheadless = false\n")
        .env("LOCUST_USERS", "2")
        .env("LOCUST_TAGS", "c d")
        .args(&["-u", "3", "--headless", "-T", "x"]);
    let options = case.options();
    assert_eq!(options.users, Some(3));
    assert_eq!(options.tags, Some(vec!["x".to_owned()]));
    assert!(options.headless);
}

#[test]
fn a_variable_can_switch_off_what_a_file_switches_on() {
    let case = Case::new()
        .file("locust.conf", "headless = true\n")
        .env("LOCUST_HEADLESS", "false");
    assert!(!case.options().headless);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let case = Case::new()
        .file("locust.conf", "users = 4\n")
        .env("LOCUST_USERS", "");
    assert_eq!(case.options().users, Some(4));
}

#[test]
fn lists_come_from_files_and_variables() {
    let case = Case::new()
        .file("locust.conf", "tags = [a, b]\nlocustfile = [x.py, y.py]\n")
        .env("LOCUST_USER_CLASSES", "A B");
    let options = case.options();
    assert_eq!(options.tags, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(options.locustfile, "x.py,y.py");
    assert_eq!(options.user_classes, ["A", "B"]);
}

#[test]
fn json_in_a_variable_is_one_value() {
    let json = r#"{"user_class_name": "A", "weight": 2}"#;
    let case = Case::new().env("LOCUST_TAGS", json);
    assert_eq!(case.options().tags, Some(vec![json.to_owned()]));
}

#[test]
fn without_any_layer_the_programs_own_defaults_stand() {
    let options = Case::new().options();
    assert_eq!(
        (options.users, options.tags, options.headless),
        (None, None, false)
    );
    assert_eq!(options.locustfile, "locustfile.py");
    assert!(options.user_classes.is_empty());
    assert!(options.config.is_none());
}

#[test]
fn an_unknown_key_is_named_with_its_file() {
    let parsed = Case::new()
        .file("locust.conf", "userz = 1\nmaster-host = x\nno_web = true\n")
        .parse()
        .unwrap();
    assert_eq!(parsed.warnings.len(), 2);
    assert!(
        parsed.warnings[0].ends_with("locust.conf: unknown key `userz` is ignored"),
        "{:?}",
        parsed.warnings
    );
    assert!(parsed.warnings[1].ends_with("the key `no_web` is not available: use --headless"));
}

#[test]
fn a_bad_value_names_the_layer_it_came_from() {
    let error = Case::new().env("LOCUST_SPAWN_RATE", "nan").parse().unwrap_err();
    assert_eq!(error.code(), 2);
    assert!(
        error.message().contains("the rate must be a finite number"),
        "{error}"
    );
    assert!(
        error
            .message()
            .contains("the value `nan` comes from the variable LOCUST_SPAWN_RATE"),
        "{error}"
    );
    let error = Case::new()
        .file("locust.conf", "headless = maybe\n")
        .parse()
        .unwrap_err();
    assert!(
        error.message().contains("write true or false, not `maybe`"),
        "{error}"
    );
}

#[test]
fn a_missing_config_file_is_a_usage_error() {
    let error = Case::new()
        .args(&["--config", "nowhere.conf"])
        .parse()
        .unwrap_err();
    assert_eq!(error.code(), 2);
    assert!(error.message().contains("nowhere.conf"));
}

#[test]
fn help_shows_variables_and_ends_with_code_0() {
    let help = Case::new().args(&["--help"]).parse().unwrap_err();
    assert_eq!(help.code(), 0);
    assert!(help.message().contains("[env: LOCUST_USERS]"), "{help}");
}

#[test]
fn a_repeated_option_counts_once_with_its_last_value() {
    assert_eq!(Case::new().args(&["-u", "1", "-u", "2"]).options().users, Some(2));
}

proptest! {
    /// Whatever subset of layers sets an option, the highest one wins, for each option on its own.
    #[test]
    fn the_highest_layer_that_sets_an_option_wins(users in 0u8..64, rate in 0u8..64) {
        let set = |mask: u8, layer: u8| mask & (1 << layer) != 0;
        let text = |layer: u8| {
            let mut text = String::new();
            if set(users, layer) { text += &format!("users = {}\n", 10 + layer); }
            if set(rate, layer) { text += &format!("spawn_rate = {}\n", 20 + layer); }
            text
        };
        let mut case = Case::new()
            .file("home/.locust.conf", &text(0))
            .file("locust.conf", &text(1))
            .file("pyproject.toml", &format!("[tool.locust]\n{}", text(2)))
            .config(&text(3));
        if set(users, 4) { case = case.env("LOCUST_USERS", "14"); }
        if set(rate, 4) { case = case.env("LOCUST_SPAWN_RATE", "24"); }
        if set(users, 5) { case = case.args(&["--users=15"]); }
        if set(rate, 5) { case = case.args(&["-r", "25"]); }
        let highest = |mask: u8| (0u8..6).rev().find(|layer| set(mask, *layer));
        let options = case.options();
        prop_assert_eq!(options.users, highest(users).map(|layer| 10 + u32::from(layer)));
        prop_assert_eq!(options.spawn_rate, highest(rate).map(|layer| 20.0 + f64::from(layer)));
    }
}
