//! What spans several exchanges: redirects, cookies, headers of the profile, base URLs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its own part of the support")]
mod http_support;

use http_support::Step::Read;
use http_support::{
    Target, fetch, fetch_ok, get, ok, outcome, prepare, response, run, session, session_with,
};
use worker::http::{
    ConfigError, ErrorKind, Fault, Profile, ProfileConfig, Request, RequestError, Session, SharedJar,
};

#[test]
fn redirects_are_followed_with_their_history() {
    run(async {
        let script = vec![
            Read,
            response(
                "302 Found",
                "Location: /second\r\nSet-Cookie: seen=1; Path=/\r\n",
                b"moved",
            ),
            Read,
            response("301 Moved", "Location: ./third?x#y\r\n", b""),
            Read,
            ok("here"),
        ];
        let target = Target::start(vec![script]).await;
        let session = session(&target);
        let response = fetch_ok(&session, "/first").await;
        assert_eq!((response.status, response.body()), (200, &b"here"[..]));
        assert_eq!(
            response.url(),
            format!("http://127.0.0.1:{}/third?x", target.port)
        );
        let history: Vec<_> = response
            .history
            .iter()
            .map(|hop| (hop.status, hop.body().to_vec()))
            .collect();
        assert_eq!(history, [(302, b"moved".to_vec()), (301, Vec::new())]);
        assert!(!target.requests()[0].contains("Cookie"));
        assert!(target.requests()[1].contains("\r\nCookie: seen=1\r\n\r\n"));
        assert!(target.requests()[2].contains("\r\nCookie: seen=1\r\n\r\n"));
        assert!(
            response
                .request
                .headers()
                .contains(&("Cookie".to_owned(), "seen=1".to_owned()))
        );
    });
}

#[test]
fn redirects_are_handed_out_when_not_followed_and_bounded_when_followed() {
    run(async {
        let redirect = || response("302 Found", "Location: /again\r\n", b"");
        let script: Vec<_> = (0..5).flat_map(|_| [Read, redirect()]).collect();
        let target = Target::start(vec![script]).await;
        let session = session_with(&target, |config| config.max_redirects = 3);
        let raw = prepare(
            &session,
            Request {
                method: "GET",
                url: "/",
                ..Default::default()
            },
        );
        assert_eq!(outcome(&session, raw).await.result.unwrap().status, 302);
        let error = fetch(&session, "/").await.unwrap_err();
        assert_eq!(
            (error.kind, &*error.text),
            (
                ErrorKind::TooManyRedirects,
                "TooManyRedirects('Exceeded 3 redirects.')"
            )
        );
        assert_eq!(target.requests().len(), 5);
    });
}

#[test]
fn a_redirected_stream_reads_the_redirect_and_streams_the_rest() {
    run(async {
        let script = vec![
            Read,
            response("307 T", "Location: /b\r\n", b"some body"),
            Read,
            ok("streamed"),
        ];
        let target = Target::start(vec![script]).await;
        let session = session(&target);
        let request = Request {
            method: "GET",
            url: "/a",
            stream: true,
            follow_redirects: true,
            ..Default::default()
        };
        let outcome = outcome(&session, prepare(&session, request)).await;
        assert_eq!(outcome.result.unwrap().history.len(), 1);
        let chunk = outcome
            .stream
            .unwrap()
            .next_chunk(&worker::http::PhaseCell::default())
            .await
            .unwrap();
        assert_eq!(chunk.unwrap(), "streamed");
    });
}

#[test]
fn credentials_go_to_the_host_they_are_for() {
    run(async {
        let first = Target::start(vec![vec![Read, ok("")]]).await;
        let second = Target::start(vec![vec![Read, ok("")]]).await;
        let base_url = format!("http://Aladdin:open%20sesame@127.0.0.1:{}/api", first.port);
        let session = session_with(&first, |config| config.base_url = base_url);
        fetch_ok(&session, "/x").await;
        assert!(
            first.last().starts_with("GET /api/x HTTP/1.1\r\n"),
            "{}",
            first.last()
        );
        assert!(
            first
                .last()
                .contains("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n")
        );
        fetch_ok(&session, &format!("http://localhost:{}/", second.port)).await;
        assert!(!second.last().contains("Authorization"), "{}", second.last());
    });
}

