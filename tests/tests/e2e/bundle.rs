//! The script bundle: modules and data travel with the locustfile, and anew when they have changed.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tests::harness::{Binary, Kind, Setup, Signal, Single, Web, send_json, wait_for, without_locust};

/// Names its requests after all that it found, and after whether it is a copy.
const SHOP: &str = r#"
import os
from pathlib import Path

import common
from locust import HttpUser, constant, task
from pages import cart

HERE = Path(__file__).parent
PLACE = "original" if HERE == Path(os.environ["PROJECT"]) / "load" else "copy"
BESIDE = (HERE / "users.csv").read_text().strip()
with open("data/items.csv") as f:
    INCLUDED = f.read().strip()


class Shopper(HttpUser):
    wait_time = constant(0.05)

    @task
    def root(self):
        self.client.get("/", name=f"{common.NAME} {cart.NAME} {BESIDE} {INCLUDED} {PLACE}")
"#;

/// A folder with a locustfile that needs its neighbours and a file of the working directory, which is the folder itself.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> Self {
        let project = Self {
            folder: tempfile::Builder::new()
                .prefix("acrida-project-")
                .tempdir()
                .expect("a temporary folder can be made"),
        };
        project.write("load/shop.py", SHOP);
        project.write("load/common.py", "NAME = 'common'\n");
        project.write("load/pages/__init__.py", "");
        project.write("load/pages/cart.py", "NAME = 'cart'\n");
        project.write("load/users.csv", "alice\n");
        project.write("data/items.csv", "apple\n");
        project
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, contents: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be made");
        fs::write(path, contents).expect("a file can be written");
    }

    /// The master runs in the project; workers in the run's own folder, without a copy.
    fn setup(&self) -> Setup {
        let script = self.path().join("load/shop.py");
        Setup::new(script.to_str().expect("UTF-8"))
            .master_directory(self.path())
            .env("PROJECT", self.path().to_str().expect("UTF-8"))
            .args(&["--include", "data/*.csv"])
    }
}

fn wait_row(web: Web, name: &str) {
    web.wait(name, |stats| {
        let rows = stats["stats"].as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter()
            .any(|row| row["name"] == name && row["num_requests"].as_u64() > Some(3))
    });
}

fn names(web: Web) -> Vec<String> {
    let stats = web.stats().expect("the web port answers");
    let rows = stats["stats"].as_array().expect("rows").clone();
    rows.iter()
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .filter(|name| name != "Aggregated")
        .collect()
}

#[test]
fn a_worker_without_a_copy_imports_and_reads_what_is_beside_the_locustfile() {
    let project = Project::new();
    let outcome = project
        .setup()
        .workers(2)
        .headless(4, 100)
        .args(&["-t", "2s"])
        .start()
        .finish();
    outcome.assert_success();
    let stats = outcome.stats();
    assert!(stats.count("common cart alice apple copy") > 10, "{stats:?}");
    assert_eq!(stats.names().len(), 2, "{stats:?}");
}

