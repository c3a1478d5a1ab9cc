//! `--show-task-ratio`, its JSON form and `GET /tasks`: how the users' time is shared among tasks, as Locust prints it.
//!
//! Shares of classes are those of the numbers of users that a run would start, so they are rounded to whole users; or
//! of those that are running.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::run::UserClass;

/// Locust's shape: `per_class` with each set's own shares, `total` with the shares multiplied downwards.
fn ratio(classes: &[UserClass], counts: &[f64]) -> Value {
    json!({
        "per_class": tree(classes, counts, false),
        "total": tree(classes, counts, true),
    })
}

/// The same shape, of the users that a run of `users` would start.
pub fn of_plan(classes: &[UserClass], users: Option<u64>) -> Value {
    ratio(classes, &counts(classes, users))
}

/// The same shape, of the users that are running now; while none is, of those that the weights would give.
pub fn of_present(classes: &[UserClass], running: &BTreeMap<String, u64>) -> Value {
    if running.values().all(|users| *users == 0) {
        return of_plan(classes, None);
    }
    of_running(classes, running)
}

/// The same shape, of the users that are running now; all zero while none is, as in Locust.
pub fn of_running(classes: &[UserClass], running: &BTreeMap<String, u64>) -> Value {
    let count = |class: &UserClass| running.get(&class.name).copied().unwrap_or(0) as f64;
    let counts: Vec<f64> = classes.iter().map(count).collect();
    ratio(classes, &counts)
}

/// The JSON text, indented as Locust's.
pub fn json_text(classes: &[UserClass], users: Option<u64>) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    if ratio(classes, &counts(classes, users))
        .serialize(&mut serializer)
        .is_err()
    {
        // Numbers, names and maps: there is nothing that could not be written to memory.
        return String::new();
    }
    String::from_utf8_lossy(&text).into_owned() + "\n"
}

/// The two tables.
pub fn text(classes: &[UserClass], users: Option<u64>) -> String {
    let mut text = String::new();
    for (title, is_total) in [("Task ratio per User class", false), ("Total task ratio", true)] {
        let _a_string_takes_all = write!(text, "\n {title}\n{}\n", "-".repeat(80));
        add_rows(&tree(classes, &counts(classes, users), is_total), 0, &mut text);
    }
    text
}

fn add_rows(tasks: &Map<String, Value>, depth: usize, text: &mut String) {
    let padding = "  ".repeat(depth);
    for (name, task) in tasks {
        let percent = task["ratio"].as_f64().unwrap_or(1.0) * 100.0;
        let share = format!("{padding}{percent:<6.1}");
        let name = format!("{padding}{name}");
        let _a_string_takes_all = writeln!(text, " {share:<10} {name:<50}");
        if let Some(nested) = task["tasks"].as_object() {
            add_rows(nested, depth + 1, text);
        }
    }
}

fn tree(classes: &[UserClass], counts: &[f64], is_total: bool) -> Map<String, Value> {
    let sum: f64 = counts.iter().sum();
    let entry = |(class, count): (&UserClass, &f64)| {
        let share = if sum > 0.0 { count / sum } else { 0.0 };
        let tasks = class.ratio.as_object().cloned().unwrap_or_default();
        let tasks = scaled(&tasks, share, is_total);
        (class.name.clone(), json!({"ratio": share, "tasks": tasks}))
    };
    classes.iter().zip(counts).map(entry).collect()
}

/// Users of each class out of `users`; without a number, out of the sum of the weights.
fn counts(classes: &[UserClass], users: Option<u64>) -> Vec<f64> {
    let fixed: u64 = classes.iter().map(|class| class.fixed_count).sum();
    let weights = classes.iter().filter(|class| class.fixed_count == 0);
    let weights: f64 = weights.map(|class| class.weight).sum();
    let users = match users.filter(|users| *users > 0) {
        Some(users) => users as f64,
        None if fixed == 0 => weights,
        None => 1.0,
    };
    let by_weight = (users - fixed as f64).max(0.0);
    let count = |class: &UserClass| match class.fixed_count {
        0 if weights > 0.0 => (class.weight / weights * by_weight).round_ties_even(),
        fixed => fixed as f64,
    };
    classes.iter().map(count).collect()
}