#[test]
fn headers_of_profile_and_request_override_each_other_by_name() {
    run(async {
        let target = Target::start(vec![vec![Read, ok(""), Read, ok("")]]).await;
        let session = session_with(&target, |config| {
            config.headers = vec![
                ("user-agent".to_owned(), "mine/1".to_owned()),
                ("X-All".to_owned(), "a".to_owned()),
            ];
        });
        let headers = vec![
            ("x-all".to_owned(), Some("b".to_owned())),
            ("Accept".to_owned(), None),
        ];
        let request = Request {
            method: "GET",
            url: "/",
            headers,
            ..Default::default()
        };
        outcome(&session, prepare(&session, request))
            .await
            .result
            .unwrap();
        let sent = target.last();
        assert!(
            sent.contains("user-agent: mine/1\r\n") && sent.contains("x-all: b\r\n"),
            "{sent}"
        );
        assert!(
            !sent.contains("acrida/") && !sent.contains("X-All") && !sent.contains("Accept:"),
            "{sent}"
        );
        fetch_ok(&session, "/").await;
        assert!(target.last().contains("X-All: a\r\n") && target.last().contains("Accept: */*\r\n"));
    });
}

#[test]
fn cookies_belong_to_a_jar_that_other_threads_and_sessions_may_use() {
    run(async {
        let target = Target::start(vec![
            vec![Read, response("200 OK", "Set-Cookie: a=1\r\n", b"")],
            vec![Read, ok("")],
        ])
        .await;
        let first = session(&target);
        fetch_ok(&first, "/").await;
        let jar: SharedJar = first.jar().clone();
        std::thread::spawn(move || jar.set_simple("b", "2", "127.0.0.1", "/"))
            .join()
            .unwrap();
        let second = Session::new(first.profile().clone(), first.jar().clone());
        fetch_ok(&second, "/").await;
        assert!(
            target.last().contains("\r\nCookie: a=1; b=2\r\n"),
            "{}",
            target.last()
        );
    });
}

#[test]
fn a_cookie_header_of_the_script_stands_for_the_jars() {
    run(async {
        let target = Target::start(vec![vec![Read, ok("")]]).await;
        let session = session(&target);
        session.jar().set_simple("jar", "1", "", "/");
        let headers = vec![("cookie".to_owned(), Some("own=1".to_owned()))];
        let request = Request {
            method: "GET",
            url: "/",
            headers,
            ..Default::default()
        };
        outcome(&session, prepare(&session, request))
            .await
            .result
            .unwrap();
        assert!(target.last().contains("cookie: own=1\r\n") && !target.last().contains("jar=1"));
    });
}

fn profile(base_url: &str) -> Result<std::sync::Arc<Profile>, ConfigError> {
    Profile::new(&ProfileConfig {
        base_url: base_url.to_owned(),
        ..Default::default()
    })
}

#[test]
fn urls_are_appended_to_the_base_as_in_locust() {
    for (base, url, expected) in [
        ("http://h", "/x", "http://h/x"),
        ("http://h", "", "http://h/"),
        ("http://h/api/", "x?y", "http://h/api/x?y"),
        ("http://u:p@h/api", "/x", "http://h/api/x"),
        ("http://h", "HTTPS://other/y#z", "https://other/y"),
        ("http://[::1]:8080", "/", "http://[::1]:8080/"),
        ("", "http://other/", "http://other/"),
    ] {
        let profile = profile(base).unwrap();
        let request = profile
            .prepare(Request {
                method: "GET",
                url,
                ..Default::default()
            })
            .unwrap();
        assert_eq!(request.url(), expected, "{base} {url}");
    }
}

#[test]
fn what_crosses_threads_may() {
    fn check<T: Send>() {}
    fn check_shared<T: Send + Sync>() {}
    check::<worker::http::Prepared>();
    check::<worker::http::Response>();
    check::<worker::http::HttpError>();
    check_shared::<Profile>();
    check_shared::<SharedJar>();
}

#[test]
fn mistakes_of_the_script_are_found_before_anything_is_sent() {
    let profile = profile("").unwrap();
    let check = |method: &str, url: &str, header: &str, expected: &str| {
        let headers = vec![("X".to_owned(), Some(header.to_owned()))];
        let error: RequestError = profile
            .prepare(Request {
                method,
                url,
                headers,
                ..Default::default()
            })
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("GET", "/x", "", "Invalid URL '/x': it is relative");
    check("GET", "http://", "", "Invalid URL 'http://': ");
    check("GET", "http://h:port/", "", "Invalid URL 'http://h:port/': ");
    check("G T", "http://h/", "", "Invalid method 'G T'");
    check("GET", "http://h/", "a\r\nb", "Invalid header 'X'");
}

#[test]
fn unusable_bases_are_refused_in_one_line() {
    for (base, expected) in [
        ("localhost:80", "'localhost' is not http"),
        ("/x", "Invalid URL '/x'"),
        ("ftp://h", "'ftp'"),
    ] {
        let message = profile(base).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn redirects_out_of_http_are_the_targets_mistake() {
    run(async {
        let target = Target::start(vec![vec![Read, response("302 F", "Location: ftp://h/\r\n", b"")]]).await;
        let error = outcome(&session(&target), get(&session(&target), "/"))
            .await
            .result
            .unwrap_err();
        assert_eq!((error.kind, error.fault), (ErrorKind::Malformed, Fault::Target));
    });
}
