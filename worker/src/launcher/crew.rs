//! What the children run, and getting it anew when the master has another script.
//!
//! A child that is told of a new script ends with an exit code of its own. The script is fetched once for all children that
//! wait for it; each then starts under its old identity, so that the master knows it again.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use protocol::{Endpoint, NodeId, Transport};
use settings::CliError;

use super::ChildSpec;
use crate::script::Script;

/// The children as they are to be.
pub struct Crew<'a> {
    /// Their identities towards the master, by index.
    pub node_ids: Vec<NodeId>,
    /// What they run.
    pub script: Script,
    /// The configuration of one of them, a line of JSON, by index and identity.
    pub configure: &'a dyn Fn(&Script, u32, &str) -> String,
}

type Fetch<'a> = Pin<Box<dyn Future<Output = Result<Option<Script>, CliError>> + 'a>>;

/// The crew, and those of it that wait for a new script.
pub(super) struct Renewals<'a> {
    node_ids: Vec<NodeId>,
    script: Rc<Script>,
    configure: &'a dyn Fn(&Script, u32, &str) -> String,
    waiting: Vec<u32>,
    fetch: Option<Fetch<'a>>,
}

impl<'a> Renewals<'a> {
    pub(super) fn new(crew: Crew<'a>) -> Self {
        Self {
            node_ids: crew.node_ids,
            script: Rc::new(crew.script),
            configure: crew.configure,
            waiting: Vec::new(),
            fetch: None,
        }
    }

    /// The whole crew.
    pub(super) fn all(&self) -> Vec<ChildSpec> {
        (0_u32..)
            .zip(&self.node_ids)
            .map(|(index, _)| self.spec(index))
            .collect()
    }

    /// A child made room for another with a new script.
    pub(super) fn ask<T: Transport>(&mut self, index: u32, transport: &'a T, master: &'a Endpoint) {
        self.waiting.push(index);
        if self.fetch.is_none() {
            let present = Rc::clone(&self.script);
            self.fetch = Some(Box::pin(async move { present.renewed(transport, master).await }));
        }
    }

    /// Whether a new script is on its way.
    pub(super) fn is_asking(&self) -> bool {
        self.fetch.is_some()
    }

    /// Waits for the new script; those that are to be started with it. Cancel-safe.
    pub(super) async fn ready(&mut self) -> Result<Vec<ChildSpec>, CliError> {
        let Some(fetch) = &mut self.fetch else {
            return std::future::pending().await;
        };
        let fetched = fetch.await;
        self.fetch = None;
        let waiting = std::mem::take(&mut self.waiting);
        // None: a child before these has fetched it already, or the files are this machine's own.
        if let Some(script) = fetched? {
            self.script = Rc::new(script);
        }
        Ok(waiting.into_iter().map(|index| self.spec(index)).collect())
    }

    /// The launcher ends: nobody is started any more.
    pub(super) fn give_up(&mut self) {
        self.fetch = None;
        self.waiting.clear();
    }

    fn spec(&self, index: u32) -> ChildSpec {
        let node_id = self.node_ids.get(index as usize).cloned().unwrap_or_default();
        ChildSpec {
            index,
            config: (self.configure)(&self.script, index, &node_id),
            node_id,
            working_directory: self.script.working_directory().map(Into::into),
            script: Rc::clone(&self.script),
        }
    }
}
