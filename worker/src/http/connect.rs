//! Making a connection: name resolution, TCP to the first address that answers, the way through a proxy, TLS.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::connection::{Connection, Wire};
use super::dns;
use super::error::{ErrorKind, HttpError};
use super::profile::Profile;
use super::proxy::Proxy;
use super::target::Origin;
use super::tunnel::{cannot_reach, open_tunnel};

/// A new connection to `origin`, or to the proxy on the way to it.
pub(super) async fn connect(profile: &Profile, origin: &Origin) -> Result<Connection, HttpError> {
    let wire = match profile.proxies.for_origin(origin) {
        Some(proxy) => through(profile, proxy, origin).await?,
        None => {
            let stream = open(origin).await?;
            if origin.https {
                Wire::Tls(Box::new(secure(profile, origin, stream).await?))
            } else {
                Wire::Plain(stream)
            }
        }
    };
    Ok(Connection::new(wire))
}

/// An `http` proxy or an `https` one, asked for a tunnel if the target speaks TLS.
async fn through(profile: &Profile, proxy: &Proxy, origin: &Origin) -> Result<Wire, HttpError> {
    let failed = |why| cannot_reach(proxy, why);
    let mut stream = open(&proxy.origin).await.map_err(failed)?;
    if !proxy.origin.https {
        if !origin.https {
            return Ok(Wire::Plain(stream));
        }
        open_tunnel(&mut stream, proxy, origin).await?;
        return Ok(Wire::Tls(Box::new(secure(profile, origin, stream).await?)));
    }
    let mut stream = secure(profile, &proxy.origin, stream).await.map_err(failed)?;
    if !origin.https {
        return Ok(Wire::Tls(Box::new(stream)));
    }
    open_tunnel(&mut stream, proxy, origin).await?;
    Ok(Wire::Nested(Box::new(secure(profile, origin, stream).await?)))
}

/// Shakes hands with `origin` on `stream`.
async fn secure<S>(profile: &Profile, origin: &Origin, stream: S) -> Result<TlsStream<S>, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let tls_failed = |why: String| HttpError::new(ErrorKind::Tls, format!("SSLError('{why}')"));
    let connector = profile.tls.connector().map_err(tls_failed)?;
    let name = origin.server_name().map_err(tls_failed)?;
    connector.connect(name, stream).await.map_err(|why| {
        if why.kind() == std::io::ErrorKind::UnexpectedEof {
            tls_failed("Remote end closed connection during the TLS handshake".to_owned())
        } else {
            HttpError::from_io(&why)
        }
    })
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
