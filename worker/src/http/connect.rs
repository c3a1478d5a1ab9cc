//! Making a connection: name resolution, TCP to the first address that answers, TLS.

use tokio::net::TcpStream;

use super::connection::{Connection, Wire};
use super::dns;
use super::error::{ErrorKind, HttpError};
use super::profile::Profile;
use super::target::Origin;

/// A new connection to `origin`.
pub(super) async fn connect(profile: &Profile, origin: &Origin) -> Result<Connection, HttpError> {
    let stream = open(origin).await?;
    if !origin.https {
        return Ok(Connection::new(Wire::Plain(stream)));
    }
    let tls_failed = |why: String| HttpError::new(ErrorKind::Tls, format!("SSLError('{why}')"));
    let connector = profile.tls.connector().map_err(tls_failed)?;
    let name = origin.server_name().map_err(tls_failed)?;
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Connection::new(Wire::Tls(Box::new(stream)))),
        Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => Err(tls_failed(
            "Remote end closed connection during the TLS handshake".to_owned(),
        )),
        Err(why) => Err(HttpError::from_io(&why)),
    }
}

/// Tries the addresses one after the other; the last one's failure is the failure.
async fn open(origin: &Origin) -> Result<TcpStream, HttpError> {
    let mut failure = None;
    for address in dns::resolve(origin).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // A request leaves in one write, so waiting for more to fill a packet only costs time. The option can
                // fail only for a socket that is broken already, which the exchange will report.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(why) => failure = Some(HttpError::from_io(&why)),
        }
    }
    Err(failure.unwrap_or_else(|| HttpError::new(ErrorKind::Dns, "gaierror('the host has no address')")))
}
