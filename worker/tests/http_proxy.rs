//! Proxies: absolute URLs, tunnels, credentials, and the words for what fails on the way.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its own part of the support")]
mod http_support;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use http_support::Step::{Hang, Read};
use http_support::{Target, fetch, fetch_ok, ok, response, run, send, session_with};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use worker::http::{
    ConfigError, ErrorKind, Fault, Profile, ProfileConfig, ProxyConfig, ProxyRule, Session, SharedJar,
};

fn through(url: &str) -> ProxyConfig {
    let rule = ProxyRule {
        key: "all".to_owned(),
        url: Some(url.to_owned()),
        from_environment: false,
    };
    ProxyConfig {
        rules: vec![rule],
        no_proxy: String::new(),
    }
}

fn session(base_url: &str, proxy: &str) -> Session {
    let config = ProfileConfig {
        base_url: base_url.to_owned(),
        verify: false,
        proxies: through(proxy),
        ..Default::default()
    };
    Session::new(Profile::new(&config).unwrap(), SharedJar::default())
}

fn tls_server() -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["target.example".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = builder
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(config.unwrap())
}

/// A proxy that opens a tunnel to `port` for every CONNECT, and what it was asked.
struct Tunnels {
    port: u16,
    asked: Rc<Cell<String>>,
    count: Rc<Cell<u32>>,
}

impl Tunnels {
    async fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tunnels = Self {
            port: listener.local_addr().unwrap().port(),
            asked: Rc::default(),
            count: Rc::default(),
        };
        let (asked, count) = (Rc::clone(&tunnels.asked), Rc::clone(&tunnels.count));
        tokio::task::spawn_local(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                count.set(count.get() + 1);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                asked.set(String::from_utf8(head).unwrap());
                let mut server = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                client
                    .write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
                    .await
                    .unwrap();
                tokio::task::spawn_local(async move {
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        tunnels
    }
}

#[test]
fn a_plain_target_is_asked_for_by_its_whole_url_with_the_proxys_credentials() {
    run(async {
        let script = vec![Read, ok("one"), Read, ok("two")];
        let proxy = Target::start(vec![script]).await;
        let session = session(
            "http://target.example:81/base",
            &format!("http://u:p@127.0.0.1:{}", proxy.port),
        );
        let response = fetch_ok(&session, "/x?y=1").await;
        assert_eq!(response.body(), b"one");
        assert_eq!(response.url(), "http://target.example:81/base/x?y=1");
        let sent = proxy.last();
        assert!(
            sent.starts_with(
                "GET http://target.example:81/base/x?y=1 HTTP/1.1\r\nHost: target.example:81\r\n"
            ),
            "{sent}"
        );
        assert!(sent.contains("\r\nProxy-Authorization: Basic dTpw\r\n"), "{sent}");
        // The connection to the proxy serves every host behind it only by its own origin.
        assert_eq!(fetch_ok(&session, "/z").await.body(), b"two");
    });
}

#[test]
fn a_tls_target_is_reached_through_a_tunnel_that_is_kept() {
    run(async {
        let script = vec![Read, ok("one"), Read, ok("two"), Hang];
        let target = Target::start_with(vec![script], Some(tls_server())).await;
        let tunnels = Tunnels::start(target.port).await;
        let session = session(
            "https://target.example",
            &format!("http://u:p@127.0.0.1:{}", tunnels.port),
        );
        assert_eq!(fetch_ok(&session, "/x").await.body(), b"one");
        assert_eq!(fetch_ok(&session, "/y").await.body(), b"two");
        assert_eq!(
            tunnels.asked.take(),
            "CONNECT target.example:443 HTTP/1.1\r\nHost: target.example:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n"
        );
        assert_eq!(tunnels.count.get(), 1);
        // What the target sees is an ordinary request, without the proxy's credentials.
        assert!(
            target
                .last()
                .starts_with("GET /y HTTP/1.1\r\nHost: target.example\r\n")
        );
        assert!(!target.last().contains("Proxy-Authorization"));
    });
}

#[test]
fn a_redirect_to_another_scheme_takes_its_own_way() {
    run(async {
        let secure = Target::start_with(vec![vec![Read, ok("secure"), Hang]], Some(tls_server())).await;
        let tunnels = Tunnels::start(secure.port).await;
        let redirect = response("302 Found", "Location: https://target.example/in\r\n", b"");
        let plain = Target::start(vec![vec![Read, redirect]]).await;
        let session = session_with(&plain, |config| {
            config.verify = false;
            config.proxies = through(&format!("127.0.0.1:{}", tunnels.port));
            config.proxies.rules[0].key = "https".to_owned();
        });
        assert_eq!(fetch_ok(&session, "/").await.body(), b"secure");
        assert_eq!(tunnels.count.get(), 1);
    });
}

#[test]
fn a_proxy_that_cannot_be_reached_or_refuses_is_named_and_the_networks_fault() {
    run(async {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = gone.local_addr().unwrap().port();
        drop(gone);
        for scheme in ["http", "https"] {
            let session = session(
                &format!("{scheme}://target.example"),
                &format!("http://u:secret@127.0.0.1:{port}"),
            );
            let error = fetch(&session, "/").await.unwrap_err();
            assert_eq!((error.kind, error.fault), (ErrorKind::Proxy, Fault::Network));
            let expected = format!(
                "ProxyError(\"cannot connect to proxy 127.0.0.1:{port}: ConnectionRefusedError(111, 'Connection refused')\")"
            );
            assert_eq!(error.text, expected);
        }
        let answers = [
            (
                send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno!"),
                "refused the tunnel: 407 Proxy Authentication Required",
            ),
            (send("nonsense\r\n\r\n"), "gave no valid answer"),
            (send("HTTP/1.1 200 OK\r\n\r\nsurplus"), "sent something before"),
            (send(""), "closed the connection instead of opening a tunnel"),
        ];
        for (answer, words) in answers {
            let proxy = Target::start(vec![vec![Read, answer]]).await;
            let session = session("https://target.example", &format!("127.0.0.1:{}", proxy.port));
            let error = fetch(&session, "/").await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Proxy, "{}", error.text);
            let whole = format!("proxy 127.0.0.1:{} {words}", proxy.port);
            assert!(error.text.contains(&whole), "{}", error.text);
        }
    });
}

#[test]
fn a_plain_refusal_of_the_proxy_is_a_response() {
    run(async {
        let proxy = Target::start(vec![vec![
            Read,
            response("407 Proxy Authentication Required", "", b""),
        ]])
        .await;
        let session = session("http://target.example", &format!("127.0.0.1:{}", proxy.port));
        assert_eq!(fetch_ok(&session, "/").await.status, 407);
    });
}

#[test]
fn an_https_proxy_is_spoken_to_under_tls() {
    run(async {
        let proxy = Target::start_with(vec![vec![Read, ok("via"), Hang]], Some(tls_server())).await;
        let session = session(
            "http://target.example",
            &format!("https://127.0.0.1:{}", proxy.port),
        );
        assert_eq!(fetch_ok(&session, "/x").await.body(), b"via");
        assert!(
            proxy
                .last()
                .starts_with("GET http://target.example/x HTTP/1.1\r\n")
        );
    });
}

#[test]
fn a_proxy_that_cannot_be_used_is_refused_with_the_profile() {
    let config = ProfileConfig {
        proxies: through("socks5://127.0.0.1:1080"),
        ..Default::default()
    };
    let error = Profile::new(&config).unwrap_err();
    assert!(matches!(error, ConfigError::Proxy { .. }), "{error}");
    assert!(error.to_string().contains("SOCKS"), "{error}");
}
