//! Passes the output of local workers on by whole lines, so that it appears above the progress bar and not through it.

use std::sync::Arc;

use settings::logging::LineSink;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits::MAX_RELAYED_LINE_BYTES;

/// Reads `stream` to its end. A line that is too long is passed on in parts, and what follows the last line feed gets one.
pub(crate) async fn relay(mut stream: impl AsyncRead + Unpin, sink: Arc<dyn LineSink>) {
    let mut pending = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(length) = stream.read(&mut chunk).await {
        if length == 0 {
            break;
        }
        pending.extend_from_slice(&chunk[..length]);
        if let Some(last) = pending.iter().rposition(|byte| *byte == b'\n') {
            sink.write(&pending[..=last]);
            pending.drain(..=last);
        } else if pending.len() >= MAX_RELAYED_LINE_BYTES {
            pending.push(b'\n');
            sink.write(&pending);
            pending.clear();
        }
    }
    if !pending.is_empty() {
        pending.push(b'\n');
        sink.write(&pending);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::AsyncWriteExt;

    use super::*;

    #[derive(Default)]
    struct Memory(Mutex<Vec<String>>);

    impl LineSink for Memory {
        fn write(&self, text: &[u8]) {
            self.0
                .lock()
                .unwrap()
                .push(String::from_utf8_lossy(text).into_owned());
        }
    }

    async fn relayed(parts: &[&[u8]]) -> Vec<String> {
        let sink = Arc::new(Memory::default());
        let (mut writer, reader) = tokio::io::duplex(1 << 20);
        let task = tokio::spawn(relay(reader, sink.clone()));
        for part in parts {
            writer.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
        drop(writer);
        task.await.unwrap();
        sink.0.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn only_whole_lines_are_passed_on_and_nothing_is_lost() {
        assert_eq!(
            relayed(&[b"one\ntw", b"o\nrest"]).await.concat(),
            "one\ntwo\nrest\n"
        );
        let written = relayed(&[b"a\nb", b"c"]).await;
        assert!(written.iter().all(|text| text.ends_with('\n')), "{written:?}");
    }

    #[tokio::test]
    async fn a_line_without_end_does_not_pile_up() {
        let endless = vec![b'x'; 3 * MAX_RELAYED_LINE_BYTES];
        let written = relayed(&[&endless]).await;
        assert!(
            written.len() >= 3
                && written
                    .iter()
                    .all(|text| text.len() <= MAX_RELAYED_LINE_BYTES + 4097)
        );
    }
}
