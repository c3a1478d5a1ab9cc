//! `/api/v1/runs/{id}/…`: what one run has measured. The list of runs, and what is written about them, is in `history`.
//!
//! Everything is computed from a [`RunRecord`], on threads for that.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::error::{ApiError, ErrorBody};
use super::super::face::Face;
use super::super::runs::{CURRENT, load};
use super::super::script;
use super::Answer;
use super::query::{Named, PartQuery};
use crate::diagnosis::{Finding, diagnose};
use crate::timeline::views::{
    Exceptions, Failures, Heatmap, Histogram, SERIES_PERCENTILES, Series, Statistics,
};
use crate::timeline::{self, Mark, RunRecord};

/// Its routes.
pub(super) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(diagnosis))
        .routes(routes!(series))
        .routes(routes!(heatmap))
        .routes(routes!(statistics))
        .routes(routes!(failures))
        .routes(routes!(exceptions))
        .routes(routes!(marks))
        .routes(routes!(histogram))
        .routes(routes!(ratio))
}

/// Computes something of a run, away from the control loop.
async fn compute<T: Send + 'static>(
    face: &Face,
    id: &str,
    work: impl FnOnce(&RunRecord) -> Result<T, ApiError> + Send + 'static,
) -> Answer<T> {
    let record = load(face, id).await?;
    let computed = face.compute(move || work(&record)).await;
    computed.map_err(ApiError::unavailable)?.map(Json)
}

/// What the figures say
///
/// Plain sentences about a window: where it broke, and whether the figures can be believed.
#[utoipa::path(get, path = "/runs/{id}/diagnosis", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`"), PartQuery), responses(
    (status = 200, body = Vec<Finding>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn diagnosis(
    State(face): State<Face>,
    Named(id): Named<String>,
    query: PartQuery,
) -> Answer<Vec<Finding>> {
    compute(&face, &id, move |record| {
        Ok(diagnose(record, query.from, query.to))
    })
    .await
}

/// Figures over time
///
/// Only complete seconds; null where there was no request.
#[utoipa::path(get, path = "/runs/{id}/series", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`"), PartQuery), responses(
    (status = 200, body = Series), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn series(State(face): State<Face>, Named(id): Named<String>, query: PartQuery) -> Answer<Series> {
    compute(&face, &id, move |record| {
        let percentiles = query.percentiles.as_deref().unwrap_or(&SERIES_PERCENTILES);
        Ok(query.newest(record).series(query.request(record)?, percentiles))
    })
    .await
}

/// Response times over time
///
/// For each interval how many response times are in each of the logarithmic buckets.
#[utoipa::path(get, path = "/runs/{id}/heatmap", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`"), PartQuery), responses(
    (status = 200, body = Heatmap), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn heatmap(State(face): State<Face>, Named(id): Named<String>, query: PartQuery) -> Answer<Heatmap> {
    compute(&face, &id, move |record| {
        Ok(query.newest(record).heatmap(query.request(record)?))
    })
    .await
}

/// The table of request names
///
/// Of the whole run, or of a window.
#[utoipa::path(get, path = "/runs/{id}/statistics", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`"), PartQuery), responses(
    (status = 200, body = Statistics), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn statistics(
    State(face): State<Face>,
    Named(id): Named<String>,
    query: PartQuery,
) -> Answer<Statistics> {
    compute(&face, &id, move |record| {
        Ok(timeline::statistics(query.window(record)))
    })
    .await
}

/// The table of errors
///
/// Of the whole run, or of a window.
#[utoipa::path(get, path = "/runs/{id}/failures", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`"), PartQuery), responses(
    (status = 200, body = Failures), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn failures(State(face): State<Face>, Named(id): Named<String>, query: PartQuery) -> Answer<Failures> {
    compute(&face, &id, move |record| {
        Ok(timeline::failures(query.window(record)))
    })
    .await
}

/// Exceptions of users' code
#[utoipa::path(get, path = "/runs/{id}/exceptions", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`")), responses(
    (status = 200, body = Exceptions), (status = 404, body = ErrorBody)))]
async fn exceptions(State(face): State<Face>, Named(id): Named<String>) -> Answer<Exceptions> {
    compute(&face, &id, |record| Ok(timeline::exceptions(record))).await
}

/// What happened when
///
/// The start, edits, workers that came and went, the end.
#[utoipa::path(get, path = "/runs/{id}/marks", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`")), responses(
    (status = 200, body = Vec<Mark>), (status = 404, body = ErrorBody)))]
async fn marks(State(face): State<Face>, Named(id): Named<String>) -> Answer<Vec<Mark>> {
    compute(&face, &id, |record| Ok(Vec::clone(&record.marks))).await
}

/// The distribution of response times
///
/// Cell by cell, of all requests or of one name.
#[utoipa::path(get, path = "/runs/{id}/histogram", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`"), PartQuery), responses(
    (status = 200, body = Histogram), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn histogram(
    State(face): State<Face>,
    Named(id): Named<String>,
    query: PartQuery,
) -> Answer<Histogram> {
    compute(&face, &id, move |record| {
        Ok(timeline::histogram(query.window(record), query.request(record)?))
    })
    .await
}

/// How users share their time among tasks
///
/// Locust's shape (`per_class`, `total`), of the users that are running now, or of those that a run that is over wanted; it
/// is not kept with a run.
#[utoipa::path(get, path = "/runs/{id}/ratio", tag = "runs", params(("id" = String, Path, description = "of a run, or `current`")), responses(
    (status = 200, body = Object), (status = 404, body = ErrorBody)))]
async fn ratio(State(face): State<Face>, Named(id): Named<String>) -> Answer<Value> {
    let current = face.config.runs.current();
    if id != CURRENT && current.as_ref().is_none_or(|record| record.info.id != id) {
        load(&face, &id).await?;
        return Err(ApiError::not_found(
            "The ratio is known of the present run only; it is not kept",
        ));
    }
    let wanted = current.map(|record| record.info.users).filter(|users| *users > 0);
    script::shown_ratio(&face, wanted)
        .await
        .map(Json)
        .map_err(ApiError::unavailable)
}
