//! `/ws`: a WebSocket that echoes, and does on request what a client has to cope with.
//!
//! A text message that begins with `!` is an order: `!close CODE REASON`, `!drop` (the connection ends without a close
//! frame), `!push N` (sends N messages), `!bytes N` (sends a binary message), `!headers` (sends those of the handshake as
//! JSON), `!hang` (does nothing any more, not even reading).

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::Shared;

/// What it chooses from, the best first.
const SUBPROTOCOLS: [&str; 2] = ["chat.v2", "chat.v1"];
/// The longest message it accepts or sends.
const MAX_MESSAGE_BYTES: usize = 64 << 20;
/// Small, because a load test opens thousands.
const BUFFER_BYTES: usize = 2048;

/// Answers the handshake.
pub async fn upgrade(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .protocols(SUBPROTOCOLS)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .on_upgrade(move |socket| async move {
            // Whatever ends it is the client's doing or was ordered; it shows in the counters.
            let _ = serve(socket, &shared, &headers).await;
        })
}

async fn serve(mut socket: WebSocket, shared: &Shared, headers: &HeaderMap) -> Result<(), axum::Error> {
    while let Some(message) = socket.recv().await {
        match message? {
            Message::Text(text) => {
                shared.counters.hit("/ws messages");
                match text.strip_prefix('!') {
                    Some(order) if !obey(&mut socket, order, headers).await? => return Ok(()),
                    Some(_) => {}
                    None => socket.send(Message::Text(text)).await?,
                }
            }
            Message::Binary(bytes) => {
                shared.counters.hit("/ws messages");
                socket.send(Message::Binary(bytes)).await?;
            }
            Message::Close(frame) => {
                let code = frame.map_or(1005, |frame| frame.code);
                shared.counters.hit(&format!("/ws closed with {code}"));
            }
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
    Ok(())
}

/// False if nothing more is to be done with the connection.
async fn obey(socket: &mut WebSocket, order: &str, headers: &HeaderMap) -> Result<bool, axum::Error> {
    let (verb, rest) = order.split_once(' ').unwrap_or((order, ""));
    let number = rest.parse().unwrap_or(1).min(MAX_MESSAGE_BYTES);
    match verb {
        "close" => {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            let frame = CloseFrame {
                code: code.parse().unwrap_or(1000),
                reason: reason.into(),
            };
            socket.send(Message::Close(Some(frame))).await?;
        }
        "drop" => return Ok(false),
        "push" => {
            for count in 0..number {
                socket.send(Message::Text(format!("push {count}").into())).await?;
            }
        }
        "bytes" => {
            let bytes = Bytes::from(vec![b'x'; number]);
            socket.send(Message::Binary(bytes)).await?;
        }
        "headers" => {
            let text =
                |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let all: Map<String, Value> = headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value).into()))
                .collect();
            let json = Value::Object(all).to_string();
            socket.send(Message::Text(json.into())).await?;
        }
        "hang" => std::future::pending().await,
        _ => {
            socket
                .send(Message::Text(format!("what is {verb}?").into()))
                .await?;
        }
    }
    Ok(true)
}
