//! TLS: trust, names, client certificates, and the words for what fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its own part of the support")]
mod http_support;

use std::io::Write;
use std::sync::Arc;

use http_support::Step::{Hang, Read};
use http_support::{Target, fetch, ok, run, send};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::NamedTempFile;
use worker::http::{ErrorKind, Profile, ProfileConfig, Session, SharedJar};

/// An authority made for one test.
struct Authority {
    certificate: CertificateDer<'static>,
    pem: NamedTempFile,
    issuer: Issuer<'static, KeyPair>,
}

struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        Self::named("authority")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let pem = file(&certificate.pem());
        Self {
            certificate: certificate.der().clone(),
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn issue(&self, name: &str) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Issued {
            certificate: params.signed_by(&key, &self.issuer).unwrap(),
            key,
        }
    }

    /// A server's settings; with `demands`, clients must show a certificate of this authority.
    fn server(&self, name: &str, demands: bool) -> Arc<ServerConfig> {
        let Issued { certificate, key } = self.issue(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = builder.unwrap();
        let builder = if demands {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Arc::new(
            builder
                .with_single_cert(vec![certificate.der().clone()], key)
                .unwrap(),
        )
    }

    fn path(&self) -> Option<String> {
        Some(path(&self.pem))
    }
}

fn file(contents: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(contents.as_bytes()).unwrap();
    file
}

fn path(file: &NamedTempFile) -> String {
    file.path().display().to_string()
}

fn session(target: &Target, host: &str, change: impl FnOnce(&mut ProfileConfig)) -> Session {
    let mut config = ProfileConfig {
        base_url: format!("https://{host}:{}", target.port),
        ..Default::default()
    };
    change(&mut config);
    Session::new(Profile::new(&config).unwrap(), SharedJar::default())
}

#[test]
fn a_self_signed_certificate_may_be_trusted_itself_for_its_names() {
    run(async {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained); // as `openssl req -x509` makes them
        let certificate = params.self_signed(&key).unwrap();
        let der = certificate.der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let server = builder.unwrap().with_no_client_auth();
        let server = Arc::new(server.with_single_cert(vec![der.clone()], key).unwrap());
        let script = || vec![Read, ok("in"), Hang];
        let target = Target::start_with(vec![script(), script(), script()], Some(server)).await;
        let trusting = session(&target, "127.0.0.1", |config| {
            config.ca_certificates = vec![der.to_vec()]
        });
        assert_eq!(fetch(&trusting, "/").await.unwrap().body(), b"in");
        let elsewhere = session(&target, "localhost", |config| {
            config.ca_certificates = vec![der.to_vec()]
        });
        assert_eq!(fetch(&elsewhere, "/").await.unwrap_err().kind, ErrorKind::Tls);
        let unknown = session(&target, "127.0.0.1", |_| {});
        assert_eq!(fetch(&unknown, "/").await.unwrap_err().kind, ErrorKind::Tls);
    });
}

#[test]
fn the_name_alone_may_go_unchecked() {
    run(async {
        let authority = Authority::new();
        let script = || vec![Read, ok("in"), Hang];
        let target = Target::start_with(
            vec![script(), script()],
            Some(authority.server("other.example", false)),
        )
        .await;
        let trusting = session(&target, "127.0.0.1", |config| {
            config.ca_certificates = vec![authority.certificate.to_vec()];
            config.check_hostname = false;
        });
        assert_eq!(fetch(&trusting, "/").await.unwrap().body(), b"in");
        let unknown = session(&target, "127.0.0.1", |config| config.check_hostname = false);
        assert_eq!(fetch(&unknown, "/").await.unwrap_err().kind, ErrorKind::Tls);
    });
}

#[test]
fn a_trusted_authority_makes_a_connection_that_is_kept() {
    run(async {
        let authority = Authority::new();
        let script = vec![Read, ok("one"), Read, ok("two"), Hang];
        let target = Target::start_with(vec![script], Some(authority.server("127.0.0.1", false))).await;
        let session = session(&target, "127.0.0.1", |config| config.ca_file = authority.path());
        assert_eq!(fetch(&session, "/").await.unwrap().body(), b"one");
        assert_eq!(fetch(&session, "/").await.unwrap().body(), b"two");
        assert_eq!(session.idle_connections(), 1);
    });
}

#[test]
fn a_kept_connection_that_the_target_closed_is_made_again() {
    run(async {
        let authority = Authority::new();
        let scripts = vec![vec![Read, ok("one")], vec![Read, ok("two")]];
        let target = Target::start_with(scripts, Some(authority.server("127.0.0.1", false))).await;
        let session = session(&target, "127.0.0.1", |config| config.ca_file = authority.path());
        assert_eq!(fetch(&session, "/").await.unwrap().body(), b"one");
        assert_eq!(fetch(&session, "/").await.unwrap().body(), b"two");
    });
}

#[test]
fn unknown_authorities_and_wrong_names_are_refused_unless_verification_is_off() {
    run(async {
        let authority = Authority::new();
        let scripts = vec![vec![], vec![], vec![], vec![Read, ok("fine")]];
        let target = Target::start_with(scripts, Some(authority.server("elsewhere.example", false))).await;
        let (stranger, namesake) = (Authority::named("stranger"), Authority::new());
        let session_of = |ca: Option<String>, verify| {
            session(&target, "127.0.0.1", |config| {
                (config.ca_file, config.verify) = (ca, verify);
            })
        };
        for (session, why) in [
            (session_of(stranger.path(), true), "unknown issuer"),
            (
                session_of(namesake.path(), true),
                "not signed by the trusted authority",
            ),
            (session_of(authority.path(), true), "another host name"),
        ] {
            let error = fetch(&session, "/").await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Tls);
            assert!(
                error.text.contains("certificate verify failed") && error.text.contains(why),
                "{}",
                error.text
            );
        }
        assert_eq!(
            fetch(&session_of(None, false), "/").await.unwrap().body(),
            b"fine"
        );
    });
}

#[test]
fn a_client_certificate_is_shown_when_there_is_one() {
    run(async {
        let authority = Authority::new();
        let Issued { certificate, key } = authority.issue("client");
        let (certificate_file, key_file) = (file(&certificate.pem()), file(&key.serialize_pem()));
        let both = file(&format!("{}{}", key.serialize_pem(), certificate.pem()));
        let scripts = vec![vec![Read, ok("1")], vec![Read, ok("2")], vec![Read, ok("3")]];
        let target = Target::start_with(scripts, Some(authority.server("127.0.0.1", true))).await;
        for cert in [
            (path(&certificate_file), Some(path(&key_file))),
            (path(&both), None),
        ] {
            let session = session(&target, "127.0.0.1", |config| {
                (config.ca_file, config.client_cert) = (authority.path(), Some(cert));
            });
            assert_eq!(fetch(&session, "/").await.unwrap().status, 200);
        }
        let session = session(&target, "127.0.0.1", |config| config.ca_file = authority.path());
        let error = fetch(&session, "/").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Tls);
        assert!(
            error
                .text
                .contains("the target refused the TLS handshake: CertificateRequired"),
            "{}",
            error.text
        );
    });
}

#[test]
fn a_target_without_tls_is_named_as_such() {
    run(async {
        let target = Target::start(vec![vec![send("HTTP/1.1 400 Bad Request\r\n\r\n"), Hang], vec![]]).await;
        let session = session(&target, "127.0.0.1", |config| config.verify = false);
        let error = fetch(&session, "/").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Tls);
        assert!(error.text.contains("does not speak TLS"), "{}", error.text);
        let error = fetch(&session, "/").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Tls, "{}", error.text);
    });
}