fn scaled(tasks: &Map<String, Value>, factor: f64, is_total: bool) -> Map<String, Value> {
    let entry = |(name, task): (&String, &Value)| {
        let own = task["ratio"].as_f64().unwrap_or(0.0);
        let ratio = if is_total { own * factor } else { own };
        let mut entry = json!({ "ratio": ratio });
        if let Some(nested) = task["tasks"].as_object() {
            entry["tasks"] = scaled(nested, ratio, is_total).into();
        }
        (name.clone(), entry)
    };
    tasks.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Vec<UserClass> {
        let nested =
            json!({"look": {"ratio": 0.75}, "Cart": {"ratio": 0.25, "tasks": {"buy": {"ratio": 1.0}}}});
        let value = json!([
            {"name": "B", "weight": 3, "ratio": nested},
            {"name": "A", "weight": 1, "ratio": {"poll": {"ratio": 1.0}}},
        ]);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_tables_are_locusts() {
        insta::assert_snapshot!(text(&classes(), None));
    }

    #[test]
    fn only_the_total_multiplies_shares_downwards() {
        let json = of_plan(&classes(), None);
        assert_eq!(json["per_class"]["B"]["ratio"], json!(0.75));
        assert_eq!(
            json["per_class"]["B"]["tasks"]["Cart"]["tasks"]["buy"]["ratio"],
            json!(1.0)
        );
        assert_eq!(
            json["total"]["B"]["tasks"]["Cart"]["tasks"]["buy"]["ratio"],
            json!(0.1875)
        );
        let keys: Vec<&String> = json["total"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["B", "A"], "in the order of the script");
        assert!(json_text(&classes(), None).starts_with("{\n    \"per_class\": {\n        \"B\": {\n"));
    }

    #[test]
    fn shares_are_those_of_whole_users() {
        let share = |users| {
            of_plan(&classes(), users)["total"]["B"]["ratio"]
                .as_f64()
                .unwrap()
        };
        // 1.5 and 0.5 users: to the even number.
        assert_eq!(share(Some(2)), 1.0);
        assert_eq!(share(Some(3)), 2.0 / 3.0);
        assert_eq!(share(Some(0)), 0.75);
    }

    #[test]
    fn shares_of_running_users_are_theirs() {
        let running = BTreeMap::from([("A".to_owned(), 3), ("B".to_owned(), 1)]);
        let json = of_running(&classes(), &running);
        assert_eq!(json["per_class"]["A"]["ratio"], json!(0.75));
        assert_eq!(json["total"]["B"]["tasks"]["look"]["ratio"], json!(0.1875));
        assert_eq!(
            of_running(&classes(), &BTreeMap::new())["total"]["A"]["ratio"],
            json!(0.0)
        );
    }

    #[test]
    fn shares_are_those_of_the_weights_while_nobody_runs() {
        let nobody = BTreeMap::from([("A".to_owned(), 0), ("B".to_owned(), 0)]);
        assert_eq!(of_present(&classes(), &nobody), of_plan(&classes(), None));
        let running = BTreeMap::from([("A".to_owned(), 3), ("B".to_owned(), 1)]);
        assert_eq!(of_present(&classes(), &running), of_running(&classes(), &running));
    }

    #[test]
    fn a_fixed_count_comes_first() {
        let mut classes = classes();
        classes[0].fixed_count = 2;
        let share = |users| of_plan(&classes, users)["total"]["B"]["ratio"].as_f64().unwrap();
        assert_eq!((share(Some(8)), share(None)), (0.25, 1.0));
    }
}
