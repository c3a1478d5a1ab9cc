//! Redirects: where to, with which method, and what is not carried along.

use std::sync::Arc;

use bytes::Bytes;

use super::error::HttpError;
use super::head;
use super::profile::{Profile, Style};
use super::receive::Receiver;
use super::request::Prepared;
use super::target::{Origin, Target};
use super::template::{HeaderOverride, Template};

/// Whether `status` redirects, given a Location.
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The request that the received redirect asks for; `None` if it names no place.
pub(super) fn next(
    profile: &Profile,
    request: &Prepared,
    received: &Receiver,
) -> Result<Option<Prepared>, HttpError> {
    let Some(head) = &received.head else {
        return Ok(None);
    };
    let headers = head::headers(&received.bytes[..head.length]);
    let location = headers
        .into_iter()
        .find(|(name, value)| name.eq_ignore_ascii_case("location") && !value.is_empty());
    let Some((_, location)) = location else {
        return Ok(None);
    };
    let target = resolve(request.target(), &location)?;
    let method = method_after(profile.style(), head.status, request.method());
    let keeps_body = matches!(head.status, 307 | 308);
    let overrides = carried_along(request, &target, keeps_body);
    let body = if keeps_body {
        request.body.clone()
    } else {
        Bytes::new()
    };
    let head = profile.head(method, &target, &overrides, body.len());
    let template = Arc::new(Template {
        method: method.to_owned(),
        target,
        head,
    });
    Ok(Some(Prepared {
        template,
        own_head: None,
        overrides,
        body,
        ..*request
    }))
}

/// Locations are UTF-8 in practice though headers are not; http.client's Latin-1 is undone, as requests does.
fn resolve(from: &Target, location: &str) -> Result<Target, HttpError> {
    let bytes: Option<Vec<u8>> = location
        .chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect();
    let utf8 = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let location = utf8.as_deref().unwrap_or(location);
    let invalid = || HttpError::malformed("redirect to a URL that is not valid http or https");
    let url = from.url().join(location).map_err(|_| invalid())?;
    let target = Target::from_url(url).map_err(|_| invalid())?;
    Ok(target.share_origin(from.origin()))
}

/// requests' rules (Session.rebuild_method) or geventhttpclient's, which turns all but HEAD into GET.
fn method_after(style: Style, status: u16, method: &str) -> &str {
    match (status, method, style) {
        (_, "HEAD", _) => method,
        (302 | 303, _, _) | (301, "POST", _) | (301, _, Style::Fast) => "GET",
        _ => method,
    }
}

/// The script's own headers for the next request.
fn carried_along(request: &Prepared, to: &Target, keeps_body: bool) -> Vec<HeaderOverride> {
    let strips_auth = must_strip_auth(request.target().origin(), to.origin());
    let moves = request.target().origin() != to.origin();
    let is_dropped = |(name, _): &&HeaderOverride| match name.to_ascii_lowercase().as_str() {
        // Cookies of the next place come from the jar, a proxy's credentials from its URL; a Host of its own was meant for the first place.
        "cookie" | "proxy-authorization" => true,
        "host" => moves,
        "authorization" => strips_auth,
        "content-type" | "content-encoding" | "content-length" | "transfer-encoding" => !keeps_body,
        _ => false,
    };
    let mut carried: Vec<HeaderOverride> = request
        .overrides
        .iter()
        .filter(|header| !is_dropped(header))
        .cloned()
        .collect();
    if strips_auth {
        carried.push(("Authorization".to_owned(), None));
    }
    carried
}

/// requests' rule (Session.should_strip_auth): another host, or another port or scheme, except from http to https on the
/// standard ports.
fn must_strip_auth(from: &Origin, to: &Origin) -> bool {
    if from.host != to.host {
        return true;
    }
    let upgrade = !from.https && from.port == 80 && to.https && to.port == 443;
    !upgrade && (from.https, from.port) != (to.https, to.port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::profile::ProfileConfig;
    use crate::http::request::Request;

    fn profile() -> Arc<Profile> {
        Profile::new(&ProfileConfig {
            base_url: "http://u:p@h:81/base".to_owned(),
            ..Default::default()
        })
        .unwrap()
    }

    fn redirected(status: u16, location: &str) -> Prepared {
        let profile = profile();
        let own = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let headers = vec![
            own("Content-Type", "text/x"),
            own("X-Mine", "1"),
            own("Cookie", "a=b"),
        ];
        let request = Request {
            method: "POST",
            url: "/p?q",
            headers,
            body: "xyz".into(),
            ..Default::default()
        };
        let request = profile.prepare(request).unwrap();
        let mut received = Receiver::new(false);
        let response = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n");
        received.feed(response.as_bytes()).unwrap();
        next(&profile, &request, &received)
            .unwrap()
            .expect("a next request")
    }

    fn head(request: &Prepared) -> String {
        String::from_utf8(request.head().to_vec()).unwrap()
    }

    #[test]
    fn a_303_becomes_a_get_without_body_headers_or_old_cookies() {
        let next = redirected(303, "/other");
        let head = head(&next);
        assert!(
            head.starts_with("GET /other HTTP/1.1\r\nHost: h:81\r\n"),
            "{head}"
        );
        assert!(
            head.contains("X-Mine: 1\r\n") && head.contains("Authorization: Basic "),
            "{head}"
        );
        for gone in ["Content-Type", "Content-Length", "Cookie"] {
            assert!(!head.contains(gone), "{head}");
        }
        assert!(next.body.is_empty());
    }

    #[test]
    fn a_307_is_the_same_request_elsewhere() {
        let next = redirected(307, "http://h:81/again");
        assert!(head(&next).starts_with("POST /again HTTP/1.1\r\n"));
        assert!(
            head(&next).contains("Content-Type: text/x\r\n") && head(&next).contains("Content-Length: 3\r\n")
        );
        assert_eq!(next.body, "xyz");
    }

    #[test]
    fn credentials_do_not_go_to_other_hosts_or_ports() {
        for elsewhere in ["http://other/", "http://h:82/", "https://h/", "//other/x"] {
            assert!(
                !head(&redirected(302, elsewhere)).contains("Authorization"),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn relative_and_non_ascii_locations_are_resolved() {
        assert_eq!(redirected(302, "x?y").url(), "http://h:81/base/x?y");
        assert_eq!(redirected(302, "/ü#frag").url(), "http://h:81/%C3%BC");
    }

    #[test]
    fn methods_change_as_in_the_libraries() {
        let cases = [
            (Style::Requests, 301, "POST", "GET"),
            (Style::Requests, 301, "PUT", "PUT"),
            (Style::Fast, 301, "PUT", "GET"),
            (Style::Requests, 302, "PUT", "GET"),
            (Style::Requests, 303, "HEAD", "HEAD"),
            (Style::Requests, 308, "POST", "POST"),
        ];
        for (style, status, before, after) in cases {
            assert_eq!(
                method_after(style, status, before),
                after,
                "{style:?} {status} {before}"
            );
        }
    }

    #[test]
    fn a_place_that_is_no_http_url_is_the_targets_mistake() {
        let from = Target::parse("http://h/").unwrap();
        for location in ["ftp://h/", "http://[", "mailto:x"] {
            assert!(resolve(&from, location).is_err(), "{location}");
        }
    }
}
