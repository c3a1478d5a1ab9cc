//! A script that has changed: the present script host makes room for the one that holds the new script.

use protocol::Listener;

use super::bundle::{BundleDesk, Leaving, Progress};
use super::event_loop::EventLoop;

impl<L: Listener> EventLoop<L> {
    pub(super) async fn on_reload(&mut self, progress: Progress) {
        match progress {
            // Not answered: there will be no run that needs it, and the present host runs the last hooks.
            Progress::WantsRoom(_) if self.machine.is_quitting() => {}
            Progress::WantsRoom(reply) => {
                let figures = self.books.figures();
                let (host, values) = self.script.make_room();
                self.machine.detach_script();
                if let Some(bundle) = &mut self.bundle {
                    bundle.vacate();
                }
                let leaving = Leaving {
                    host,
                    figures,
                    values,
                };
                // A look that is gone has no use for it; the host ends with it.
                let _gone = reply.send(leaving);
            }
            Progress::Done(_, host) if self.machine.is_quitting() => {
                self.script.settle(None);
                if let Some(host) = host {
                    host.kill().await;
                }
            }
            Progress::Done(look, host) => {
                if let Some(host) = &host {
                    self.machine
                        .attach_script(host.shape().map(|shape| shape.name.clone()));
                }
                self.script.settle(host.map(|host| *host));
                let now = self.now();
                self.machine.on_script_look(look, now);
            }
        }
    }
}

/// How far the look at the script is; never anything if none is under way. Cancel-safe.
pub(super) async fn progress(bundle: &mut Option<BundleDesk>) -> Progress {
    match bundle {
        Some(bundle) => bundle.progress().await,
        None => std::future::pending().await,
    }
}
