//! Handing out the script bundle in parts, and looking whether the files it is made of have changed.
//!
//! What is handed out is what was read at the last look, so all workers of a run have the same.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use protocol::limits::BUNDLE_PART_BYTES;
use protocol::{BundlePart, BundleRequest, LocustfileReply, Packed, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::bundle::BundleSource;
use crate::run::{ScriptLook, UserClass};
use crate::script_host::Host;

/// A script that was loaded anew.
#[derive(Debug, Default)]
pub struct Reloaded {
    /// The classes to run.
    pub classes: Vec<UserClass>,
    /// The options as they go to the workers, if the script has a say in them.
    pub options: Option<Value>,
    /// The script host that holds it, loaded and configured.
    pub host: Option<Host>,
}

/// Loads the locustfile anew, with the same options; an error is one line for the user.
pub type Reload =
    Arc<dyn Fn(Room) -> Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send>> + Send + Sync>;

/// The present script's place. A new script asks for it when it is loaded and before it runs anything, so that one of
/// two that hold the same port or file is gone before the other opens it.
#[derive(Debug)]
pub struct Room {
    asks: mpsc::Sender<oneshot::Sender<Leaving>>,
}

impl Room {
    /// Ends the present script host in order. Returns what was set of its options last, a map for the new one.
    ///
    /// # Errors
    /// The master is ending: there will be no new script.
    pub async fn make(self) -> Result<Value, String> {
        let (reply, leaving) = oneshot::channel();
        // Not sent: then it is dropped, and no answer comes.
        let _closed = self.asks.send(reply).await;
        let leaving = leaving.await.map_err(|_| "The master is ending".to_owned())?;
        let Leaving {
            host,
            figures,
            values,
        } = leaving;
        if let Some(host) = host {
            host.retire(&figures).await;
        }
        Ok(values)
    }
}

/// A script host that makes room.
#[derive(Debug)]
pub(super) struct Leaving {
    /// None if it has gone already.
    pub(super) host: Option<Host>,
    /// The merged statistics, for its last hooks.
    pub(super) figures: Value,
    /// What was set of its options last, a map.
    pub(super) values: Value,
}

/// The script that workers run.
#[derive(Clone)]
pub struct BundleConfig {
    /// Where the bundle is read.
    pub source: BundleSource,
    /// What was read; or why there is nothing to hand out, for workers that ask.
    pub packed: Result<Packed, String>,
    /// Called when the files have changed, before a run.
    pub reload: Reload,
}

impl std::fmt::Debug for BundleConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BundleConfig")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// What a look brought: the word for the machine and, if the script has changed, the new bundle and host.
struct Looked {
    look: ScriptLook,
    packed: Option<Packed>,
    host: Option<Host>,
}

impl From<ScriptLook> for Looked {
    fn from(look: ScriptLook) -> Self {
        Self {
            look,
            packed: None,
            host: None,
        }
    }
}

/// How far a look is.
pub(super) enum Progress {
    /// A new script is loaded and asks for the place of the present one.
    WantsRoom(oneshot::Sender<Leaving>),
    /// The look is over: the word for the machine, and a host that takes the place.
    Done(ScriptLook, Option<Box<Host>>),
}

pub(super) struct BundleDesk {
    config: BundleConfig,
    /// The look under way; it ends with the desk.
    looking: JoinSet<Looked>,
    asks: mpsc::Receiver<oneshot::Sender<Leaving>>,
    /// The present script host was given up, and nothing has come in its place yet.
    is_vacant: bool,
}

impl BundleDesk {
    pub(super) fn new(config: BundleConfig) -> Self {
        Self {
            config,
            looking: JoinSet::new(),
            // Closed: the look under way has the other side.
            asks: mpsc::channel(1).1,
            is_vacant: false,
        }
    }

    /// The present bundle's hash; none if there is no bundle.
    pub(super) fn hash(&self) -> Option<&str> {
        self.config
            .packed
            .as_ref()
            .ok()
            .map(|packed| packed.hash.as_str())
    }

    /// The part asked for. From the beginning, if the worker has a part of another bundle.
    pub(super) fn reply(&self, request: &BundleRequest) -> LocustfileReply {
        let packed = match &self.config.packed {
            Ok(packed) => packed,
            Err(reason) => return LocustfileReply::Error(reason.clone()),
        };
        let offset = usize::try_from(request.offset)
            .ok()
            .filter(|offset| request.hash == packed.hash && *offset < packed.bytes.len())
            .unwrap_or(0);
        let end = packed.bytes.len().min(offset + BUNDLE_PART_BYTES);
        let bytes = match request.have == packed.hash {
            true => Vec::new(),
            false => packed.bytes.get(offset..end).unwrap_or_default().to_vec(),
        };
        LocustfileReply::Part(BundlePart {
            hash: packed.hash.clone(),
            total: packed.bytes.len() as u64,
            offset: offset as u64,
            bytes,
        })
    }

    /// Begins to look whether the files have changed. Without a script host, they count as changed.
    pub(super) fn look(&mut self) {
        if self.looking.is_empty() {
            let present = self.hash().filter(|_| !self.is_vacant).map(str::to_owned);
            let (source, reload) = (self.config.source.clone(), Arc::clone(&self.config.reload));
            let (asks, asked) = mpsc::channel(1);
            self.asks = asked;
            self.looking.spawn(look(source, present, reload, Room { asks }));
        }
    }

    /// The present script host was given to a look that asked for its place.
    pub(super) fn vacate(&mut self) {
        self.is_vacant = true;
    }

    /// Waits for what the look under way has to say; for ever if there is none. Cancel-safe.
    pub(super) async fn progress(&mut self) -> Progress {
        let looked = tokio::select! {
            Some(reply) = self.asks.recv() => return Progress::WantsRoom(reply),
            Some(looked) = self.looking.join_next() => looked.unwrap_or_else(|error| unreadable(error).into()),
            else => return std::future::pending().await,
        };
        if let Some(packed) = looked.packed {
            self.config.packed = Ok(packed);
            self.is_vacant = false;
        }
        Progress::Done(looked.look, looked.host.map(Box::new))
    }
}

async fn look(source: BundleSource, present: Option<String>, reload: Reload, room: Room) -> Looked {
    let packed = match tokio::task::spawn_blocking(move || source.pack()).await {
        Ok(Ok(packed)) => packed,
        Ok(Err(error)) => return ScriptLook::Unusable(error.to_string()).into(),
        Err(error) => return unreadable(error).into(),
    };
    if present.as_ref() == Some(&packed.hash) {
        return ScriptLook::Unchanged.into();
    }
    match reload(room).await {
        Ok(Reloaded {
            classes,
            options,
            host,
        }) => Looked {
            look: ScriptLook::Changed {
                hash: packed.hash.clone(),
                classes,
                options,
            },
            packed: Some(packed),
            host,
        },
        Err(reason) => ScriptLook::Unusable(reason).into(),
    }
}

fn unreadable(error: impl std::fmt::Display) -> ScriptLook {
    ScriptLook::Unusable(format!("The locustfile's files cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(packed: Result<Packed, String>) -> BundleDesk {
        BundleDesk::new(BundleConfig {
            source: BundleSource::default(),
            packed,
            reload: Arc::new(|_| Box::pin(async { Ok(Reloaded::default()) })),
        })
    }

    fn packed(size: usize) -> Packed {
        Packed {
            hash: "h".to_owned(),
            bytes: vec![7; size],
        }
    }

    fn ask(desk: &BundleDesk, hash: &str, offset: u64, have: &str) -> (u64, usize) {
        let request = BundleRequest {
            hash: hash.to_owned(),
            offset,
            have: have.to_owned(),
        };
        match desk.reply(&request) {
            LocustfileReply::Part(part) => (part.offset, part.bytes.len()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parts_are_bounded_and_begin_where_they_are_asked_for() {
        let desk = desk(Ok(packed(BUNDLE_PART_BYTES + 5)));
        assert_eq!(ask(&desk, "", 0, ""), (0, BUNDLE_PART_BYTES));
        let second = BUNDLE_PART_BYTES as u64;
        assert_eq!(ask(&desk, "h", second, ""), (second, 5));
    }

    #[test]
    fn a_worker_with_another_bundle_begins_anew_and_one_with_this_gets_nothing() {
        let desk = desk(Ok(packed(20)));
        assert_eq!(ask(&desk, "old", 10, ""), (0, 20));
        assert_eq!(ask(&desk, "h", u64::MAX, ""), (0, 20));
        assert_eq!(ask(&desk, "", 0, "h"), (0, 0));
    }

    #[test]
    fn a_worker_is_told_why_there_is_no_bundle() {
        let reply = desk(Err("too large".to_owned())).reply(&BundleRequest::default());
        assert_eq!(reply, LocustfileReply::Error("too large".to_owned()));
    }

    async fn looked(desk: &mut BundleDesk) -> ScriptLook {
        match desk.progress().await {
            Progress::Done(look, _) => look,
            Progress::WantsRoom(_) => panic!("nobody asks for room here"),
        }
    }

    #[tokio::test]
    async fn a_changed_file_is_found_and_replaces_what_is_handed_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("shop.py");
        let mut desk = desk(Err(String::new()));
        desk.config.source.working_directory = dir.path().canonicalize().unwrap();
        desk.config.source.locustfiles = vec![path.clone()];
        let mut hashes = Vec::new();
        for contents in ["one", "one", "two"] {
            std::fs::write(&path, contents).unwrap();
            desk.look();
            let is_changed = matches!(looked(&mut desk).await, ScriptLook::Changed { .. });
            hashes.push((is_changed, desk.hash().unwrap().to_owned()));
        }
        assert_eq!(
            hashes.iter().map(|(changed, _)| *changed).collect::<Vec<_>>(),
            [true, false, true]
        );
        assert_eq!(hashes[0].1, hashes[1].1);
        assert_ne!(hashes[1].1, hashes[2].1);
    }

    #[tokio::test]
    async fn a_changed_script_that_does_not_load_leaves_the_old_one_in_force() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("shop.py");
        std::fs::write(&path, "x =").unwrap();
        let mut desk = desk(Ok(packed(3)));
        desk.config.source.working_directory = dir.path().canonicalize().unwrap();
        desk.config.source.locustfiles = vec![path];
        desk.config.reload = Arc::new(|_| Box::pin(async { Err("syntax".to_owned()) }));
        desk.look();
        assert_eq!(looked(&mut desk).await, ScriptLook::Unusable("syntax".to_owned()));
        assert_eq!(desk.hash(), Some("h"));
    }
}
