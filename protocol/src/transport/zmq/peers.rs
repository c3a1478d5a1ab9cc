//! Which identities are in use, and by which connection.
//!
//! Of two connections under one identity the newer wins (libzmq's `ROUTER_HANDOVER`, which Locust lacks): a worker that reconnects need not
//! wait until the old connection is found dead. The newer is let through once the socket has let go of the older.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::relay::Flow;
use crate::NodeId;

/// Who is connected, by identity.
#[derive(Default)]
pub(super) struct Peers {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    by_id: HashMap<NodeId, Arc<Peer>>,
    closed: bool,
}

struct Peer {
    flow: Arc<Flow>,
    /// A newer connection wants the id, or this one has ended: nothing is sent to it any more.
    ending: watch::Sender<bool>,
    /// The socket has let go of it.
    gone: watch::Sender<bool>,
}

/// An identity in use; free again when dropped.
pub(super) struct Claim {
    peers: Arc<Peers>,
    id: NodeId,
    peer: Arc<Peer>,
}

impl Peers {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is on its way to that peer. None if there is none, or no longer.
    pub(super) fn flow(&self, id: &str) -> Option<Arc<Flow>> {
        let table = self.lock();
        let peer = table.by_id.get(id).filter(|peer| !*peer.ending.borrow());
        peer.map(|peer| Arc::clone(&peer.flow))
    }

    /// Takes an identity, from an older connection if need be. None once the listener closes.
    pub(super) async fn claim(self: &Arc<Self>, id: NodeId, flow: &Arc<Flow>) -> Option<Claim> {
        loop {
            let older = {
                let mut table = self.lock();
                if table.closed {
                    return None;
                }
                match table.by_id.get(&id) {
                    Some(older) => Arc::clone(older),
                    None => {
                        let peer = Arc::new(Peer {
                            flow: Arc::clone(flow),
                            ending: watch::Sender::new(false),
                            gone: watch::Sender::new(false),
                        });
                        table.by_id.insert(id.clone(), Arc::clone(&peer));
                        let peers = Arc::clone(self);
                        return Some(Claim { peers, id, peer });
                    }
                }
            };
            tracing::debug!(peer = %id, "a newer connection takes over");
            older.ending.send_replace(true);
            let mut gone = older.gone.subscribe();
            // An error is impossible: `older` holds the sender.
            let _gone = gone.wait_for(|gone| *gone).await;
        }
    }

    /// Nothing more will be sent, and nobody joins any more.
    pub(super) fn close(&self) {
        let mut table = self.lock();
        table.closed = true;
        table.by_id.values().for_each(|peer| peer.flow.close());
    }
}

impl Claim {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Waits until a newer connection wants the identity.
    pub(super) async fn ending(&self) {
        let mut ending = self.peer.ending.subscribe();
        // An error is impossible: the claim holds the sender.
        let _ending = ending.wait_for(|ending| *ending).await;
    }

    /// The connection has ended: nothing is sent to it any more, though its identity is not free yet.
    pub(super) fn end(&self) {
        self.peer.ending.send_replace(true);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.peers.lock().by_id.remove(&self.id);
        self.peer.gone.send_replace(true);
    }
}
