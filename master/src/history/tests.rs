use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::samples::{running, short_run, started_at};
use super::*;

const PATIENCE: Duration = Duration::from_secs(30);
const KEEP: Keep = Keep {
    runs: 100,
    bytes: limits::MAX_BYTES,
};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("sub/history.sqlite")
    }

    fn open(&self) -> History {
        History::start(&self.file(), KEEP)
    }
}

fn write(history: &History, record: &RunRecord) {
    history.give(record.clone());
    assert!(history.flush(PATIENCE), "{:?}", history.trouble());
}

fn ids(history: &History, query: &Query) -> Vec<String> {
    let limited = Query {
        limit: 10,
        ..query.clone()
    };
    let page = history.list(&limited).unwrap();
    page.runs.into_iter().map(|run| run.info.id).collect()
}

/// A trouble that is noticed at the start comes from the thread; waits for it.
fn trouble_at_start(history: &History) -> HistoryError {
    history.give(short_run("probe", 1));
    history.flush(PATIENCE);
    history.trouble().unwrap()
}

fn sql(path: &Path, text: &str) {
    Connection::open(path).unwrap().execute_batch(text).unwrap();
}

#[test]
fn a_run_comes_back_as_it_was_given() {
    let place = Place::new();
    let history = place.open();
    let record = short_run("a", 45);
    write(&history, &record);
    assert_eq!(*history.get("a").unwrap().unwrap(), record);
    assert_eq!(history.get("b").unwrap(), None);
    let listed = history.summary("a").unwrap().unwrap();
    assert_eq!(listed.info, *record.info);
    assert_eq!((listed.figures.requests, listed.figures.failures), (135, 45));
    assert!((listed.figures.rate - 3.0).abs() < 1e-9, "{listed:?}");
    assert!(!listed.is_alive);
}

