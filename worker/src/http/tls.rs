//! TLS: which authorities are trusted, the client's own certificate, and words for what goes wrong.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

use super::error::{ErrorKind, HttpError};
use super::error_request::ConfigError;

/// What is checked of a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checks {
    /// That a trusted authority has signed it.
    pub certificate: bool,
    /// And that it is for the host's name.
    pub name: bool,
}

/// The TLS side of a profile. Files are read when it is made; the system's authorities only when they are needed.
pub(super) struct TlsSettings {
    checks: Checks,
    extra_roots: Vec<CertificateDer<'static>>,
    client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    connector: OnceLock<Result<TlsConnector, String>>,
}

impl std::fmt::Debug for TlsSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key stays out of logs.
        formatter
            .debug_struct("TlsSettings")
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}

impl TlsSettings {
    /// Reads the files. A client certificate is set up at once, so that a key that does not fit is found here.
    pub fn new(
        checks: Checks,
        ca_file: Option<&str>,
        ca_certificates: &[Vec<u8>],
        client_cert: Option<&(String, Option<String>)>,
    ) -> Result<Self, ConfigError> {
        let mut extra_roots = match ca_file {
            Some(path) => read_certificates("CA", path)?,
            None => Vec::new(),
        };
        extra_roots.extend(ca_certificates.iter().cloned().map(CertificateDer::from));
        let client = match client_cert {
            Some((certificates, key)) => {
                let key_path = key.as_deref().unwrap_or(certificates);
                Some((
                    read_certificates("client certificate", certificates)?,
                    read_key(key_path)?,
                ))
            }
            None => None,
        };
        let settings = Self {
            checks,
            extra_roots,
            client,
            connector: OnceLock::new(),
        };
        if settings.client.is_some() || !settings.extra_roots.is_empty() {
            settings.connector().map_err(ConfigError::Tls)?;
        }
        Ok(settings)
    }

    /// Whether both lead to the same checks and the same certificate of ours.
    pub fn is_like(&self, other: &Self) -> bool {
        let chain = |settings: &Self| settings.client.as_ref().map(|(chain, _)| chain.clone());
        self.checks == other.checks && self.extra_roots == other.extra_roots && chain(self) == chain(other)
    }

    /// The connector, made at the first call; the error is one line.
    pub fn connector(&self) -> Result<TlsConnector, String> {
        self.connector.get_or_init(|| self.make_connector()).clone()
    }

    fn make_connector(&self) -> Result<TlsConnector, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|why| why.to_string())?;
        let builder = match self.checks {
            Checks {
                certificate: true,
                name: true,
            } if self.extra_roots.is_empty() => builder.with_root_certificates(self.roots()?),
            Checks {
                certificate: true,
                name,
            } => {
                let roots = Arc::new(self.roots()?);
                let inner = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
                let verifier = LikeOpenSsl {
                    inner: inner.map_err(|why| why.to_string())?,
                    trusted: self.extra_roots.clone(),
                    name,
                };
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(verifier))
            }
            Checks {
                certificate: false, ..
            } => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(TrustAnything { provider })),
        };
        let config = match &self.client {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|why| format!("client certificate and key cannot be used: {why}"))?,
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(system_roots().iter().cloned());
        for certificate in &self.extra_roots {
            roots
                .add(certificate.clone())
                .map_err(|why| format!("CA file: {why}"))?;
        }
        if roots.is_empty() {
            return Err("no trusted certificate authorities found on this system: install ca-certificates, name a CA \
                        file, or switch verification off"
                .to_owned());
        }
        Ok(roots)
    }
}

/// Read once per process: there are well over a hundred of them.
fn system_roots() -> &'static [CertificateDer<'static>] {
    static ROOTS: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    ROOTS.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}

fn read_certificates(what: &'static str, path: &str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let failed = |why: String| ConfigError::File {
        what,
        path: path.to_owned(),
        why,
    };
    let bytes = read(what, path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|why| failed(format!("it is not valid PEM: {why}")))?;
    if certificates.is_empty() {
        return Err(failed("it contains no PEM certificate".to_owned()));
    }
    Ok(certificates)
}

