//! Every script of `examples/` against the demo target, with the rows it is there to show.

use tests::harness::{Outcome, Places, Setup, Table};

/// An example; workers have the file itself, with the data beside it.
fn setup(example: &str) -> Setup {
    let path = Places::find().root().join("examples").join(example);
    Setup::new(&format!("../../examples/{example}")).worker_args(&["-f", &path.display().to_string()])
}

/// An example for some seconds with so many users.
fn run(example: &str, users: u32, args: &[&str]) -> Outcome {
    setup(example)
        .headless(users, 100)
        .args(&["-t", "3s", "-s", "5"])
        .args(args)
        .start()
        .finish()
}

/// The rows of an example in which nothing fails.
fn rows(example: &str, users: u32, names: &[&str]) -> Table {
    let outcome = run(example, users, &[]);
    outcome.assert_success();
    let stats = outcome.stats();
    let mut seen: Vec<String> = stats.counts().into_keys().collect();
    seen.sort_unstable();
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    for name in names {
        assert!(stats.count(name) > 0, "{name} of {stats:?}");
    }
    stats
}

#[test]
fn a_login_is_made_once_and_its_token_used() {
    let stats = rows("login_and_correlation.py", 3, &["/login", "/items/[id]", "/cart"]);
    assert_eq!(stats.count("/login"), 3);
}

#[test]
fn checkpoints_make_failures_and_successes() {
    let outcome = run("checkpoints.py", 4, &[]);
    assert_eq!(outcome.code, 1);
    let stats = outcome.stats();
    assert!(stats.count("always missed") > 0);
    assert_eq!(stats.failures("always missed"), stats.count("always missed"));
    for name in ["checked", "gone, as it should be", "asserted"] {
        assert!(stats.count(name) > 0, "{name} of {stats:?}");
        assert_eq!(stats.failures(name), 0, "{name}");
    }
}

#[test]
fn weights_and_tags_choose_what_runs() {
    let stats = rows("weights_and_tags.py", 10, &["/", "/slow", "/echo", "publish"]);
    assert!(stats.count("/") > stats.count("/slow"), "{stats:?}");
    let outcome = run(
        "weights_and_tags.py",
        4,
        &["--tags", "read", "--exclude-tags", "slow"],
    );
    let names: Vec<String> = outcome.stats().counts().into_keys().collect();
    assert_eq!(names, ["/"]);
}

#[test]
fn a_nested_set_is_entered_and_left() {
    let names = ["/", "enter the forum", "read", "leave the forum"];
    let stats = rows("nested_sets.py", 10, &names);
    assert_eq!(stats.count("enter the forum"), stats.count("leave the forum"));
}

#[test]
fn nobody_orders_before_all_users_are_there() {
    let outcome = run("rendezvous.py", 4, &["-r", "2"]);
    outcome.assert_success();
    let stats = outcome.stats();
    assert_eq!(stats.count("/login"), 4);
    // Two users a second: the first has to wait for a second and a half, and could order three times in it.
    let orders = stats.count("/cart");
    assert!((4..=4 * 4).contains(&orders), "{stats:?}");
}

#[test]
fn rows_of_a_csv_file_go_to_the_users_in_turn() {
    let names = ["/login as anna", "/login as bert", "/login as cleo", "/search"];
    let stats = rows("csv_data.py", 4, &names);
    assert_eq!(stats.count("/login as anna"), 2);
    assert_eq!(stats.count("/login as cleo"), 1);
}

#[test]
fn items_of_a_queue_are_used_once_or_recycled() {
    let stats = rows("queue_data.py", 4, &["/redeem", "/ as anna"]);
    assert_eq!(stats.count("/redeem"), 30);
}

#[test]
fn a_markov_chain_visits_all_its_states() {
    let stats = rows("markov.py", 10, &["/", "/search", "/items/[id]", "/cart"]);
    assert!(stats.count("/search") > stats.count("/cart"), "{stats:?}");
}

#[test]
fn the_smallest_example_runs() {
    rows("first_steps.py", 2, &["/"]);
}

#[test]
fn the_fast_client_has_rest() {
    rows("fast_http.py", 20, &["/json", "/echo"]);
}

#[test]
fn a_sequence_runs_its_steps_in_order() {
    let stats = rows("sequential.py", 2, &["/login", "/items/[id]", "/cart"]);
    assert!(
        stats.count("/items/[id]") >= 2 * stats.count("/cart"),
        "{stats:?}"
    );
}

#[test]
fn a_client_of_ones_own_is_counted() {
    rows("custom_client.py", 2, &["front page"]);
}

#[test]
fn a_shape_gives_users_and_classes_over_time() {
    let outcome = setup("shapes.py").headless(1, 1).start().finish();
    outcome.assert_success();
    let stats = outcome.stats();
    // Two users for the first two seconds, then six of both classes.
    assert!(stats.count("/") > stats.count("/cart"), "{stats:?}");
    assert!(stats.count("/cart") > 0, "{stats:?}");
}

#[test]
fn an_argument_of_the_script_comes_from_its_variable() {
    let setup = setup("custom_arguments.py")
        .env("PRODUCT", "shoes")
        .headless(2, 100);
    let outcome = setup.args(&["-t", "3s"]).start().finish();
    outcome.assert_success();
    let names: Vec<String> = outcome.stats().counts().into_keys().collect();
    assert_eq!(names, ["/search shoes"]);
}

#[test]
fn messages_deal_out_accounts() {
    let outcome = run("messages.py", 2, &[]);
    outcome.assert_success();
    assert!(outcome.stats().count("/ as user0") > 0, "{:?}", outcome.stats());
}

#[test]
fn the_exit_code_follows_the_fail_ratio() {
    let outcome = run("exit_code.py", 2, &[]);
    assert_eq!(outcome.code, 10);
    assert_eq!(outcome.stats().failures("/down"), outcome.stats().count("/down"));
}

#[test]
fn every_operation_of_a_websocket_has_its_row() {
    rows(
        "websocket.py",
        40,
        &["room", "question", "subscribe", "news", "push"],
    );
}

#[test]
fn the_shop_of_the_demo_has_no_failures() {
    let outcome = run("shop.py", 20, &[]);
    outcome.assert_success();
    let stats = outcome.stats();
    for name in ["/", "/items/[id]", "/login"] {
        assert!(stats.count(name) > 0, "{name} of {stats:?}");
    }
}

#[test]
fn a_test_function_is_a_user() {
    rows("test_functions.py", 2, &["/"]);
}

/// `use_as_library.py` has no master: the Python tests run it.
#[test]
fn no_example_is_without_a_test() {
    let folder = Places::find().root().join("examples");
    for entry in std::fs::read_dir(folder).expect("the examples are there") {
        let name = entry.expect("it can be read").file_name();
        let name = name.to_string_lossy();
        let is_script = name.ends_with(".py") && name != "use_as_library.py";
        assert!(
            !is_script || include_str!("examples.rs").contains(&format!("\"{name}\"")),
            "{name} is run by no test"
        );
    }
}