#[test]
fn the_file_is_for_its_owner_only() {
    let place = Place::new();
    write(&place.open(), &short_run("a", 1));
    let mode = fs::metadata(place.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn between_runs_the_file_alone_has_everything() {
    let place = Place::new();
    let history = place.open();
    let record = short_run("a", 45);
    write(&history, &running(record.clone()));
    write(&history, &record);
    let copy = place.file().with_file_name("copy.sqlite");
    fs::copy(place.file(), &copy).unwrap();
    let copied = History::start(&copy, KEEP);
    assert_eq!(*copied.get("a").unwrap().unwrap(), record);
}

#[test]
fn a_growing_run_is_added_to_and_replaced_when_its_intervals_double() {
    let place = Place::new();
    let history = place.open();
    let whole = short_run("a", 65);
    let mut growing = running(whole.clone());
    for seconds in [1, 20, 21, 45, 64] {
        growing.intervals = whole.intervals[..seconds].to_vec();
        write(&history, &growing);
        assert_eq!(*history.get("a").unwrap().unwrap(), growing);
    }
    // A late report changes an interval in the middle.
    let mut late = whole.clone();
    Arc::make_mut(&mut late.intervals[30]).total.requests += 7;
    write(&history, &running(late.clone()));
    assert_eq!(history.get("a").unwrap().unwrap().intervals, late.intervals);
    let mut doubled = late;
    doubled.width_s = 2;
    doubled.intervals.truncate(33);
    write(&history, &running(doubled.clone()));
    assert_eq!(*history.get("a").unwrap().unwrap(), running(doubled.clone()));
    write(&history, &doubled);
    assert_eq!(*history.get("a").unwrap().unwrap(), doubled);
}

#[test]
fn notes_and_tags_outlive_further_writing() {
    let place = Place::new();
    let history = place.open();
    write(&history, &running(short_run("a", 3)));
    let tags = tags(&["Base Line", "ci"]).unwrap();
    assert!(history.update("a", Some("slow disk"), Some(&tags)).unwrap());
    assert!(!history.update("b", Some("x"), None).unwrap());
    write(&history, &short_run("a", 5));
    let run = history.summary("a").unwrap().unwrap();
    assert_eq!(
        (run.notes.as_str(), run.tags.as_slice()),
        ("slow disk", tags.as_slice())
    );
    assert!(history.update("a", None, Some(&["baseline".to_owned()])).unwrap());
    let run = history.summary("a").unwrap().unwrap();
    assert_eq!(run.notes, "slow disk");
    assert!(run.is_baseline());
}

#[test]
fn search_and_tags_find_runs() {
    let place = Place::new();
    let history = place.open();
    for n in 0..5 {
        let mut record = started_at(short_run(&format!("run-{n}"), 1), f64::from(n));
        Arc::make_mut(&mut record.info).profile = Some(format!("Nightly {n}%"));
        write(&history, &record);
    }
    history
        .update("run-1", Some("Größer, NEU"), Some(&["ci".to_owned()]))
        .unwrap();
    history.update("run-3", None, Some(&["ci".to_owned()])).unwrap();
    let search = |text: &str| {
        let query = Query {
            search: text.to_owned(),
            ..Query::default()
        };
        ids(&history, &query)
    };
    assert_eq!(search(""), ["run-4", "run-3", "run-2", "run-1", "run-0"]);
    assert_eq!(search("grösser"), Vec::<String>::new());
    assert_eq!(search("größer neu nightly"), ["run-1"]);
    assert_eq!(search("2%"), ["run-2"]);
    assert_eq!(search("127.0.0.1 locustfile RUN-4"), ["run-4"]);
    assert_eq!(search("'; DROP TABLE runs"), Vec::<String>::new());
    let tagged = Query {
        tag: Some("ci".to_owned()),
        without: Some("run-3".to_owned()),
        ..Query::default()
    };
    assert_eq!(ids(&history, &tagged), ["run-1"]);
    let second_page = Query {
        limit: 2,
        offset: 1,
        ..Query::default()
    };
    let page = history.list(&second_page).unwrap();
    assert_eq!(page.total, 5);
    assert_eq!(page.runs[0].info.id, "run-3");
}

#[test]
fn a_deleted_run_is_gone_with_all_it_had() {
    let place = Place::new();
    let history = place.open();
    write(&history, &short_run("a", 300));
    history.update("a", None, Some(&["x".to_owned()])).unwrap();
    assert!(history.delete("a").unwrap());
    assert!(!history.delete("a").unwrap());
    let connection = Connection::open(place.file()).unwrap();
    for table in ["runs", "chunks", "tags"] {
        let left: i64 = connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn the_oldest_runs_make_room() {
    let place = Place::new();
    let history = History::start(&place.file(), Keep { runs: 2, ..KEEP });
    write(&history, &started_at(short_run("kept", 1), 0.0));
    history.update("kept", None, Some(&["keep".to_owned()])).unwrap();
    for n in 1..=4 {
        write(
            &history,
            &started_at(short_run(&format!("run-{n}"), 1), f64::from(n)),
        );
    }
    assert_eq!(ids(&history, &Query::default()), ["run-4", "run-3", "kept"]);
}

#[test]
fn a_run_whose_master_is_gone_is_incomplete() {
    let place = Place::new();
    let history = place.open();
    write(&history, &running(short_run("a", 3)));
    let alive = history.summary("a").unwrap().unwrap();
    assert_eq!((alive.info.state.as_str(), alive.is_alive), ("running", true));
    sql(&place.file(), "UPDATE runs SET process = '4000000000/1'");
    let cut_off = history.summary("a").unwrap().unwrap();
    assert_eq!(
        (cut_off.info.state.as_str(), cut_off.is_alive),
        (INCOMPLETE, false)
    );
    assert_eq!(history.get("a").unwrap().unwrap().info.state, INCOMPLETE);
}

#[test]
fn masters_share_the_file() {
    let place = Place::new();
    let masters: Vec<_> = (0..4).map(|_| place.open()).collect();
    std::thread::scope(|scope| {
        for (n, master) in masters.iter().enumerate() {
            scope.spawn(move || {
                for round in 1..=10 {
                    write(master, &running(short_run(&format!("run-{n}"), round)));
                    master.list(&Query::default()).unwrap();
                }
            });
        }
    });
    assert_eq!(masters[0].list(&Query::default()).unwrap().total, 4);
    for n in 0..4 {
        let record = masters[0].get(&format!("run-{n}")).unwrap().unwrap();
        assert_eq!(record.intervals.len(), 10);
    }
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    write(&place.open(), &short_run("a", 1));
    sql(&place.file(), "PRAGMA user_version = 99");
    let history = place.open();
    let trouble = trouble_at_start(&history);
    assert!(
        matches!(trouble, HistoryError::Newer { found: 99, .. }),
        "{trouble}"
    );
    assert!(trouble.to_string().contains("update this program"));
    assert!(history.list(&Query::default()).is_err());
    let runs: i64 = Connection::open(place.file())
        .unwrap()
        .query_row("SELECT count(*) FROM runs", [], |row| row.get(0))
        .unwrap();
    assert_eq!(runs, 1);
}

#[test]
fn files_that_are_not_ours_are_left_alone() {
    let place = Place::new();
    fs::create_dir_all(place.file().parent().unwrap()).unwrap();
    fs::write(
        place.file(),
        "no database, but a long enough text to be looked at".repeat(100),
    )
    .unwrap();
    assert!(matches!(
        trouble_at_start(&place.open()),
        HistoryError::Damaged(_)
    ));
    fs::remove_file(place.file()).unwrap();
    sql(&place.file(), "CREATE TABLE theirs (a)");
    assert!(matches!(
        trouble_at_start(&place.open()),
        HistoryError::Foreign(_)
    ));
}

#[test]
fn a_damaged_run_harms_no_other() {
    let place = Place::new();
    let history = place.open();
    write(&history, &short_run("a", 1));
    write(&history, &short_run("b", 1));
    sql(
        &place.file(),
        "UPDATE chunks SET intervals = x'00' WHERE run = (SELECT key FROM runs WHERE id = 'a')",
    );
    assert!(history.get("a").is_err());
    assert!(history.get("b").unwrap().is_some());
    assert_eq!(history.list(&Query::default()).unwrap().total, 2);
}

#[test]
fn a_run_whose_seconds_make_no_sense_is_refused() {
    let place = Place::new();
    let history = place.open();
    for (id, wrong) in [
        ("a", "width_s = 0"),
        ("b", "width_s = 4000000000"),
        ("c", "counts_from_s = 4000000000"),
        ("d", "width_s = -1"),
    ] {
        let mut record = short_run(id, 3);
        Arc::make_mut(&mut record.info).ended_unix_s = Some(5.0);
        write(&history, &record);
        sql(
            &place.file(),
            &format!("UPDATE runs SET {wrong} WHERE id = '{id}'"),
        );
        assert!(history.get(id).is_err(), "{wrong}");
    }
}

#[test]
fn trouble_with_the_disk_passes() {
    let place = Place::new();
    let folder = place.file().parent().unwrap().to_owned();
    // A file where the folder should be: not even root can write there.
    fs::write(&folder, "").unwrap();
    let history = place.open();
    history.give(short_run("a", 1));
    assert!(!history.flush(PATIENCE));
    assert!(matches!(history.trouble(), Some(HistoryError::Denied { .. })));
    fs::remove_file(&folder).unwrap();
    history.give(short_run("a", 1));
    while !history.flush(PATIENCE) {}
    assert_eq!(history.trouble(), None);
    assert!(history.get("a").unwrap().is_some());
}

#[test]
fn a_removed_file_is_made_anew_with_the_whole_run() {
    let place = Place::new();
    let history = place.open();
    write(&history, &running(short_run("a", 30)));
    fs::remove_dir_all(place.file().parent().unwrap()).unwrap();
    let record = short_run("a", 50);
    write(&history, &record);
    assert_eq!(*history.get("a").unwrap().unwrap(), record);
}

#[test]
fn a_full_disk_is_told_and_waited_out() {
    let place = Place::new();
    write(&place.open(), &short_run("a", 1));
    let mut connection = schema::open(&place.file()).unwrap();
    connection
        .query_row("PRAGMA max_page_count = 1", [], |_| Ok(()))
        .unwrap();
    let owner = Owner::this();
    let error = save::save(&mut connection, None, &short_run("b", 3_000), &owner, 0.0).unwrap_err();
    let error = error.about(&place.file());
    assert!(matches!(error, HistoryError::Full(_)), "{error}");
    assert!(!error.is_lasting());
    assert_eq!(ids(&place.open(), &Query::default()), ["a"]);
}

#[test]
fn a_history_that_is_off_says_why() {
    let history = History::off("turned off by --no-history");
    history.give(short_run("a", 1));
    assert!(history.flush(PATIENCE));
    assert_eq!(
        history.trouble().unwrap().to_string(),
        "turned off by --no-history"
    );
    assert_eq!(history.list(&Query::default()).unwrap(), Page::default());
}
