//! The query of what is read of a run: a window of seconds, a request name, percentiles.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::super::error::ApiError;
use crate::limits::{MAX_QUERY_PERCENTILES, MAX_RUN_S};
use crate::timeline::{RequestId, RunRecord, Window};

/// What part of a run is asked for. Parameters that a route does not know are overlooked.
#[derive(Debug, Clone, PartialEq, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartQuery {
    /// First second of the run that counts; from where statistics count, if not given.
    #[param(maximum = 1_000_000_000)]
    pub(crate) from: Option<u32>,
    /// Second after the last one; the end, if not given.
    #[param(maximum = 1_000_000_000)]
    pub(crate) to: Option<u32>,
    /// Id of a request name in this run (`id` in the statistics); all requests, if not given.
    #[param(maximum = 1_000_000_000)]
    pub(crate) request: Option<RequestId>,
    /// Fractions such as `0.5,0.95`.
    #[param(value_type = Option<String>, example = "0.5,0.95,0.999", pattern = r"^(0\.[0-9]{0,9}[1-9]|1(\.0)?)(,(0\.[0-9]{0,9}[1-9]|1(\.0)?)){0,19}$")]
    pub(crate) percentiles: Option<Vec<f64>>,
    /// Only intervals that begin at or after this second.
    #[param(maximum = 1_000_000_000)]
    pub(crate) since: Option<u32>,
}

/// Parameters of the query; what cannot be read is answered as all errors are.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(error) => Err(ApiError::field("query", error.body_text())),
        }
    }
}

/// What the path names; the same.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Self(named)),
            Err(error) => Err(ApiError::not_found(error.body_text())),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PartQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::field("query", error.body_text()))?;
        Self::read(&pairs)
    }
}

impl PartQuery {
    fn read(pairs: &[(String, String)]) -> Result<Self, ApiError> {
        let mut query = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "from" => query.from = Some(second(name, value)?),
                "to" => query.to = Some(second(name, value)?),
                "since" => query.since = Some(second(name, value)?),
                "request" => query.request = Some(second(name, value)?),
                "percentiles" => query.percentiles = Some(percentiles(value)?),
                _ => {}
            }
        }
        match (query.from, query.to) {
            (Some(from), Some(to)) if from >= to => Err(ApiError::field("to", "must be greater than from")),
            _ => Ok(query),
        }
    }

    /// The window of the record.
    pub(crate) fn window<'a>(&self, record: &'a RunRecord) -> Window<'a> {
        record.window(self.from, self.to)
    }

    /// The window of a chart: from `since` on, if that is later. An interval that began before it is left out.
    pub(crate) fn newest<'a>(&self, record: &'a RunRecord) -> Window<'a> {
        let width_s = record.width_s.max(1);
        let since = self
            .since
            .map(|since| since.div_ceil(width_s).saturating_mul(width_s));
        let begin = self.from.unwrap_or(record.counts_from_s);
        let from = since.map(|since| since.max(begin)).or(self.from);
        record.window(from, self.to)
    }

    /// The request name, if there is such a one.
    ///
    /// # Errors
    /// 400: the run has no such id.
    pub(crate) fn request(&self, record: &RunRecord) -> Result<Option<RequestId>, ApiError> {
        match self.request {
            Some(id) if id as usize >= record.requests.len() => Err(ApiError::field(
                "request",
                format!(
                    "this run has no request name {id}; it has {}",
                    record.requests.len()
                ),
            )),
            request => Ok(request),
        }
    }
}

fn second(name: &str, value: &str) -> Result<u32, ApiError> {
    let number = value.parse().ok().filter(|number| *number <= MAX_RUN_S);
    number.ok_or_else(|| ApiError::field(name, format!("must be a whole number from 0 to {MAX_RUN_S}")))
}

fn percentiles(value: &str) -> Result<Vec<f64>, ApiError> {
    let fraction = |text: &str| {
        let number: f64 = text.trim().parse().ok()?;
        (number > 0.0 && number <= 1.0).then_some(number)
    };
    let fractions: Option<Vec<f64>> = value.split(',').map(fraction).collect();
    fractions
        .filter(|fractions| fractions.len() <= MAX_QUERY_PERCENTILES)
        .ok_or_else(|| {
            ApiError::field(
                "percentiles",
                format!(
                    "must be at most {MAX_QUERY_PERCENTILES} fractions above 0 and up to 1, such as 0.5,0.95"
                ),
            )
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(query: &str) -> Result<PartQuery, Value> {
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        PartQuery::read(&pairs).map_err(|error| json!(error.body())["error"]["field"].clone())
    }

    #[test]
    fn bad_values_are_refused_by_name() {
        for (query, field) in [
            ("from=-1", "from"),
            ("to=1.5", "to"),
            ("from=5&to=5", "to"),
            ("request=x", "request"),
            ("since=99999999999", "since"),
            ("percentiles=0.5,2", "percentiles"),
            ("percentiles=", "percentiles"),
            ("percentiles=NaN", "percentiles"),
        ] {
            assert_eq!(read(query), Err(json!(field)), "{query}");
        }
        let many = vec!["0.5"; MAX_QUERY_PERCENTILES + 1].join(",");
        assert_eq!(read(&format!("percentiles={many}")), Err(json!("percentiles")));
    }

    #[test]
    fn good_values_are_taken_and_others_overlooked() {
        let query = read("from=1&to=9&request=0&percentiles=0.5,1&since=3&theme=dark").unwrap();
        assert_eq!(
            query,
            PartQuery {
                from: Some(1),
                to: Some(9),
                request: Some(0),
                percentiles: Some(vec![0.5, 1.0]),
                since: Some(3),
            }
        );
    }
}
