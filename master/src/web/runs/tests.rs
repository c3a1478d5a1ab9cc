use std::time::Duration;

use super::answers::list;
use super::*;
use crate::history::samples::{running, short_run, started_at};
use crate::history::{Keep, Query};

fn asked() -> Query {
    Query {
        limit: 10,
        ..Query::default()
    }
}

fn kept(place: &tempfile::TempDir) -> History {
    let keep = Keep {
        runs: 10,
        bytes: 1 << 30,
    };
    let history = History::start(&place.path().join("history.sqlite"), keep);
    for (n, id) in ["a", "b"].into_iter().enumerate() {
        history.give(started_at(short_run(id, 3), n as f64));
    }
    assert!(history.flush(Duration::from_secs(30)));
    history
}

fn ids(list: &RunList) -> Vec<(&str, bool)> {
    let runs = list.runs.iter();
    runs.map(|run| (run.info.id.as_str(), run.is_live)).collect()
}

#[test]
fn the_run_that_is_on_is_listed_once() {
    let place = tempfile::tempdir().unwrap();
    let history = kept(&place);
    let present = running(started_at(short_run("c", 2), 5.0));
    let listed = list(&history, &asked(), Some(&present)).unwrap();
    assert_eq!(ids(&listed), [("c", true), ("b", false), ("a", false)]);
    assert_eq!((listed.total, listed.history_off), (3, None));
    history.give(present.clone());
    assert!(history.flush(Duration::from_secs(30)));
    history.update("c", Some("now"), None).unwrap();
    let listed = list(&history, &asked(), Some(&present)).unwrap();
    assert_eq!(ids(&listed), [("c", true), ("b", false), ("a", false)]);
    assert_eq!((listed.total, listed.runs[0].notes.as_str()), (3, "now"));
}

#[test]
fn without_history_the_present_run_and_the_reason_are_shown() {
    let present = running(short_run("c", 2));
    let listed = list(&History::off("turned off"), &asked(), Some(&present)).unwrap();
    assert_eq!(ids(&listed), [("c", true)]);
    assert_eq!(listed.history_off.as_deref(), Some("turned off"));
}

#[test]
fn compared_runs_have_their_notes() {
    let place = tempfile::tempdir().unwrap();
    let history = kept(&place);
    history.update("b", Some("new index"), None).unwrap();
    let records = ["a", "b"].map(|id| history.get(id).unwrap().unwrap());
    let compared = answers::compare(&history, &records, 1).unwrap();
    assert_eq!(compared.reference, "b");
    assert_eq!(compared.runs[1].notes, "new index");
    let json = serde_json::to_value(&compared).unwrap();
    assert_eq!(json["rows"][0]["changes"][0]["p95_ms"]["verdict"], "unknown");
    assert_eq!(json["rows"][0]["changes"][1], serde_json::Value::Null);
}
