//! The host before the master serves and after: loading, configuring, the end. Here the answer is all that is awaited.

use std::time::Duration;

use protocol::{RequestStats, Value};
use serde::de::DeserializeOwned;

use super::handle::{Answer, Heard, Host, Shape};
use super::says::ScriptSays;
use super::statistics::{map, stats_answer};
use super::{ConfigureRequest, Configured, LoadRequest, Loaded, ScriptError};
use crate::limits::{
    HOOK_TIMEOUT_S, MAX_EARLY_WORDS, QUIT_HOOK_TIMEOUT_S, RETIRE_S, SCRIPT_EXIT_S, SCRIPT_HOST_TIMEOUT_S,
};
use crate::run::Hook;

impl Host {
    /// Imports the locustfiles.
    ///
    /// # Errors
    /// Whatever keeps them from being used, as one line for the user.
    pub async fn load(&mut self, request: &LoadRequest) -> Result<Loaded, ScriptError> {
        // An import does not yield, so it cannot be asked for a sign of life.
        let id = self.request("load", request, "loading the locustfile", HOOK_TIMEOUT_S, false);
        match tokio::time::timeout(Duration::from_secs(SCRIPT_HOST_TIMEOUT_S), self.answer_to(id)).await {
            Ok(answer) => decode(answer?),
            Err(_) => Err(ScriptError::Timeout),
        }
    }

    /// Gives the loaded script its options, chooses classes and tasks, and runs the `init` hook.
    ///
    /// # Errors
    /// As for [`Host::load`]; kind `argument` for a command line that its arguments do not allow.
    pub async fn configure(&mut self, request: &ConfigureRequest) -> Result<Configured, ScriptError> {
        let id = self.request("configure", request, "the hook init", HOOK_TIMEOUT_S, true);
        let configured: Configured = decode(self.answer_to(id).await?)?;
        self.shape = configured.shape.clone().map(|name| Shape {
            name,
            use_common_options: configured.use_common_options,
        });
        Ok(configured)
    }

    /// Gives the configured script values that were set before, and returns all options.
    ///
    /// # Errors
    /// A value that does not fit (kind `argument`), or no answer.
    pub async fn restore_options(&mut self, values: Value) -> Result<Value, ScriptError> {
        let id = self.set_options(values);
        let answer = self.answer_to(id).await?;
        self.take_shape(&answer);
        Ok(answer["options"].clone())
    }

    /// Tells it the exit code, lets its `quit` hook run, and waits for its end. Ctrl-C ends the wait. `figures` are the
    /// final ones, by [`stats_answer`].
    pub async fn exit(mut self, code: u8, figures: &Value) {
        let lost = tokio::select! {
            lost = self.quit(code, figures) => lost,
            _ = tokio::signal::ctrl_c() => Some("Ctrl-C".to_owned()),
        };
        self.leave(lost).await;
    }

    /// Ends it because another takes its place: lets its `quitting` and `quit` hooks run, within [`RETIRE_S`] both.
    /// `figures` are the present ones, by [`stats_answer`].
    pub async fn retire(mut self, figures: &Value) {
        let hooks = async {
            let id = self.fire(Hook::Quitting.as_str());
            match self.finished(id, figures).await {
                None => self.quit(0, figures).await,
                lost => lost,
            }
        };
        let lost = tokio::time::timeout(Duration::from_secs_f64(RETIRE_S), hooks).await;
        self.leave(lost.unwrap_or_else(|_| Some(format!("they took more than {RETIRE_S} s"))))
            .await;
    }

    /// Lets its `quit` hook run; why that is not done, if so.
    async fn quit(&mut self, code: u8, figures: &Value) -> Option<String> {
        let body = map(vec![("exit_code", code.into())]);
        let id = self.request("exit", &body, "the hook quit", QUIT_HOOK_TIMEOUT_S, true);
        self.finished(id, figures).await
    }

    /// Waits for its end, unless it is `lost`.
    async fn leave(self, lost: Option<String>) {
        match lost {
            Some(reason) => {
                tracing::warn!("the script host is ended before its last hooks are done: {reason}");
                self.kill().await;
            }
            None => self.close(Duration::from_secs_f64(SCRIPT_EXIT_S)).await,
        }
    }

    /// Ends it at once.
    pub async fn kill(self) {
        self.close(Duration::ZERO).await;
    }

    async fn close(mut self, patience: Duration) {
        self.pipe.close();
        if let Some(process) = self.process.take() {
            process.end(patience).await;
        }
    }

    /// Waits for an answer on its way out; why it did not come, if so.
    async fn finished(&mut self, wanted: u64, figures: &Value) -> Option<String> {
        loop {
            match self.listen().await {
                Heard::Answer { id, .. } if id == wanted => return None,
                Heard::Says(ScriptSays::Stats { id }) => self.reply(id, figures),
                Heard::Says(ScriptSays::Start { id, .. } | ScriptSays::Stop { id }) => {
                    self.refuse(id, "the script host is about to end");
                }
                Heard::Answer { .. } | Heard::Says(_) => {}
                Heard::Lost(reason) => return Some(reason),
            }
        }
    }

    /// Waits for an answer before the master serves. What the script says meanwhile is kept, or answered as a master
    /// without workers does.
    async fn answer_to(&mut self, wanted: u64) -> Answer {
        loop {
            match self.listen().await {
                Heard::Answer { id, answer } if id == wanted => return answer,
                Heard::Answer { .. } => {}
                Heard::Says(ScriptSays::Stats { id }) => {
                    let nothing = RequestStats::new(0.0);
                    self.reply(id, &stats_answer(&nothing, &[]));
                }
                Heard::Says(ScriptSays::Start { id, .. } | ScriptSays::Stop { id }) => {
                    self.refuse(
                        id,
                        "the master is not ready yet: it is still loading the locustfile",
                    );
                }
                Heard::Says(says) if self.early.len() < MAX_EARLY_WORDS => self.early.push_back(says),
                Heard::Says(_) => self.note_dropped(),
                Heard::Lost(reason) => return Err(ScriptError::NoAnswer(reason)),
            }
        }
    }
}

fn decode<T: DeserializeOwned>(answer: Value) -> Result<T, ScriptError> {
    rmpv::ext::from_value(answer)
        .map_err(|error| ScriptError::NoAnswer(format!("an answer that makes no sense: {error}")))
}
