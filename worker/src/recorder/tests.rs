use super::*;

fn recorder_with(rows: &[(&str, &str)]) -> Recorder {
    let mut recorder = Recorder::new();
    for (method, name) in rows {
        recorder.add_row(method, name, 1.0);
    }
    recorder
}

fn request(slot: Slot, ms: f64, failure: Option<&str>) -> Record {
    Record {
        slot,
        response_time_ms: Some(ms),
        length: 10,
        status: Some(if failure.is_none() { 200 } else { 500 }),
        failure: failure.map(|text| Failure::new(text, Some(Fault::Target))),
        lag: Some(Duration::from_micros(5)),
    }
}

#[test]
fn a_report_holds_what_came_since_the_last_one_and_is_numbered() {
    let mut recorder = recorder_with(&[("GET", "/"), ("POST", "/cart")]);
    recorder.record(request(0, 2.0, None), 1.5);
    recorder.record(request(0, 4.0, Some("refused")), 1.6);
    let first = recorder.take_report(BTreeMap::from([("Shopper".to_owned(), 3)]), 2.0);
    assert_eq!((first.sequence, first.user_count), (Some(1), 3));
    assert_eq!(first.stats.len(), 1, "rows without requests are left out");
    assert_eq!((first.total.num_requests, first.total.num_failures), (2, 1));
    assert_eq!(first.total.total_response_time, 6.0);
    assert_eq!(first.errors[0].occurrences, 1);

    let second = recorder.take_report(BTreeMap::new(), 3.0);
    assert_eq!(second.sequence, Some(2));
    assert!(second.stats.is_empty() && second.errors.is_empty() && second.total.is_empty());
}

#[test]
fn the_snapshot_counts_reported_and_unreported_requests_until_a_reset() {
    let mut recorder = recorder_with(&[("GET", "/")]);
    recorder.record(request(0, 2.0, None), 1.5);
    let _sent = recorder.take_report(BTreeMap::new(), 2.0);
    recorder.record(request(0, 2.0, None), 2.5);
    let total = recorder.snapshot(3.0).pop().unwrap();
    assert_eq!(total.num_requests, 2);
    recorder.reset(4.0);
    assert_eq!(recorder.snapshot(4.0).len(), 1, "only the empty total is left");
    recorder.record(request(0, 3.0, Some("refused")), 4.5);
    recorder.record(request(0, 3.0, Some("refused")), 4.6);
    let failures = recorder.failures();
    assert_eq!((failures.len(), failures[0].occurrences), (1, 2));
    recorder.reset(5.0);
    assert!(recorder.failures().is_empty());
}

#[test]
fn failure_texts_beyond_the_limit_are_folded_and_still_counted() {
    let mut recorder = recorder_with(&[("GET", "/")]);
    for number in 0..FAILURE_TEXTS_MAX + 7 {
        recorder.record(request(0, 1.0, Some(&format!("failure {number}"))), 2.0);
    }
    let report = recorder.take_report(BTreeMap::new(), 3.0);
    let counted: u64 = report.errors.iter().map(|error| error.occurrences).sum();
    assert_eq!(counted, FAILURE_TEXTS_MAX as u64 + 7);
    assert_eq!(report.errors.len(), FAILURE_TEXTS_MAX + 1);
}

#[test]
fn names_beyond_the_limit_share_one_slot_per_method() {
    let mut names = Names::default();
    for number in 0..crate::limits::REQUEST_NAMES_MAX {
        assert_eq!(names.slot("GET", &format!("/{number}")), (number as Slot, true));
    }
    let (other, new) = names.slot("GET", "/one too many");
    assert!(new);
    assert_eq!(names.slot("GET", "/another"), (other, false));
    assert_eq!(names.row(other), ("GET".to_owned(), OTHER_NAME.to_owned()));
    assert_eq!(names.slot("GET", "/5"), (5, false));
}

#[test]
fn failures_have_their_times_and_responses_their_status() {
    let mut recorder = recorder_with(&[("GET", "/")]);
    for (ms, failure) in [(2.0, None), (3.0, None), (9.0, Some("refused"))] {
        recorder.record(request(0, ms, failure), 1.5);
    }
    let unanswered = Record {
        status: None,
        ..request(0, 30.0, Some("no answer"))
    };
    recorder.record(unanswered, 1.6);
    let report = recorder.take_report(BTreeMap::new(), 2.0);
    for entry in [&report.stats[0], &report.total] {
        let failed = entry.failed_times.as_ref().unwrap();
        assert_eq!((entry.response_times.len(), failed.len()), (4, 2));
        assert!(failed.percentile_ms(0.0).unwrap() > 8.9);
        assert_eq!(entry.status_codes, BTreeMap::from([(200, 2), (500, 1)]));
    }
    recorder.record(request(0, 2.0, None), 2.5);
    let next = recorder.take_report(BTreeMap::new(), 3.0);
    assert_eq!(next.total.failed_times, None);
    assert_eq!(next.total.status_codes, BTreeMap::from([(200, 1)]));
}

#[test]
fn the_first_of_each_kind_of_failure_is_kept_as_a_sample_in_each_report() {
    let mut recorder = recorder_with(&[("GET", "/")]);
    let asked = std::cell::Cell::new(0);
    let fail = |recorder: &mut Recorder, text: &str| {
        let record = request(0, 1.0, Some(text));
        recorder.record_sampled(record, 2.0, || {
            asked.set(asked.get() + 1);
            Some(sample(&format!("http://h/{}", asked.get()), Some(500), b"why"))
        });
    };
    for text in ["a", "b", "a", "a"] {
        fail(&mut recorder, text);
    }
    let mut report = recorder.take_report(BTreeMap::new(), 3.0);
    report.errors.sort_by(|a, b| a.error.cmp(&b.error));
    let urls: Vec<_> = report
        .errors
        .iter()
        .map(|error| (error.fault, error.sample.as_ref().unwrap().url.as_str()))
        .collect();
    let target = Some(Fault::Target);
    assert_eq!(urls, [(target, "http://h/1"), (target, "http://h/2")]);
    for number in 0..MAX_REPORT_SAMPLES + 5 {
        fail(&mut recorder, &number.to_string());
    }
    let report = recorder.take_report(BTreeMap::new(), 4.0);
    let sampled = report.errors.iter().filter(|error| error.sample.is_some());
    assert_eq!(sampled.count(), MAX_REPORT_SAMPLES);
    assert_eq!(asked.get(), 2 + MAX_REPORT_SAMPLES);
}
