//! A certificate authority made for one run, and the certificates it signed: one for the server, one for a client.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// Where the files for clients are.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The authority's certificate (PEM): what a client must trust.
    pub ca: PathBuf,
    /// A client certificate (PEM) the server accepts. Showing one is optional.
    pub client_certificate: PathBuf,
    /// Its key (PEM).
    pub client_key: PathBuf,
}

/// A TLS server's settings and the files that go with it.
pub struct TlsSetup {
    acceptor: TlsAcceptor,
    /// What clients need.
    pub files: TlsFiles,
}

impl TlsSetup {
    /// Makes the authority and the certificates, and writes the files for clients into a folder that exists.
    ///
    /// # Errors
    /// The folder cannot be written; anything else would be a mistake in here.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let authority = authority().map_err(io::Error::other)?;
        let files = TlsFiles {
            ca: folder.join("ca.pem"),
            client_certificate: folder.join("client.pem"),
            client_key: folder.join("client.key"),
        };
        std::fs::write(&files.ca, authority.pem())?;

        let client_key = KeyPair::generate().map_err(io::Error::other)?;
        let client = CertificateParams::new(vec!["client".to_owned()])
            .and_then(|params| params.signed_by(&client_key, &authority))
            .map_err(io::Error::other)?;
        std::fs::write(&files.client_certificate, client.pem())?;
        std::fs::write(&files.client_key, client_key.serialize_pem())?;

        let acceptor = TlsAcceptor::from(Arc::new(server_config(&authority)?));
        Ok(Self { acceptor, files })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "Acrida demo target");
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server_config(authority: &CertifiedIssuer<'static, KeyPair>) -> io::Result<ServerConfig> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
        .and_then(|params| params.signed_by(&key, authority))
        .map_err(io::Error::other)?;
    let key_der = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(authority.der().to_vec()))
        .map_err(io::Error::other)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(io::Error::other)?;
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], key_der)
        .map_err(io::Error::other)
}
