//! The body of a request to `/api/v1`: one JSON object, whose fields are read one by one so that everything that is wrong
//! with it is told at once.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use settings::values::span_s;

use super::super::error::ApiError;
use crate::limits::{MAX_FORM_BYTES, MAX_TEXT_CHARS, MAX_USERS};

/// A JSON object.
pub(crate) struct Body(pub(crate) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::<Value>::from_request(request, state).await {
            Ok(Json(Value::Object(fields))) => Ok(Self(fields)),
            Ok(_) => Err(invalid("The body must be a JSON object")),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

fn refusal(rejection: &JsonRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("The body may have {MAX_FORM_BYTES} bytes"),
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "The body must be JSON, with the header Content-Type: application/json",
        ),
        _ => invalid(&format!("The body is no JSON: {}", rejection.body_text())),
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "invalid", message)
}

/// Reads fields and collects what is wrong with them. A field that is null counts as not given.
pub(super) struct Fields<'a> {
    body: &'a Map<String, Value>,
    wrong: BTreeMap<String, String>,
}

impl<'a> Fields<'a> {
    /// Of an object that may have these fields.
    pub(super) fn of(body: &'a Map<String, Value>, known: &[&str]) -> Self {
        let mut fields = Self {
            body,
            wrong: BTreeMap::new(),
        };
        let unknown = body.keys().filter(|name| !known.contains(&name.as_str()));
        for name in unknown {
            fields.refuse(
                name,
                format!("There is no such field; there are: {}", known.join(", ")),
            );
        }
        fields
    }

    /// Notes that a field is wrong; the first word on it stays.
    pub(super) fn refuse(&mut self, name: &str, message: impl Into<String>) {
        let name: String = name.chars().take(MAX_TEXT_CHARS).collect();
        self.wrong.entry(name).or_insert_with(|| message.into());
    }

    /// The result, unless something is wrong.
    pub(super) fn done<T>(self, value: T) -> Result<T, ApiError> {
        if self.wrong.is_empty() {
            Ok(value)
        } else {
            Err(ApiError::fields(self.wrong))
        }
    }

    /// A field that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// A text without spaces around it.
    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.get(name)?;
        let text = value.as_str().map(str::trim);
        if text.is_none() {
            self.refuse(name, "must be a text");
        }
        text
    }

    /// A number of users.
    pub(super) fn users(&mut self, name: &str) -> Option<u64> {
        let users = whole(self.get(name)?).filter(|users| *users <= MAX_USERS);
        if users.is_none() {
            self.refuse(name, format!("must be a whole number from 0 to {MAX_USERS}"));
        }
        users
    }

    /// A number above 0.
    pub(super) fn positive(&mut self, name: &str) -> Option<f64> {
        let number = self.get(name)?.as_f64();
        let number = number.filter(|number| number.is_finite() && *number > 0.0);
        if number.is_none() {
            self.refuse(name, "must be a number greater than 0");
        }
        number
    }

    /// A time limit: seconds, or a span such as `1h5m`.
    pub(super) fn span_s(&mut self, name: &str) -> Option<f64> {
        let span = match self.get(name)? {
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => span_s(text.trim()),
            Value::Number(number) => span_s(&number.to_string()),
            _ => Err("must be seconds or a span such as 1h5m".to_owned()),
        };
        span.map_err(|error| self.refuse(name, error)).ok()
    }

    /// A base address; empty for none.
    pub(super) fn host(&mut self, name: &str) -> Option<&'a str> {
        let host = self.text(name)?;
        match check_host(host) {
            Ok(()) => Some(host),
            Err(error) => {
                self.refuse(name, error);
                None
            }
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let texts = texts(self.get(name)?);
        if texts.is_none() {
            self.refuse(name, "must be a list of names");
        }
        texts
    }

    /// An object.
    pub(super) fn object(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        let object = self.get(name)?.as_object();
        if object.is_none() {
            self.refuse(name, "must be an object");
        }
        object
    }

    /// Takes over what is wrong inside an object, under its name.
    pub(super) fn absorb(&mut self, prefix: &str, inner: Fields<'_>) {
        for (name, message) in inner.wrong {
            self.refuse(&format!("{prefix}.{name}"), message);
        }
    }
}

/// A whole number of at least 0; 5.0 is one.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..=u64::MAX as f64).contains(number);
    value
        .as_u64()
        // Checked: it fits.
        .or_else(|| value.as_f64().filter(is_whole).map(|number| number as u64))
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Whether it is empty or a URL whose scheme the clients know.
fn check_host(host: &str) -> Result<(), String> {
    if host.is_empty() {
        return Ok(());
    }
    if host
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'))
    {
        return Err("must be a URL: it may have no spaces, control characters, < or >".to_owned());
    }
    let Some((scheme, rest)) = host.split_once("://") else {
        let rest = host.trim_start_matches('/');
        return Err(format!("needs a scheme: did you mean http://{rest}?"));
    };
    let is_known = ["http", "https", "ws", "wss"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    if !is_known {
        return Err(format!(
            "has the scheme {scheme}; it must be http, https, ws or wss"
        ));
    }
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) {
        return Err("names no server after its scheme".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_needs_a_scheme_and_a_server() {
        for good in [
            "",
            "http://a",
            "HTTPS://a.b:1/c?d",
            "ws://a",
            "wss://[::1]:2",
            "http://u:p@a",
        ] {
            assert_eq!(check_host(good), Ok(()), "{good}");
        }
        for (bad, named) in [
            ("example.com", "did you mean http://example.com?"),
            ("//example.com", "did you mean http://example.com?"),
            ("localhost:80", "did you mean http://localhost:80?"),
            ("ftp://a", "scheme ftp"),
            ("http://", "no server"),
            ("http:///a", "no server"),
            ("http://a b", "no spaces"),
        ] {
            assert!(check_host(bad).unwrap_err().contains(named), "{bad}");
        }
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point() {
        let number = |text: &str| whole(&serde_json::from_str(text).unwrap());
        assert_eq!(
            (number("5"), number("5.0"), number("1e3")),
            (Some(5), Some(5), Some(1000))
        );
        assert_eq!((number("-1"), number("5.5"), number("\"5\"")), (None, None, None));
    }
}
