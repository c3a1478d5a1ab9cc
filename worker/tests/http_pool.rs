//! Connections that sessions share, and bounds on how many are in use.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its own part of the support")]
mod http_support;

use std::rc::Rc;

use http_support::Step::{Hang, Read};
use http_support::{Target, fetch, fetch_ok, get, ok, response, run, session_with};
use worker::http::{Phase, PhaseCell, Pool, PoolConfig, Profile, ProfileConfig, Session, SharedJar, execute};

fn pool(in_use: Option<usize>, kept: usize) -> Rc<Pool> {
    Rc::new(Pool::shared(PoolConfig { in_use, kept }))
}

/// A session with settings of its own, equal to those of the others.
fn member(target: &Target, pool: &Rc<Pool>, change: impl FnOnce(&mut ProfileConfig)) -> Session {
    let mut config = ProfileConfig {
        base_url: format!("http://127.0.0.1:{}", target.port),
        ..Default::default()
    };
    change(&mut config);
    Session::sharing(
        Profile::new(&config).unwrap(),
        SharedJar::default(),
        Rc::clone(pool),
    )
}

#[test]
fn sessions_of_a_pool_use_one_connection_after_the_other_with_cookies_of_their_own() {
    run(async {
        let cookie = response("200 OK", "Set-Cookie: a=1\r\n", b"");
        let script = vec![Read, cookie, Read, ok(""), Read, ok(""), Hang];
        let target = Target::start(vec![script]).await;
        let pool = pool(None, 1);
        let (one, other) = (member(&target, &pool, |_| {}), member(&target, &pool, |_| {}));
        fetch_ok(&one, "/").await;
        fetch_ok(&other, "/").await;
        assert!(!target.last().contains("Cookie"));
        // The end of a user does not close what is shared.
        other.close();
        drop(other);
        fetch_ok(&one, "/").await;
        assert!(target.last().contains("Cookie: a=1"));
        assert_eq!(pool.idle_connections(), 1);
        one.drop_idle();
        assert_eq!(pool.idle_connections(), 0);
    });
}

#[test]
fn other_settings_do_not_share_a_connection() {
    run(async {
        let script = || vec![Read, ok(""), Hang];
        let target = Target::start(vec![script(), script()]).await;
        let pool = pool(None, 5);
        let proxied = member(&target, &pool, |config| {
            config.proxies.rules.push(worker::http::ProxyRule {
                key: "http".to_owned(),
                url: Some(format!("127.0.0.1:{}", target.port)),
                from_environment: false,
            });
        });
        fetch_ok(&member(&target, &pool, |_| {}), "/").await;
        fetch_ok(&proxied, "/").await;
        assert!(target.last().starts_with("GET http://"));
        assert_eq!(pool.idle_connections(), 2);
    });
}

#[test]
fn a_request_beyond_the_bound_waits_for_a_connection() {
    run(async {
        let script = vec![Read, ok("first"), Read, ok("second"), Hang];
        let target = Target::start(vec![script]).await;
        let pool = pool(Some(1), 1);
        let (one, other) = (member(&target, &pool, |_| {}), member(&target, &pool, |_| {}));
        let (first, second) = tokio::join!(fetch(&one, "/1"), fetch(&other, "/2"));
        assert_eq!(first.unwrap().body(), b"first");
        assert_eq!(second.unwrap().body(), b"second");
    });
}

#[test]
fn whoever_is_dropped_makes_room() {
    run(async {
        let target = Target::start(vec![vec![Read, Hang], vec![Read, ok("mine"), Hang]]).await;
        let session = session_with(&target, |config| config.max_connections = Some(1));
        let waiting = PhaseCell::default();
        {
            let phase = PhaseCell::default();
            let mut stuck = std::pin::pin!(execute(&session, get(&session, "/stuck"), &phase));
            tokio::select! {
                _ = &mut stuck => unreachable!("the target hangs"),
                () = target.hanging() => {}
            }
            let mut queued = std::pin::pin!(execute(&session, get(&session, "/queued"), &waiting));
            tokio::select! {
                biased;
                _ = &mut queued => unreachable!("there is no room"),
                () = tokio::task::yield_now() => {}
            }
            assert_eq!(waiting.phase(), Phase::Queued);
        }
        assert_eq!(fetch_ok(&session, "/").await.body(), b"mine");
    });
}