fn check_change(setup: Setup, project: &Project, workers: u64, place: &str) {
    let mut cluster = setup.start();
    let web = cluster.web();
    web.wait_workers(workers);
    assert_eq!(web.swarm("2", "10")["success"], true);
    wait_row(web, &format!("common cart alice apple {place}"));
    assert_eq!(web.stop()["success"], true);
    web.wait_state("stopped", 0);
    web.wait_workers(workers);

    project.write("load/common.py", "NAME = 'changed'\n");
    project.write("data/items.csv", "pear\n");
    assert_eq!(web.swarm("2", "10")["success"], true);
    wait_row(web, &format!("changed cart alice pear {place}"));
    assert_eq!(names(web), [format!("changed cart alice pear {place}")]);
    web.wait_workers(workers);
    let stats = web.stats().expect("the web port answers");
    for worker in stats["workers"].as_array().expect("workers") {
        assert_eq!(worker["user_count"], 1, "{stats}");
    }
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn a_changed_file_is_in_the_next_run_of_remote_workers() {
    let project = Project::new();
    let setup = project.setup().worker_args(&["--processes", "2"]);
    check_change(setup, &project, 2, "copy");
}

#[test]
fn a_changed_file_is_in_the_next_run_of_local_workers() {
    let project = Project::new();
    let setup = project.setup().workers(0).args(&["--processes", "2"]);
    check_change(setup, &project, 2, "original");
}

#[test]
fn an_unchanged_script_keeps_the_same_processes() {
    let project = Project::new();
    let mut cluster = project.setup().start();
    let web = cluster.web();
    web.wait_workers(1);
    let children = tests::harness::children_of(cluster.workers[0].id());
    for _ in 0..2 {
        assert_eq!(web.swarm("1", "10")["success"], true);
        wait_row(web, "common cart alice apple copy");
        assert_eq!(web.stop()["success"], true);
        web.wait_workers(1);
    }
    assert_eq!(tests::harness::children_of(cluster.workers[0].id()), children);
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn a_changed_script_that_does_not_load_starts_nothing_until_it_is_corrected() {
    let project = Project::new();
    let mut cluster = project.setup().start();
    let web = cluster.web();
    web.wait_workers(1);
    project.write("load/common.py", "NAME = \n");
    let refused = web.swarm("1", "10");
    assert_eq!(refused["success"], false, "{refused}");
    let message = refused["message"].as_str().expect("a reason");
    assert!(message.contains("common.py:1"), "{message}");
    project.write("load/common.py", "NAME = 'fixed'\n");
    assert_eq!(web.swarm("1", "10")["success"], true);
    wait_row(web, "fixed cart alice apple copy");
    cluster.end_by(Signal::TERM).assert_success();
}

/// Notes what its hooks on the master come to. (The bundle leaves `*.log` out.)
const HOOKS: &str = r#"
import os

from acrida.runners import MasterRunner
from locust import events


def note(environment, what):
    if isinstance(environment.runner, MasterRunner):
        with open(os.path.join(os.environ["PROJECT"], "hooks.log"), "a") as f:
            f.write(f"{what} {NAME}\n")


events.init.add_listener(lambda environment, **_: note(environment, "init"))
events.quitting.add_listener(lambda environment, **_: note(environment, "quitting"))
events.quit.add_listener(lambda **_: note(ENVIRONMENT, "quit"))


@events.init.add_listener
def keep(environment, **_):
    global ENVIRONMENT
    ENVIRONMENT = environment
"#;

#[test]
fn a_changed_script_begins_on_the_master_when_the_old_one_has_ended() {
    let project = Project::new();
    project.write("load/common.py", &format!("NAME = 'one'\n{HOOKS}"));
    let mut cluster = project.setup().start();
    let web = cluster.web();
    web.wait_workers(1);
    project.write("load/common.py", &format!("NAME = 'two'\n{HOOKS}"));
    assert_eq!(web.swarm("1", "10")["success"], true);
    wait_row(web, "two cart alice apple copy");
    cluster.end_by(Signal::TERM).assert_success();
    let noted = fs::read_to_string(project.path().join("hooks.log")).expect("the hooks have run");
    let expected = [
        "init one",
        "quitting one",
        "quit one",
        "init two",
        "quitting two",
        "quit two",
    ];
    assert_eq!(noted.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn real_locust_workers_get_the_flat_file_also_after_a_change() {
    if without_locust() {
        eprintln!("left out: the real Locust needs Python 3.11");
        return;
    }
    let project = Project::new();
    let script = |name: &str| {
        format!(
            "from locust import HttpUser, constant, task\n\n\nclass Shopper(HttpUser):\n    wait_time = constant(0.05)\n\n    \
             @task\n    def root(self):\n        self.client.get(\"/\", name=\"{name}\")\n"
        )
    };
    project.write("load/shop.py", &script("first"));
    let mut cluster = project.setup().start();
    let web = cluster.web();
    web.wait_workers(1);
    cluster.add_worker(Kind::Locust);
    web.wait_workers(2);
    assert_eq!(web.swarm("2", "10")["success"], true);
    web.wait_state("running", 2);
    wait_row(web, "first");
    assert_eq!(web.stop()["success"], true);
    web.wait_workers(2);
    project.write("load/shop.py", &script("second"));
    assert_eq!(web.swarm("2", "10")["success"], true);
    web.wait_state("running", 2);
    wait_for("ours has the new file, Locust's the old one", || {
        let mut found = names(web);
        found.sort();
        (found == ["first", "second"]).then_some(())
    });
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn too_much_for_a_bundle_is_refused_before_any_worker_is_let_in() {
    let project = Project::new();
    for number in 0..1000 {
        project.write(&format!("load/f{number}.csv"), "");
    }
    let run = |args: &[&str]| {
        Single::run(Binary::Master, |command, _| {
            let script = project.path().join("load/shop.py");
            command.current_dir(project.path()).env("PROJECT", project.path());
            command.arg("-f").arg(script).arg("--headless").args(args);
            command.args(["--expect-workers-max-wait", "1", "--master-bind-port"]);
            command.arg(tests::harness::free_port().to_string());
        })
    };
    let refused = run(&[]);
    assert_eq!(refused.code, 1);
    for text in ["1005 files", "load (1003)", "--exclude", "--include"] {
        assert!(refused.stderr.contains(text), "{}", refused.stderr);
    }
    let without = run(&["--exclude", "f*.csv"]);
    assert!(without.stderr.contains("expected workers"), "{}", without.stderr);
    let nothing = run(&["--include", "nowhere"]);
    assert!(nothing.stderr.contains("--include nowhere"), "{}", nothing.stderr);
}

/// A script with a class and an argument of that name.
fn shop_with(class: &str, argument: &str) -> String {
    format!(
        r#"
from locust import User, constant, events, task


@events.init_command_line_parser.add_listener
def arguments(parser):
    parser.add_argument("--{argument}", default="none")


class {class}(User):
    wait_time = constant(0.05)

    @task
    def look(self):
        name = self.environment.parsed_options.{argument}
        self.environment.events.request.fire(
            request_type="X", name=name, response_time=1.0, response_length=0, exception=None, context={{}}
        )
"#
    )
}

#[test]
fn the_start_form_and_the_record_follow_a_changed_script() {
    let project = Project::new();
    project.write("load/shop.py", &shop_with("Shopper", "city"));
    let mut cluster = project.setup().start();
    let web = cluster.web();
    web.wait_workers(1);
    let form = || {
        let form = web.get("/api/v1/form").expect("a form");
        let name = |list: &str| form[list][0]["name"].as_str().unwrap_or_default().to_owned();
        (name("user_classes"), name("arguments"))
    };
    let start = |options: &str| {
        let body = format!(r#"{{"users": 1, "spawn_rate": 10, "options": {options}}}"#);
        send_json(web.port, "POST", "/api/v1/start", &body).expect("an answer")
    };
    assert_eq!(form(), ("Shopper".to_owned(), "city".to_owned()));
    assert_eq!(
        start(r#"{"shop": "east"}"#).status,
        400,
        "there is no such argument yet"
    );
    assert_eq!(start(r#"{"city": "Oslo"}"#).status, 200);
    wait_row(web, "Oslo");
    let before = web.get("/api/v1/runs/current").expect("a run");
    assert_eq!(web.stop()["success"], true);
    web.wait_workers(1);

    project.write("load/shop.py", &shop_with("Seller", "shop"));
    let started = start("{}");
    assert_eq!(started.status, 200, "{}", started.body);
    wait_row(web, "none");
    assert_eq!(form(), ("Seller".to_owned(), "shop".to_owned()));
    let after = web.get("/api/v1/runs/current").expect("a run");
    assert_eq!(started.json()["run_id"], after["id"], "the answer names the run");
    assert_eq!(after["user_classes"], serde_json::json!(["Seller"]));
    assert_ne!(after["script_hash"], before["script_hash"]);
    assert_eq!(web.stop()["success"], true);
    web.wait_workers(1);

    assert_eq!(start(r#"{"city": "Oslo"}"#).status, 400, "it is gone");
    assert_eq!(start(r#"{"shop": "east"}"#).status, 200);
    wait_row(web, "east");
    cluster.end_by(Signal::TERM).assert_success();
}
