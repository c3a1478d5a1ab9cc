//! Distribution of users over workers and classes: Locust's rules as examples, and what must hold for any history.

use std::collections::BTreeMap;

use master::dispatch::{ClassSpec, Dispatcher};
use proptest::prelude::*;

fn class(name: &str, weight: f64, fixed_count: u64) -> ClassSpec {
    ClassSpec {
        name: name.to_owned(),
        weight,
        fixed_count,
    }
}

fn settle(dispatcher: &mut Dispatcher) {
    for _ in 0..10_000 {
        if dispatcher.is_settled() {
            return;
        }
        dispatcher.advance(7);
    }
    panic!("does not settle");
}

fn loads(dispatcher: &Dispatcher, ids: &[&str]) -> Vec<u64> {
    ids.iter().map(|id| dispatcher.users_on(id)).collect()
}

fn counts(list: &[(&str, u64)]) -> BTreeMap<String, u64> {
    list.iter()
        .map(|(name, users)| ((*name).to_owned(), *users))
        .collect()
}

#[test]
fn a_first_round_tells_every_worker_and_later_ones_only_those_that_change() {
    let mut dispatcher = Dispatcher::new(&[class("A", 1.0, 0)], ["h1_a", "h2_b", "h3_c"]);
    dispatcher.set_target(2);
    dispatcher.advance(1);
    let told: Vec<_> = dispatcher.take_changes();
    assert_eq!(told.len(), 3);
    assert_eq!(told[0], ("h1_a".to_owned(), counts(&[("A", 1)])));
    dispatcher.advance(1);
    assert_eq!(
        dispatcher.take_changes(),
        [("h2_b".to_owned(), counts(&[("A", 1)]))]
    );
}

#[test]
fn users_are_dealt_over_hosts_first() {
    let mut dispatcher = Dispatcher::new(&[class("A", 1.0, 0)], ["big_1", "big_2", "big_3", "small_1"]);
    dispatcher.set_target(2);
    settle(&mut dispatcher);
    assert_eq!(
        loads(&dispatcher, &["big_1", "big_2", "big_3", "small_1"]),
        [1, 0, 0, 1]
    );
}

#[test]
fn the_first_iterations_of_the_recorded_run_come_out() {
    let classes = [class("IdleUser", 1.0, 1), class("WebUser", 3.0, 0)];
    let mut dispatcher = Dispatcher::new(&classes, ["h_a", "h_b"]);
    dispatcher.set_target(7);
    settle(&mut dispatcher);
    assert_eq!(
        dispatcher.class_counts(),
        counts(&[("IdleUser", 1), ("WebUser", 6)])
    );
}

#[test]
fn ramp_down_and_up_again_ends_with_the_same_distribution() {
    let classes = [class("A", 3.0, 0), class("B", 1.0, 0), class("F", 1.0, 2)];
    let ids = ["x_1", "x_2", "y_1"];
    let mut dispatcher = Dispatcher::new(&classes, ids);
    dispatcher.set_target(20);
    settle(&mut dispatcher);
    let before = (dispatcher.class_counts(), loads(&dispatcher, &ids));
    dispatcher.set_target(5);
    settle(&mut dispatcher);
    assert_eq!(dispatcher.class_counts(), counts(&[("A", 2), ("B", 1), ("F", 2)]));
    dispatcher.set_target(20);
    settle(&mut dispatcher);
    assert_eq!((dispatcher.class_counts(), loads(&dispatcher, &ids)), before);
}

#[test]
fn a_lost_workers_users_and_only_those_start_again_on_the_others() {
    let mut dispatcher = Dispatcher::new(&[class("A", 1.0, 0), class("B", 1.0, 0)], ["a_1", "b_1", "c_1"]);
    dispatcher.set_target(9);
    settle(&mut dispatcher);
    dispatcher.take_changes();
    let mix = dispatcher.class_counts();
    dispatcher.remove_worker("b_1");
    assert_eq!(
        (dispatcher.user_count(), loads(&dispatcher, &["a_1", "c_1"])),
        (6, vec![3, 3])
    );
    dispatcher.advance(1);
    assert_eq!(dispatcher.user_count(), 7);
    settle(&mut dispatcher);
    assert_eq!((dispatcher.user_count(), dispatcher.class_counts()), (9, mix));
}

#[test]
fn a_worker_that_joins_mid_ramp_takes_the_rest_and_nobody_is_restarted() {
    let mut dispatcher = Dispatcher::new(&[class("A", 1.0, 0)], ["a_1"]);
    dispatcher.set_target(10);
    dispatcher.advance(4);
    dispatcher.add_worker("b_1");
    settle(&mut dispatcher);
    assert_eq!(loads(&dispatcher, &["a_1", "b_1"]), [5, 5]);
}

#[test]
fn at_a_plateau_a_join_changes_nothing_unless_rebalancing_is_asked_for() {
    let mut dispatcher = Dispatcher::new(&[class("A", 1.0, 0)], ["a_1", "b_1", "c_1"]);
    dispatcher.set_target(6);
    settle(&mut dispatcher);
    let ids = ["a_1", "b_1", "c_1", "d_1", "e_1", "f_1"];
    for id in &ids[3..] {
        dispatcher.add_worker(id);
    }
    assert!(dispatcher.is_settled());
    assert_eq!(loads(&dispatcher, &ids), [2, 2, 2, 0, 0, 0]);
    dispatcher.request_rebalance();
    settle(&mut dispatcher);
    assert_eq!(loads(&dispatcher, &ids), [1; 6]);
    for id in &ids[..3] {
        dispatcher.remove_worker(id);
    }
    settle(&mut dispatcher);
    assert_eq!(loads(&dispatcher, &ids), [0, 0, 0, 2, 2, 2]);
}

