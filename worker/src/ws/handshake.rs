//! The opening handshake (RFC 6455 § 4.1).

use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::ask::{Failed, FailedKind, Got, Open};
use super::limits::READ_BUFFER_BYTES;
use crate::http::{
    Answer, HeaderOverride, Profile, RequestError, Upgrade, UpgradedStream, python_repr, upgrade,
};

/// A connection that speaks WebSocket.
pub(super) type Stream = WebSocketStream<UpgradedStream>;

/// A checked request for a WebSocket.
#[derive(Debug)]
pub struct Handshake {
    upgrade: Upgrade,
    key: String,
    subprotocols: Vec<String>,
}

impl Handshake {
    /// Checks what is asked for. `url` is absolute (`http` or `https` for `ws` and `wss`) or goes behind the base URL.
    ///
    /// # Errors
    /// The URL, a header or a subprotocol cannot be used.
    pub fn new(
        profile: &Profile,
        url: &str,
        headers: Vec<HeaderOverride>,
        subprotocols: Vec<String>,
    ) -> Result<Self, RequestError> {
        let key = generate_key();
        let mut ours = vec![
            ("Connection", Some("Upgrade")),
            ("Upgrade", Some("websocket")),
            ("Sec-WebSocket-Version", Some("13")),
            ("Sec-WebSocket-Key", Some(key.as_str())),
            // Not offered, so that what arrives is what is measured.
            ("Sec-WebSocket-Extensions", None),
            // Of the HTTP client's own headers; there is no body to encode.
            ("Accept-Encoding", None),
            ("Accept", None),
        ];
        let list = subprotocols.join(", ");
        if !list.is_empty() {
            ours.push(("Sec-WebSocket-Protocol", Some(&list)));
        }
        let ours = ours
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
            .collect();
        Ok(Self {
            upgrade: profile.prepare_upgrade(url, headers, ours)?,
            key,
            subprotocols,
        })
    }

    /// The path and query it asks for.
    pub fn path_and_query(&self) -> &str {
        self.upgrade.target().path_and_query()
    }
}

/// Makes the connection.
///
/// # Errors
/// It cannot be made, or the target does not agree.
pub async fn connect(open: &Open) -> Result<(Got, Stream), Failed> {
    let handshake = &open.handshake;
    let mut answer = upgrade(&open.profile, &open.jar, &handshake.upgrade).await?;
    let headers = answer.headers();
    let subprotocol = agreed(handshake, &answer, &headers)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        // Every message is written at once: a user waits for each of them.
        .write_buffer_size(0)
        .max_message_size(Some(open.message_max_bytes))
        .max_frame_size(Some(open.message_max_bytes));
    let rest = std::mem::take(&mut answer.rest);
    let stream = WebSocketStream::from_partially_read(answer.stream, rest, Role::Client, Some(config)).await;
    Ok((Got::Open { headers, subprotocol }, stream))
}

/// The chosen subprotocol, if the target agrees.
fn agreed(
    handshake: &Handshake,
    answer: &Answer,
    headers: &[(String, String)],
) -> Result<Option<String>, Failed> {
    let value = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    };
    let has = |name: &str, token: &str| {
        let elements = value(name).unwrap_or_default().split(',');
        elements
            .into_iter()
            .any(|element| element.trim().eq_ignore_ascii_case(token))
    };
    let refused = |why: &str| Failed {
        status: answer.status,
        headers: headers.to_vec(),
        ..Failed::new(
            FailedKind::Handshake,
            format!("WebSocketHandshakeError({})", python_repr(why)),
        )
    };
    if answer.status != 101 {
        let why = format!("the server answered {} {}", answer.status, answer.reason());
        return Err(refused(why.trim_end()));
    }
    if !has("upgrade", "websocket") || !has("connection", "upgrade") {
        return Err(refused("the server switched to something that is not WebSocket"));
    }
    if value("sec-websocket-accept") != Some(&derive_accept_key(handshake.key.as_bytes())) {
        return Err(refused("the server answered with a wrong Sec-WebSocket-Accept"));
    }
    if value("sec-websocket-extensions").is_some_and(|extensions| !extensions.is_empty()) {
        return Err(refused("the server uses an extension that was not offered"));
    }
    match value("sec-websocket-protocol") {
        None => Ok(None),
        Some(chosen) if handshake.subprotocols.iter().any(|offered| offered == chosen) => {
            Ok(Some(chosen.to_owned()))
        }
        Some(_) => Err(refused("the server chose a subprotocol that was not offered")),
    }
}
