//! The body of a response that is read piece by piece.

use std::sync::Arc;

use bytes::Bytes;

use super::connection::Connection;
use super::decode::Decoder;
use super::error::HttpError;
use super::exchange::receive;
use super::head::Coding;
use super::phase::{Phase, PhaseCell};
use super::receive::Receiver;
use super::session::Session;
use super::target::Origin;

/// A body that is still arriving. Dropping it before its end closes the connection; at its end the connection goes back
/// to the session.
#[derive(Debug)]
pub struct BodyStream {
    session: Session,
    origin: Arc<Origin>,
    connection: Option<Connection>,
    receiver: Receiver,
    decoder: Option<Decoder>,
    /// Body bytes that came together with the head of a response that is complete already.
    early: Vec<u8>,
}

impl BodyStream {
    pub(super) fn new(
        session: Session,
        origin: Arc<Origin>,
        connection: Connection,
        receiver: Receiver,
        early: Vec<u8>,
        codings: &[Coding],
    ) -> Self {
        let decoder = (!codings.is_empty()).then(|| Decoder::new(codings, u64::MAX));
        let mut stream = Self {
            session,
            origin,
            connection: Some(connection),
            receiver,
            decoder,
            early,
        };
        stream.release_if_complete();
        stream
    }

    /// The next decoded bytes, never empty; `None` at the end, and after it.
    pub async fn next_chunk(&mut self, phase: &PhaseCell) -> Result<Option<Bytes>, HttpError> {
        let chunk = self.read_chunk(phase).await;
        phase.rest();
        if !matches!(chunk, Ok(Some(_))) {
            self.connection = None;
        }
        chunk
    }

    async fn read_chunk(&mut self, phase: &PhaseCell) -> Result<Option<Bytes>, HttpError> {
        loop {
            let mut raw = std::mem::take(&mut self.early);
            raw.append(&mut self.receiver.take_body());
            let ended = self.connection.is_none();
            let decoded = match &mut self.decoder {
                None => raw,
                Some(decoder) => {
                    let mut decoded = decoder.push(&raw)?;
                    if ended {
                        decoded.append(&mut decoder.finish()?);
                    }
                    decoded
                }
            };
            if !decoded.is_empty() {
                return Ok(Some(decoded.into()));
            }
            let Some(connection) = &mut self.connection else {
                self.decoder = None;
                return Ok(None);
            };
            phase.enter(Phase::Exchanging, std::time::Instant::now());
            receive(connection, &mut self.receiver, phase, |_| true).await?;
            self.release_if_complete();
        }
    }

    fn release_if_complete(&mut self) {
        if !self.receiver.is_complete() {
            return;
        }
        if let Some(connection) = self.connection.take()
            && self.receiver.may_reuse()
        {
            self.session.give_back(&self.origin, connection);
        }
    }
}
