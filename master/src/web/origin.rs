//! Requests that change something are refused when a page of another site sends them: a browser lets any page post to
//! `localhost`, and no such page shall start load there.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;

const FORWARDED_HOST: &str = "x-forwarded-host";
const FETCH_SITE: &str = "sec-fetch-site";

/// The check, in front of every route.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let changes_nothing = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes_nothing || is_own(request.headers()) {
        return next.run(request).await;
    }
    ApiError::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "A page of another site may change nothing here. Behind a proxy: pass on the header Host, or set X-Forwarded-Host",
    )
    .into_response()
}

/// Whether no browser sent it for the page of another site. Programs send no `Origin`; a page can change neither that nor
/// `Host`, and cannot add headers across sites unasked.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text(FETCH_SITE) == Some("cross-site") {
        return false;
    }
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    let origin = text(header::ORIGIN.as_str()).and_then(authority);
    let hosts = [header::HOST.as_str(), FORWARDED_HOST];
    let mut hosts = hosts.into_iter().filter_map(text);
    origin.is_some_and(|origin| hosts.any(|host| plain(host) == origin))
}

/// Host and port of an origin; none of what is no origin of a page, such as `null`.
fn authority(origin: &str) -> Option<String> {
    let (_, authority) = origin.split_once("://")?;
    Some(plain(authority))
}

/// Without the ports that browsers leave out. A proxy may end TLS, so the scheme is not compared.
fn plain(authority: &str) -> String {
    let authority = authority.trim().to_ascii_lowercase();
    let shorter = authority
        .strip_suffix(":80")
        .or_else(|| authority.strip_suffix(":443"));
    shorter.unwrap_or(&authority).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_the_own_page_and_programs_may_change_something() {
        for own in [
            &[("host", "localhost:8089")][..],
            &[("host", "localhost:8089"), ("origin", "http://localhost:8089")],
            &[("host", "Load.example"), ("origin", "https://load.example:443")],
            &[
                ("host", "10.0.0.1:8089"),
                ("x-forwarded-host", "load.example"),
                ("origin", "https://load.example"),
            ],
        ] {
            assert!(is_own(&headers(own)), "{own:?}");
        }
        for foreign in [
            &[("host", "localhost:8089"), ("origin", "http://evil.example")][..],
            &[("host", "localhost:8089"), ("origin", "http://localhost:3000")],
            &[("host", "localhost:8089"), ("origin", "null")],
            &[("host", "localhost:8089"), ("sec-fetch-site", "cross-site")],
            &[("origin", "http://localhost:8089")],
        ] {
            assert!(!is_own(&headers(foreign)), "{foreign:?}");
        }
    }
}
