//! Handing out the script bundle in parts, and looking whether the files it is made of have changed.
//!
//! What is handed out is what was read at the last look, so all workers of a run have the same.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use protocol::limits::BUNDLE_PART_BYTES;
use protocol::{BundlePart, BundleRequest, LocustfileReply, Packed, Value};
use tokio::task::JoinHandle;

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
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Reloaded, String>> + Send>> + Send + Sync>;

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

pub(super) struct BundleDesk {
    config: BundleConfig,
    looking: Option<JoinHandle<Looked>>,
}

impl BundleDesk {
    pub(super) fn new(config: BundleConfig) -> Self {
        Self {
            config,
            looking: None,
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

    /// Begins to look whether the files have changed.
    pub(super) fn look(&mut self) {
        if self.looking.is_none() {
            let present = self.hash().map(str::to_owned);
            let (source, reload) = (self.config.source.clone(), Arc::clone(&self.config.reload));
            self.looking = Some(tokio::spawn(look(source, present, reload)));
        }
    }

    /// Waits for what the look brings: the word for the machine, and a host that takes the old one's place. For ever if
    /// there is no look under way. Cancel-safe.
    pub(super) async fn looked(&mut self) -> (ScriptLook, Option<Host>) {
        let Some(looking) = &mut self.looking else {
            return std::future::pending().await;
        };
        let looked = looking.await;
        self.looking = None;
        let looked = looked.unwrap_or_else(|error| unreadable(error).into());
        if let Some(packed) = looked.packed {
            self.config.packed = Ok(packed);
        }
        (looked.look, looked.host)
    }
}

async fn look(source: BundleSource, present: Option<String>, reload: Reload) -> Looked {
    let packed = match tokio::task::spawn_blocking(move || source.pack()).await {
        Ok(Ok(packed)) => packed,
        Ok(Err(error)) => return ScriptLook::Unusable(error.to_string()).into(),
        Err(error) => return unreadable(error).into(),
    };
    if present.as_ref() == Some(&packed.hash) {
        return ScriptLook::Unchanged.into();
    }
    match reload().await {
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
            reload: Arc::new(|| Box::pin(async { Ok(Reloaded::default()) })),
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
            let is_changed = matches!(desk.looked().await.0, ScriptLook::Changed { .. });
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
        desk.config.reload = Arc::new(|| Box::pin(async { Err("syntax".to_owned()) }));
        desk.look();
        assert_eq!(desk.looked().await.0, ScriptLook::Unusable("syntax".to_owned()));
        assert_eq!(desk.hash(), Some("h"));
    }
}
