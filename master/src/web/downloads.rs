//! Results as files: Locust's CSV routes, under its file names. Their content is made by `report::csv`.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use protocol::RequestStats;
use serde::Deserialize;

use super::api::reports;
use super::face::Face;
use crate::events::ExceptionView;
use crate::report::csv;
use crate::report::html::{self, Theme};
use crate::server::Reading;
use crate::timeline::RunRecord;

const HTML: &str = "text/html; charset=utf-8";
const CSV: &str = "text/csv; charset=utf-8";

/// Its routes.
pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/stats/requests/csv", get(requests))
        .route("/stats/requests_full_history/csv", get(full_history))
        .route("/stats/failures/csv", get(failures))
        .route("/exceptions/csv", get(exceptions))
        .route("/stats/report", get(report))
}

/// A CSV of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sheet {
    /// A row for each request name, and the total.
    Requests,
    /// A row for each error.
    Failures,
    /// A row for each exception of users' code.
    Exceptions,
}

impl Sheet {
    /// Its part of the file name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Failures => "failures",
            Self::Exceptions => "exceptions",
        }
    }

    fn render(self, stats: &RequestStats, exceptions: &[ExceptionView], now_unix_s: f64) -> Vec<u8> {
        match self {
            Self::Requests => csv::requests_file(stats, now_unix_s),
            Self::Failures => csv::failures_file(stats),
            Self::Exceptions => csv::exceptions_file(exceptions),
        }
    }

    fn render_kept(self, record: &RunRecord) -> Vec<u8> {
        match self {
            Self::Requests => csv::requests_of(record),
            Self::Failures => csv::failures_of(record),
            Self::Exceptions => csv::exceptions_of(record),
        }
    }
}

async fn requests(State(face): State<Face>) -> Response {
    sheet(&face, Sheet::Requests).await.unwrap_or_else(unavailable)
}

async fn failures(State(face): State<Face>) -> Response {
    sheet(&face, Sheet::Failures).await.unwrap_or_else(unavailable)
}

async fn exceptions(State(face): State<Face>) -> Response {
    sheet(&face, Sheet::Exceptions).await.unwrap_or_else(unavailable)
}

/// How the report is asked for.
#[derive(Debug, Default, Deserialize)]
struct ReportQuery {
    /// `dark` or `light`.
    #[serde(default)]
    theme: String,
    /// Not empty: to be saved.
    #[serde(default)]
    download: String,
}

async fn report(State(face): State<Face>, Query(query): Query<ReportQuery>) -> Response {
    let Some(record) = face.config.runs.current() else {
        return (StatusCode::NOT_FOUND, "No run has been started yet").into_response();
    };
    let theme = Theme::parse(&query.theme);
    let rendered = reports::render(&face, record.into(), move |report| html::render(report, theme)).await;
    match (rendered, file_name(&face, "report.html").await) {
        (Ok(page), Ok(name)) if !query.download.is_empty() => attachment(HTML, &name, page),
        (Ok(page), _) => ([(header::CONTENT_TYPE, HTML)], page).into_response(),
        (Err(message), _) => unavailable(message),
    }
}

async fn full_history(State(face): State<Face>) -> Response {
    match history(&face).await {
        Ok(Some(file)) => file,
        Ok(None) => (
            StatusCode::NOT_FOUND,
            "Error: there is no full history; start the master with --csv PREFIX --csv-full-history",
        )
            .into_response(),
        Err(message) => unavailable(message),
    }
}

fn unavailable(message: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
}

/// The file, as it is now. Made as the reporter makes it every second; at most a few at a time.
///
/// # Errors
/// When the master is ending.
pub(super) async fn sheet(face: &Face, sheet: Sheet) -> Result<Response, String> {
    let permit = face.heavy_permit().await?;
    // Copied there, computed here: the control loop has better things to do.
    let look = |reading: &Reading<'_>| {
        let view = &reading.view;
        (view.stats.clone(), view.exceptions.to_vec(), view.now_unix_s)
    };
    let (stats, exceptions, now_unix_s) = face.control.read(look).await?;
    let render = move || sheet.render(&stats, &exceptions, now_unix_s);
    let rendered = Face::compute_with(permit, render).await?;
    let name = file_name(face, &format!("{}.csv", sheet.name())).await?;
    Ok(attachment(CSV, &name, rendered))
}

/// The same of a run that is not this master's.
///
/// # Errors
/// When the master is ending.
pub(super) async fn kept_sheet(
    face: &Face,
    sheet: Sheet,
    record: Arc<RunRecord>,
) -> Result<Response, String> {
    let info = Arc::clone(&record.info);
    let rendered = face.compute(move || sheet.render_kept(&record)).await?;
    let end = format!("{}.csv", sheet.name());
    let name = name_of(info.started_unix_s, info.host.as_deref(), &info.locustfile, &end);
    Ok(attachment(CSV, &name, rendered))
}

/// The history that the reporter writes; none without `--csv-full-history`.
///
/// # Errors
/// It cannot be read, or the master is ending.
pub(super) async fn history(face: &Face) -> Result<Option<Response>, String> {
    let Some(path) = face.config.full_history.clone() else {
        return Ok(None);
    };
    let _one_of_few = face.heavy_permit().await?;
    let content = read(&path).await?;
    let name = file_name(face, "requests_full_history.csv").await?;
    Ok(Some(attachment(CSV, &name, content)))
}

async fn read(path: &PathBuf) -> Result<Vec<u8>, String> {
    tokio::fs::read(path)
        .await
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// Locust's name of a download: `Locust_2026-11-23-05h10_locustfile.py_http://host_requests.csv`.
///
/// # Errors
/// When the master is ending.
pub(super) async fn file_name(face: &Face, end: &str) -> Result<String, String> {
    let look = |reading: &Reading<'_>| {
        let host = reading.machine.host().map(str::to_owned);
        (reading.view.stats.total.start_time, host)
    };
    let (start_unix_s, host) = face.control.read(look).await?;
    Ok(name_of(
        start_unix_s,
        host.as_deref(),
        &face.config.locustfile,
        end,
    ))
}

fn name_of(start_unix_s: f64, host: Option<&str>, locustfile: &str, end: &str) -> String {
    let host = host.map(|host| format!("_{host}")).unwrap_or_default();
    let start = local_minute(start_unix_s);
    format!("Locust_{start}_{locustfile}{host}_{end}")
}

/// `2026-11-23-05h10`, in the time zone of this machine.
fn local_minute(unix_s: f64) -> String {
    let time = jiff::Timestamp::from_second(unix_s as i64).unwrap_or_default();
    let time = time.to_zoned(jiff::tz::TimeZone::system());
    time.strftime("%Y-%m-%d-%Hh%M").to_string()
}

/// A file to be saved under that name. Characters that a header cannot carry become `_`.
pub(super) fn attachment(content_type: &'static str, name: &str, content: Vec<u8>) -> Response {
    let plain = |c: char| match c {
        ' '..='~' if !matches!(c, '"' | '\\') => c,
        _ => '_',
    };
    let name: String = name.chars().map(plain).collect();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    response
}
