//! Writing result files from a thread of their own, so that a slow or full disk never holds up the control plane.
//!
//! A mailbox with one place per file: a newer whole content replaces an older one that is still waiting, appended text
//! adds up within a limit. A file is replaced by writing a temporary neighbour and renaming it, so that a reader sees
//! the old or the new content and never half of it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most bytes of appended text that wait for one file; more is dropped and reported.
const MAX_WAITING_BYTES: usize = 64 << 20;

/// A handle to the writing thread; clones share it. The thread ends with the last handle.
#[derive(Debug, Clone)]
pub struct Disk {
    shared: Arc<Shared>,
    _alive: Arc<Alive>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<PathBuf, Content>,
    writing: bool,
    closed: bool,
    troubles: BTreeMap<PathBuf, String>,
}

enum Content {
    Whole(Vec<u8>),
    More(Vec<u8>),
    Made(Box<dyn FnOnce() -> Vec<u8> + Send>),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({})", bytes.len()),
            Self::More(bytes) => write!(f, "More({})", bytes.len()),
            Self::Made(_) => f.write_str("Made"),
        }
    }
}

/// Tells the thread to end when the last handle goes.
#[derive(Debug)]
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    /// Starts the writing thread.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("results".to_owned())
            .spawn(move || write_until_closed(&of_thread))?;
        Ok(Self {
            _alive: Arc::new(Alive(Arc::clone(&shared))),
            shared,
        })
    }

    /// Replaces the file's content, soon.
    pub fn replace(&self, path: &Path, content: Vec<u8>) {
        self.shared
            .lock()
            .waiting
            .insert(path.to_owned(), Content::Whole(content));
        self.shared.changed.notify_all();
    }

    /// The same with content that takes a while to make: that happens on the writing thread, and not at all if a newer
    /// content comes before.
    pub fn replace_with(&self, path: &Path, make: impl FnOnce() -> Vec<u8> + Send + 'static) {
        self.shared
            .lock()
            .waiting
            .insert(path.to_owned(), Content::Made(Box::new(make)));
        self.shared.changed.notify_all();
    }

    /// Adds to the end of the file, soon. Not for files whose content is made ([`Disk::replace_with`]).
    pub fn append(&self, path: &Path, content: &[u8]) {
        let mut state = self.shared.lock();
        let place = state
            .waiting
            .entry(path.to_owned())
            .or_insert_with(|| Content::More(Vec::new()));
        let (Content::Whole(waiting) | Content::More(waiting)) = place else {
            return state.note(path, "lines came for a file that is made as a whole");
        };
        if waiting.len() + content.len() <= MAX_WAITING_BYTES {
            waiting.extend_from_slice(content);
        } else {
            state.note(path, "the disk is too slow, lines were dropped");
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Waits until everything given so far is written, at most `patience`. False if it is not.
    pub fn flush(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.lock();
        while state.writing || !state.waiting.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self
                .shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// Files that could not be written (at the last attempt), each with the reason.
    pub fn troubles(&self) -> Vec<String> {
        let state = self.shared.lock();
        state
            .troubles
            .iter()
            .map(|(path, why)| format!("{}: {why}", path.display()))
            .collect()
    }
}

impl State {
    /// Remembers a failure; logs it only if the file was well before.
    fn note(&mut self, path: &Path, why: &str) {
        if self.troubles.insert(path.to_owned(), why.to_owned()).is_none() {
            tracing::error!(
                "cannot write {}: {why}; the run goes on and the file is tried again: free space or fix its permissions",
                path.display()
            );
        }
    }
}

fn write_until_closed(shared: &Shared) {
    let mut state = shared.lock();
    loop {
        if let Some((path, content)) = state.waiting.pop_first() {
            state.writing = true;
            drop(state);
            let content = match content {
                Content::Made(make) => Content::Whole(make()),
                content => content,
            };
            let result = match &content {
                Content::Whole(bytes) => replace_file(&path, bytes),
                Content::More(bytes) => append_file(&path, bytes),
                Content::Made(_) => Ok(()),
            };
            state = shared.lock();
            state.writing = false;
            match (result, content) {
                (Ok(()), Content::Whole(_)) => drop(state.troubles.remove(&path)),
                // Rows that were lost before do not come back: the trouble stays on record.
                (Ok(()), Content::More(_) | Content::Made(_)) => {}
                (Err(error), _) => state.note(&path, &error.to_string()),
            }
            shared.changed.notify_all();
        } else if state.closed {
            return;
        } else {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Creates the file's directory and replaces its content, at once and on the caller's thread.
///
/// # Errors
/// The directory or file cannot be written.
pub fn create_now(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(directory) = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        fs::create_dir_all(directory)?;
    }
    replace_file(path, content)
}

fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".part");
    let temporary = PathBuf::from(temporary);
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _may_not_exist = fs::remove_file(&temporary);
    }
    written
}

/// Appends whole text or nothing: a part left by a full disk is cut off again.
fn append_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let before = file.metadata()?.len();
    file.write_all(content).inspect_err(|_| {
        let _best_effort = file.set_len(before);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn the_last_content_is_on_disk_after_a_flush() {
        let dir = tempfile::tempdir().unwrap();
        let (whole, growing) = (dir.path().join("a"), dir.path().join("b"));
        let disk = Disk::start().unwrap();
        for round in 0..100 {
            disk.replace(&whole, format!("{round}").into_bytes());
            disk.append(&growing, b"x");
        }
        assert!(disk.flush(PATIENCE));
        assert_eq!(fs::read_to_string(&whole).unwrap(), "99");
        assert_eq!(fs::read_to_string(&growing).unwrap().len(), 100);
        assert!(disk.troubles().is_empty());
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            2,
            "no temporary file is left"
        );
    }

    #[test]
    fn a_file_that_can_be_written_again_is_no_trouble_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("later/a");
        let disk = Disk::start().unwrap();
        disk.replace(&path, b"1".to_vec());
        assert!(disk.flush(PATIENCE));
        assert_eq!(disk.troubles().len(), 1);
        fs::create_dir(path.parent().unwrap()).unwrap();
        disk.replace(&path, b"2".to_vec());
        assert!(disk.flush(PATIENCE));
        assert_eq!(disk.troubles(), Vec::<String>::new());
        assert_eq!(fs::read(&path).unwrap(), b"2");
    }
}
