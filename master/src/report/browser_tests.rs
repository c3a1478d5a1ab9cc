//! The figures that a report computes in a browser are those that the master computes: the file itself is opened by a headless
//! Chromium, from disk.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use super::coarse::coarse;
use super::html::{self, Theme};
use super::record::{Beside, Report};
use super::run_samples::run;
use crate::limits::MAX_REPORT_INTERVALS;
use crate::timeline::views::SERIES_PERCENTILES;
use crate::timeline::{RunRecord, failures, histogram, statistics};

/// Windows that are asked for: the whole, within intervals, across them, beyond the end.
const WINDOWS: [(Option<u32>, Option<u32>); 5] = [
    (None, None),
    (Some(0), Some(1)),
    (Some(7), Some(12)),
    (Some(101), None),
    (Some(650), Some(5000)),
];
/// Seconds of the page's own time, not of ours, that the browser lets pass.
const PAGE_TIME_MS: u32 = 30_000;

/// Asks the page's source for everything and writes the answers where they are found.
const ASK: &str = r#"<script type="module">
  while (!window.acrida) await new Promise((done) => setTimeout(done, 10));
  const { source } = window.acrida;
  const windows = JSON.parse(document.getElementById("windows").textContent);
  const answers = [];
  for (const [from, to] of windows) {
    const answer = { statistics: await source.statistics({ from, to }), failures: await source.failures({ from, to }) };
    for (const request of [null, 1]) {
      for (const kind of ["series", "heatmap", "histogram"]) answer[`${kind} ${request}`] = await source[kind]({ request, from, to });
    }
    answers.push(answer);
  }
  const out = document.createElement("script");
  out.type = "application/json";
  out.id = "answers";
  out.textContent = JSON.stringify(answers).replaceAll("<", "\\u003c");
  document.body.append(out);
</script>"#;

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ]
    .map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.exists())
}

fn expected(record: &RunRecord, whole: &RunRecord) -> Value {
    let of = |(from, to): (Option<u32>, Option<u32>)| {
        let window = record.window(from, to);
        // Figures of the whole run are the master's, of the finer record.
        let table = if (from, to) == (None, None) {
            whole.window(None, None)
        } else {
            window
        };
        let mut answer = json!({"statistics": statistics(table), "failures": failures(window)});
        for request in [None, Some(1)] {
            let name = request.map_or("null".to_owned(), |id| id.to_string());
            // Charts show what came before statistics count, too.
            let chart = record.window(Some(from.unwrap_or(0)), to);
            answer[format!("series {name}")] = json!(chart.series(request, &SERIES_PERCENTILES));
            answer[format!("heatmap {name}")] = json!(chart.heatmap(request));
            answer[format!("histogram {name}")] = json!(histogram(window, request));
        }
        answer
    };
    WINDOWS.into_iter().map(of).collect()
}

/// The first place where two values differ by more than the last digit of a float.
fn difference(at: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.dedup();
            keys.into_iter().find_map(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => difference(&format!("{at}.{key}"), a, b),
                (a, b) => Some(format!("{at}.{key}: {a:?} and {b:?}")),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(place, (a, b))| difference(&format!("{at}[{place}]"), a, b))
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64()?, b.as_f64()?);
            ((a - b).abs() > a.abs() * 1e-12).then(|| format!("{at}: {a} and {b}"))
        }
        (a, b) => (a != b).then(|| format!("{at}: {a} and {b}")),
    }
}

#[test]
fn a_browser_computes_the_masters_figures() {
    let Some(chromium) = chromium() else {
        eprintln!("not run: there is no Chromium; name one by $CHROMIUM");
        return;
    };
    let mut whole = run(700);
    whole.counts_from_s = 2;
    Arc::make_mut(&mut whole.info).elapsed_s = 699.4;
    let beside = Beside::default();
    let report = Report::of(&whole, &beside);
    let page = String::from_utf8(html::render(&report, Theme::Light)).unwrap();
    let windows = format!(
        "<script type=\"application/json\" id=\"windows\">{}</script>{ASK}</body>",
        json!(WINDOWS)
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    std::fs::write(&path, page.replace("</body>", &windows)).unwrap();
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"])
        .arg(format!("--virtual-time-budget={PAGE_TIME_MS}"))
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let answers = dom
        .split("id=\"answers\">")
        .nth(1)
        .and_then(|rest| rest.split("</script>").next());
    let answers = answers.unwrap_or_else(|| {
        panic!(
            "the page gave no answers: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    });
    let answers: Value = serde_json::from_str(answers).unwrap();
    let record = coarse(&whole, MAX_REPORT_INTERVALS);
    assert_eq!(record.width_s, 2);
    assert_eq!(difference("", &expected(&record, &whole), &answers), None);
    assert!(dom.contains("data-testid=\"statistics\"") && dom.contains("data-testid=\"charts\""));
}