#[test]
fn an_edit_in_mid_ramp_goes_on_from_where_it_is() {
    let mut dispatcher = Dispatcher::new(&[class("A", 1.0, 0)], ["a_1", "b_1"]);
    dispatcher.set_target(10);
    dispatcher.advance(8);
    dispatcher.set_target(6);
    settle(&mut dispatcher);
    assert_eq!(dispatcher.user_count(), 6);
    dispatcher.set_target(0);
    settle(&mut dispatcher);
    assert_eq!(dispatcher.user_count(), 0);
}

#[test]
fn a_target_above_the_sum_of_fixed_counts_settles_at_that_sum() {
    let mut dispatcher = Dispatcher::new(&[class("F", 1.0, 3)], ["a_1"]);
    dispatcher.set_target(10);
    settle(&mut dispatcher);
    assert_eq!((dispatcher.user_count(), dispatcher.target()), (3, 3));
}

#[test]
fn without_a_worker_users_wait_for_one() {
    let mut dispatcher = Dispatcher::new(&[class("A", 1.0, 0)], []);
    dispatcher.set_target(3);
    dispatcher.advance(3);
    assert!(!dispatcher.is_settled());
    dispatcher.add_worker("a_1");
    settle(&mut dispatcher);
    assert_eq!(dispatcher.users_on("a_1"), 3);
}

#[derive(Debug, Clone)]
enum Change {
    Target(u64),
    Advance(u64),
    Add(u8),
    Remove(u8),
    Rebalance,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        (0..60u64).prop_map(Change::Target),
        (0..20u64).prop_map(Change::Advance),
        (0..8u8).prop_map(Change::Add),
        (0..8u8).prop_map(Change::Remove),
        Just(Change::Rebalance),
    ];
    prop::collection::vec(change, 0..40)
}

proptest! {
    #[test]
    fn a_fresh_ramp_reaches_the_target_evenly_and_in_ratio(
        workers in 1..12usize, users in 0..300u64, weights in prop::collection::vec(1..6u32, 1..5), fixed in 0..4u64,
    ) {
        let mut classes: Vec<ClassSpec> = weights.iter().enumerate()
            .map(|(i, weight)| class(&format!("C{i}"), f64::from(*weight), 0)).collect();
        classes.push(class("Fixed", 1.0, fixed));
        if fixed == 0 {
            classes.pop();
        }
        let ids: Vec<String> = (0..workers).map(|i| format!("h{}_{i}", i % 3)).collect();
        let mut dispatcher = Dispatcher::new(&classes, ids.iter().map(String::as_str));
        dispatcher.set_target(users);
        settle(&mut dispatcher);
        let loads: Vec<u64> = ids.iter().map(|id| dispatcher.users_on(id)).collect();
        prop_assert_eq!(loads.iter().sum::<u64>(), users);
        prop_assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= 1);
        let counts = dispatcher.class_counts();
        prop_assert_eq!(counts.values().sum::<u64>(), users);
        if fixed > 0 {
            prop_assert_eq!(counts["Fixed"], fixed.min(users));
        }
        let weighted = (users - fixed.min(users)) as f64;
        let sum: f64 = weights.iter().map(|w| f64::from(*w)).sum();
        for (i, weight) in weights.iter().enumerate() {
            let wanted = weighted * f64::from(*weight) / sum;
            let got = counts[&format!("C{i}")] as f64;
            prop_assert!((got - wanted).abs() <= weights.len() as f64, "class {}: {} of {}", i, got, wanted);
        }
    }

    #[test]
    fn any_history_ends_at_the_target_with_consistent_sums(history in changes()) {
        let mut dispatcher = Dispatcher::new(&[class("A", 2.0, 0), class("B", 1.0, 0), class("F", 1.0, 3)], ["w_0"]);
        let mut told: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for change in history {
            match change {
                Change::Target(users) => dispatcher.set_target(users),
                Change::Advance(budget) => dispatcher.advance(budget),
                Change::Add(n) => dispatcher.add_worker(&format!("w_{n}")),
                Change::Remove(n) => {
                    dispatcher.remove_worker(&format!("w_{n}"));
                    told.remove(&format!("w_{n}"));
                }
                Change::Rebalance => dispatcher.request_rebalance(),
            }
            told.extend(dispatcher.take_changes());
        }
        dispatcher.add_worker("w_9");
        settle(&mut dispatcher);
        told.extend(dispatcher.take_changes());
        prop_assert_eq!(dispatcher.user_count(), dispatcher.target());
        prop_assert_eq!(dispatcher.class_counts().values().sum::<u64>(), dispatcher.target());
        // What the workers were told last is what the dispatcher believes.
        let told_sum: u64 = told.values().flat_map(BTreeMap::values).sum();
        prop_assert_eq!(told_sum, dispatcher.target());
        for (id, assignment) in &told {
            prop_assert_eq!(assignment.values().sum::<u64>(), dispatcher.users_on(id));
        }
    }
}
