//! Errors of `/api/v1`: one shape for all, with a code for programs and a sentence for people.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The answer to a request that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// In snake_case; does not change.
    #[schema(example = "not_found")]
    code: String,
    /// What happened and what to do, in English.
    message: String,
    /// The field or parameter it is about.
    field: Option<String>,
    /// With several wrong fields, the message of each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    fields: BTreeMap<String, String>,
    /// With `changed_meanwhile`: what holds now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    present: Option<PresentPlan>,
}

/// The plan as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct PresentPlan {
    /// Users wanted.
    pub(crate) users: u64,
    /// Users started per second.
    pub(crate) spawn_rate: f64,
    /// Number of the plan.
    pub(crate) plan_version: u64,
}

/// An error on its way to the client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    status: StatusCode,
    detail: Box<ErrorDetail>,
}

impl ApiError {
    /// Any error. `code` is in snake_case, `message` says what happened and what to do.
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            detail: Box::new(ErrorDetail {
                code: code.to_owned(),
                message: message.into(),
                field: None,
                fields: BTreeMap::new(),
                present: None,
            }),
        }
    }

    /// 400: a field or a parameter makes no sense.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid", message);
        error.detail.field = Some(field.to_owned());
        error
    }

    /// 400: several fields make no sense; `fields` is not empty.
    pub(crate) fn fields(fields: BTreeMap<String, String>) -> Self {
        let (field, message) = fields
            .first_key_value()
            .map(|(field, message)| (field.clone(), message.clone()))
            .unwrap_or_default();
        let mut error = Self::field(&field, message);
        error.detail.fields = fields;
        error
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 409: the present state does not allow it.
    pub(crate) fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 409: somebody else changed the plan.
    pub(crate) fn changed_meanwhile(present: PresentPlan) -> Self {
        let message = format!(
            "The run was changed meanwhile: it now wants {} users at {} per second; look at it and ask again",
            present.users, present.spawn_rate
        );
        let mut error = Self::conflict("changed_meanwhile", message);
        error.detail.present = Some(present);
        error
    }

    /// What the client gets.
    #[cfg(test)]
    pub(crate) fn body(&self) -> ErrorBody {
        ErrorBody {
            error: ErrorDetail::clone(&self.detail),
        }
    }

    /// 503: the master is ending or cannot answer now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(ErrorBody { error: *self.detail })).into_response()
    }
}
