//! Undoing content codings: gzip, deflate (both readings of it), br and zstd, also on top of each other, piece by piece.

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::decode_zstd::ZstdWriter;
use super::error::HttpError;
use super::head::Coding;
use super::limits::BODY_MAX_BYTES;

/// Decodes a whole body.
pub(super) fn decode(codings: &[Coding], body: &[u8]) -> Result<Vec<u8>, HttpError> {
    let mut decoder = Decoder::new(codings, BODY_MAX_BYTES);
    let mut decoded = decoder.push(body)?;
    decoded.append(&mut decoder.finish()?);
    Ok(decoded)
}

/// Decodes a body as it arrives.
pub(super) struct Decoder {
    /// The last coding applied is the first to be undone.
    stages: Vec<Stage>,
    pushed_any: bool,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Decoder")
            .field("stages", &self.stages.len())
            .finish()
    }
}

impl Decoder {
    /// A decoder for `codings` in the order they were applied; each stage gives at most `bytes_max`.
    pub fn new(codings: &[Coding], bytes_max: u64) -> Self {
        let stages = codings
            .iter()
            .rev()
            .map(|coding| Stage::new(*coding, bytes_max))
            .collect();
        Self {
            stages,
            pushed_any: false,
        }
    }

    /// Takes coded bytes and gives what they decode to, which may be nothing yet.
    pub fn push(&mut self, coded: &[u8]) -> Result<Vec<u8>, HttpError> {
        self.pushed_any |= !coded.is_empty();
        let mut bytes = coded.to_vec();
        for stage in &mut self.stages {
            bytes = stage.push(&bytes)?;
        }
        Ok(bytes)
    }

    /// The body has ended: gives what is left; an error if the coded bytes broke off. No body at all is fine.
    pub fn finish(&mut self) -> Result<Vec<u8>, HttpError> {
        let mut bytes = Vec::new();
        for stage in self.stages.iter_mut().filter(|_| self.pushed_any) {
            let mut decoded = stage.push(&bytes)?;
            decoded.append(&mut stage.finish()?);
            bytes = decoded;
        }
        Ok(bytes)
    }
}

struct Stage {
    coding: Coding,
    bytes_max: u64,
    inner: Inner,
}

enum Inner {
    Gzip(Box<MultiGzDecoder<Sink>>),
    /// "deflate" means zlib in the standard and a bare stream with some servers; two bytes tell.
    DeflateUndecided(Vec<u8>),
    Zlib(Box<ZlibDecoder<Sink>>),
    BareDeflate(Box<DeflateDecoder<Sink>>),
    Brotli(Box<brotli::DecompressorWriter<Sink>>),
    Zstd(Box<ZstdWriter<Sink>>),
    Unavailable,
}

impl Stage {
    fn new(coding: Coding, bytes_max: u64) -> Self {
        const BROTLI_BUFFER_BYTES: usize = 4096;
        let sink = Sink {
            bytes: Vec::new(),
            left: bytes_max,
        };
        let inner = match coding {
            Coding::Gzip => Inner::Gzip(Box::new(MultiGzDecoder::new(sink))),
            Coding::Deflate => Inner::DeflateUndecided(Vec::new()),
            Coding::Brotli => Inner::Brotli(Box::new(brotli::DecompressorWriter::new(
                sink,
                BROTLI_BUFFER_BYTES,
            ))),
            // Fails only if the library cannot allocate its context.
            Coding::Zstd => {
                ZstdWriter::new(sink).map_or(Inner::Unavailable, |writer| Inner::Zstd(Box::new(writer)))
            }
        };
        Self {
            coding,
            bytes_max,
            inner,
        }
    }

    fn push(&mut self, coded: &[u8]) -> Result<Vec<u8>, HttpError> {
        if coded.is_empty() {
            return Ok(Vec::new());
        }
        let mut held = Vec::new();
        if let Inner::DeflateUndecided(first) = &mut self.inner {
            first.extend_from_slice(coded);
            if first.len() < 2 {
                return Ok(Vec::new());
            }
            held = std::mem::take(first);
            let sink = Sink {
                bytes: Vec::new(),
                left: self.bytes_max,
            };
            self.inner = if is_zlib(held[0], held[1]) {
                Inner::Zlib(Box::new(ZlibDecoder::new(sink)))
            } else {
                Inner::BareDeflate(Box::new(DeflateDecoder::new(sink)))
            };
        }
        let input = if held.is_empty() { coded } else { &held };
        self.inner.write_all(input).map_err(|why| self.error(&why))?;
        Ok(self.inner.take())
    }

    fn finish(&mut self) -> Result<Vec<u8>, HttpError> {
        self.inner.finish().map_err(|why| self.error(&why))?;
        Ok(self.inner.take())
    }

    fn error(&self, why: &io::Error) -> HttpError {
        let coding = match self.coding {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        };
        match why.kind() {
            io::ErrorKind::FileTooLarge => {
                HttpError::decode(coding, "larger than this client keeps when decoded")
            }
            io::ErrorKind::UnexpectedEof => HttpError::decode(coding, "it breaks off"),
            _ => HttpError::decode(coding, "corrupt data"),
        }
    }
}

impl Inner {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Self::Zlib(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Self::BareDeflate(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Self::Brotli(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Self::Zstd(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Self::DeflateUndecided(_) | Self::Unavailable => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Zlib(decoder) => decoder.try_finish(),
            Self::BareDeflate(decoder) => decoder.try_finish(),
            Self::Brotli(decoder) => decoder.close(),
            Self::Zstd(decoder) => decoder.finish(),
            Self::DeflateUndecided(_) => Err(io::ErrorKind::UnexpectedEof.into()),
            Self::Unavailable => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn take(&mut self) -> Vec<u8> {
        let sink = match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::BareDeflate(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => &mut decoder.sink,
            Self::DeflateUndecided(_) | Self::Unavailable => return Vec::new(),
        };
        std::mem::take(&mut sink.bytes)
    }
}

/// The header of RFC 1950 § 2.2: method 8 and a check sum over both bytes.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && (u16::from(first) << 8 | u16::from(second)) % 31 == 0
}

/// Where decoded bytes go, up to a bound: a few bytes may decode to terabytes.
#[derive(Debug)]
struct Sink {
    bytes: Vec<u8>,
    left: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
