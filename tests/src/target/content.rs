//! Bodies made once: the compressed ones, and the one that is streamed.

use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

/// How often the text is repeated, so that compressing is worth while.
const REPEATS: usize = 100;

/// What the compressed paths answer, once decoded.
pub static TEXT: LazyLock<String> =
    LazyLock::new(|| "the quick brown fox jumps over the lazy dog\n".repeat(REPEATS));

/// [`TEXT`] compressed by gzip.
pub static GZIP: LazyLock<Bytes> = LazyLock::new(|| {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    compressed(encoder.write_all(TEXT.as_bytes()).and_then(|()| encoder.finish()))
});

/// [`TEXT`] compressed by deflate, in zlib's wrapping as RFC 9110 wants it.
pub static DEFLATE: LazyLock<Bytes> = LazyLock::new(|| {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    compressed(encoder.write_all(TEXT.as_bytes()).and_then(|()| encoder.finish()))
});

/// [`TEXT`] compressed by brotli.
pub static BROTLI: LazyLock<Bytes> = LazyLock::new(|| {
    let mut output = Vec::new();
    let done = brotli::CompressorWriter::new(&mut output, 4096, 5, 22).write_all(TEXT.as_bytes());
    compressed(done.map(|()| output))
});

/// [`TEXT`] compressed by zstd.
pub static ZSTD: LazyLock<Bytes> = LazyLock::new(|| compressed(zstd::stream::encode_all(TEXT.as_bytes(), 3)));

fn compressed(result: std::io::Result<Vec<u8>>) -> Bytes {
    // Writing into memory does not fail; an empty body would fail the tests that read it.
    Bytes::from(result.unwrap_or_default())
}

/// A body of lines `{"line": 0}`, `{"line": 1}` …, each a chunk of its own.
#[derive(Debug)]
pub struct Lines {
    next: u64,
    end: u64,
}

impl Lines {
    /// A body of this many lines.
    #[must_use]
    pub fn new(count: u64) -> Self {
        Self { next: 0, end: count }
    }
}

impl Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.next == self.end {
            return Poll::Ready(None);
        }
        let line = Bytes::from(format!("{{\"line\": {}}}\n", self.next));
        self.next += 1;
        Poll::Ready(Some(Ok(Frame::data(line))))
    }
}