fn read_key(path: &str) -> Result<PrivateKeyDer<'static>, ConfigError> {
    const WHAT: &str = "client key";
    let bytes = read(WHAT, path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|why| ConfigError::File {
        what: WHAT,
        path: path.to_owned(),
        why: format!("it contains no unencrypted PEM private key ({why})"),
    })
}

fn read(what: &'static str, path: &str) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(Path::new(path)).map_err(|why| ConfigError::File {
        what,
        path: path.to_owned(),
        why: why.to_string(),
    })
}

/// Accepts every certificate, as `verify=False` asks; signatures are still checked, so the peer does own its key.
#[derive(Debug)]
struct TrustAnything {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for TrustAnything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Checks as Python's TLS does where that is laxer: a self-signed certificate that is trusted itself may be the server's
/// own, and the name need not be looked at.
#[derive(Debug)]
struct LikeOpenSsl {
    inner: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
    name: bool,
}

impl ServerCertVerifier for LikeOpenSsl {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use rustls::CertificateError::{NotValidForName, NotValidForNameContext, Other};
        let verified =
            self.inner
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last, so everything else is in order.
            Err(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
                if !self.name =>
            {
                Ok(ServerCertVerified::assertion())
            }
            // Its validity has been looked at before, its name has not.
            Err(rustls::Error::InvalidCertificate(Other(why)))
                if format!("{why:?}").contains("CaUsedAsEndEntity") && self.trusted.contains(end_entity) =>
            {
                if self.name {
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// A failed handshake or record in the words a user can act on.
pub(super) fn tls_error(error: &rustls::Error) -> HttpError {
    use rustls::CertificateError as Certificate;
    let text = match error {
        rustls::Error::InvalidCertificate(why) => {
            let why = match why {
                Certificate::UnknownIssuer => "unknown issuer, or self-signed".to_owned(),
                Certificate::Expired | Certificate::ExpiredContext { .. } => {
                    "certificate has expired".to_owned()
                }
                Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                    "certificate is not valid yet".to_owned()
                }
                Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                    "certificate is for another host name".to_owned()
                }
                Certificate::BadSignature => "not signed by the trusted authority of that name".to_owned(),
                other => other.to_string(),
            };
            format!("certificate verify failed: {why}")
        }
        rustls::Error::InvalidMessage(_) => "the target does not speak TLS on this port".to_owned(),
        rustls::Error::AlertReceived(alert) => format!("the target refused the TLS handshake: {alert:?}"),
        other => other.to_string(),
    };
    HttpError::new(ErrorKind::Tls, format!("SSLError('{text}')"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const CHECK: Checks = Checks {
        certificate: true,
        name: true,
    };

    fn file(contents: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(contents.as_bytes()).unwrap();
        file
    }

    #[track_caller]
    fn check(ca: Option<&str>, client: Option<&(String, Option<String>)>, expected: &str) {
        let message = TlsSettings::new(CHECK, ca, &[], client).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }

    #[test]
    fn unusable_files_are_named_in_one_line() {
        let (empty, broken) = (
            file("nothing"),
            file("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"),
        );
        let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
        check(
            Some("/no/such/file.pem"),
            None,
            "cannot use CA file '/no/such/file.pem': No such file",
        );
        check(Some(&path(&empty)), None, "contains no PEM certificate");
        check(Some(&path(&broken)), None, "not valid PEM");
        check(
            None,
            Some(&("/no/cert".to_owned(), None)),
            "cannot use client certificate file '/no/cert'",
        );

        let certificate = rcgen::generate_simple_self_signed(["h".to_owned()]).unwrap();
        let only_certificate = file(&certificate.cert.pem());
        check(
            None,
            Some(&(path(&only_certificate), None)),
            "cannot use client key file",
        );
        let other = file(&rcgen::KeyPair::generate().unwrap().serialize_pem());
        check(
            None,
            Some(&(path(&only_certificate), Some(path(&other)))),
            "certificate and key cannot be used",
        );
    }
}
