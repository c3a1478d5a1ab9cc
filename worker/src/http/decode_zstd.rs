//! The zstd coding as a writer that knows whether its frame is complete, which the library's own writer does not tell.

use std::io::{self, Write};

use zstd::stream::raw::{Decoder, Operation};

/// Decodes what is written to it into `sink`.
pub(super) struct ZstdWriter<W> {
    pub sink: W,
    decoder: Decoder<'static>,
    /// Allocated at the first write.
    buffer: Vec<u8>,
    inside_frame: bool,
}

const BUFFER_BYTES: usize = 16 * 1024;

impl<W: Write> ZstdWriter<W> {
    /// Fails only if the library cannot allocate its context.
    pub fn new(sink: W) -> io::Result<Self> {
        Ok(Self {
            sink,
            decoder: Decoder::new()?,
            buffer: Vec::new(),
            inside_frame: false,
        })
    }

    /// An error if the frame is not complete.
    pub fn finish(&self) -> io::Result<()> {
        if self.inside_frame {
            Err(io::ErrorKind::UnexpectedEof.into())
        } else {
            Ok(())
        }
    }
}

impl<W: Write> Write for ZstdWriter<W> {
    fn write(&mut self, coded: &[u8]) -> io::Result<usize> {
        self.buffer.resize(BUFFER_BYTES, 0);
        let mut taken = 0;
        loop {
            let status = self.decoder.run_on_buffers(&coded[taken..], &mut self.buffer)?;
            taken += status.bytes_read;
            self.inside_frame = status.remaining != 0;
            self.sink.write_all(&self.buffer[..status.bytes_written])?;
            // A full buffer may mean that more is waiting inside; so does input that is left.
            let may_continue = status.bytes_written == BUFFER_BYTES || taken < coded.len();
            if !may_continue || (status.bytes_read == 0 && status.bytes_written == 0) {
                return Ok(taken);
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
