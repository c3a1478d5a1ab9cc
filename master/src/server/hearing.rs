//! What the script host says and answers, carried to the run machine.

use protocol::{Listener, Value};

use super::event_loop::{EventLoop, answer};
use super::script::Done;
use crate::events::EndCause;
use crate::run::Now;
use crate::script_host::{Heard, ScriptSays};

impl<L: Listener> EventLoop<L> {
    pub(super) async fn on_heard(&mut self, heard: Heard) {
        let now = self.now();
        match heard {
            Heard::Answer { id, answer: result } => match self.script.done(id, result) {
                Some(Done::Hook(hook)) => self.machine.on_hook_done(hook, now),
                Some(Done::Options(options, reply)) => {
                    self.machine.set_options(options, self.script.shape());
                    answer(reply, Ok(()));
                }
                None => {}
            },
            Heard::Says(says) => self.on_script_says(says, now),
            Heard::Lost(reason) => {
                tracing::error!("the script host is lost: {reason}; the master ends with the results so far");
                self.script.lose().await;
                self.are_local_workers_deaf |= self.machine.cluster().active_count() == 0;
                self.machine.on_script_lost(now);
            }
        }
    }

    fn on_script_says(&mut self, says: ScriptSays, now: Now) {
        match says {
            ScriptSays::Stats { id } => {
                let stats = self.books.figures();
                if let Some(host) = self.script.host() {
                    host.reply(id, &stats);
                }
            }
            ScriptSays::Send { kind, data, to } => self.machine.send_custom(kind, data, to),
            ScriptSays::UpdateUserClass(settings) => self.machine.update_user_class(settings),
            ScriptSays::Shape(target) => {
                if let Err(message) = self.machine.on_shape_target(&target.into(), now) {
                    self.on_shape_failed(&message, "", now);
                }
            }
            ScriptSays::ShapeEnd => self.machine.on_shape_over(EndCause::Shape, now),
            ScriptSays::ShapeFailed { message, detail } => self.on_shape_failed(&message, &detail, now),
            ScriptSays::Start { id, target } => {
                let started = self.machine.start(&target.into(), now);
                self.answer_script(id, started);
            }
            ScriptSays::Stop { id } => match self.machine.stop(EndCause::Script, now) {
                Ok(()) => self.script.stop_waiters.push(id),
                refused => self.answer_script(id, refused),
            },
            // A hook that quits while the master ends is no second Ctrl-C.
            ScriptSays::Quit if self.machine.is_quitting() => {}
            ScriptSays::Quit => self.quit(EndCause::Script, now),
            // The host keeps these itself.
            ScriptSays::Listening(_) | ScriptSays::ExitCode(_) => {}
        }
    }

    fn on_shape_failed(&mut self, message: &str, detail: &str, now: Now) {
        tracing::error!("the load shape failed: {message}; the run ends");
        if !detail.is_empty() {
            tracing::error!("{}", detail.trim_end());
        }
        if let Some(host) = self.script.host() {
            host.note_raised();
        }
        self.machine.on_shape_over(EndCause::ShapeFailed, now);
    }

    fn answer_script(&mut self, id: u64, result: Result<(), String>) {
        if let Some(host) = self.script.host() {
            match result {
                Ok(()) => host.reply(id, &Value::Map(Vec::new())),
                Err(reason) => host.refuse(id, &reason),
            }
        }
    }

    /// Whoever waited for the end of the run, waits no longer.
    pub(super) fn answer_stop_waiters(&mut self) {
        for waiter in self.stop_waiters.drain(..) {
            answer(waiter, Ok(()));
        }
        for id in std::mem::take(&mut self.script.stop_waiters) {
            self.answer_script(id, Ok(()));
        }
    }
}
