//! What the master needs of the user's Python: the list of User classes, read once by a child process.
//!
//! The child runs `python -m acrida.inspect_script`: one JSON request on its standard input, one JSON answer on its
//! standard output. The script's own output goes to standard error, which the user sees.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::limits::{MAX_SCRIPT_HOST_BYTES, SCRIPT_HOST_TIMEOUT_S};
use crate::run::UserClass;

/// How to run the script host.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptHost {
    /// The interpreter.
    pub python: PathBuf,
    /// Arguments that run the module.
    pub args: Vec<OsString>,
    /// Environment variables to set, such as `PYTHONPATH`.
    pub env: Vec<(OsString, OsString)>,
}

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct InspectRequest {
    /// Absolute paths.
    pub locustfiles: Vec<PathBuf>,
    /// Only these classes; empty means all.
    pub user_classes: Vec<String>,
    /// Only tasks with one of these tags.
    pub tags: Option<Vec<String>>,
    /// No tasks with one of these tags.
    pub exclude_tags: Option<Vec<String>>,
    /// The master's options by Locust's names.
    pub options: serde_json::Value,
}

/// What the locustfile holds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Inspection {
    /// The classes to run.
    pub user_classes: Vec<UserClass>,
    /// Names of its load shapes.
    #[serde(default)]
    pub shape_classes: Vec<String>,
    /// Every User class, also those not asked for.
    #[serde(default)]
    pub available: Vec<String>,
}

/// Why there is no answer. Displays as one line; [`ScriptError::detail`] has the rest.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The locustfile's fault.
    #[error("{message}")]
    Script {
        /// `syntax`, `import`, `no_user_class`, `unknown_user_class`, `no_tasks` or `other`.
        kind: String,
        /// One line.
        message: String,
        /// Python's traceback; may be empty.
        detail: String,
    },
    /// The interpreter could not be started.
    #[error("cannot run {python}: {error}; choose another interpreter with --python")]
    Start {
        /// The interpreter.
        python: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// It did not answer.
    #[error(
        "the locustfile did not load within {SCRIPT_HOST_TIMEOUT_S} s; does its top level wait for something?"
    )]
    Timeout,
    /// It ended without an answer, or with one that cannot be read.
    #[error("Python ended without telling what the locustfile holds ({0}); its messages above say why")]
    NoAnswer(String),
}

impl ScriptError {
    /// More lines for the user, if there are any: for a script's own error, Python's traceback.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Script { detail, .. } if !detail.is_empty() => Some(detail),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Error { error: ErrorAnswer },
    Found(Inspection),
}

#[derive(Deserialize)]
struct ErrorAnswer {
    kind: String,
    message: String,
    #[serde(default)]
    detail: Option<String>,
}

impl ScriptHost {
    /// Loads the locustfile in a Python child and reports what it holds.
    ///
    /// # Errors
    /// Whatever keeps the classes from being known, each as one line for the user.
    pub async fn inspect(&self, request: &InspectRequest) -> Result<Inspection, ScriptError> {
        let mut child = Command::new(&self.python)
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| ScriptError::Start {
                python: self.python.display().to_string(),
                error,
            })?;
        let answer = tokio::time::timeout(
            Duration::from_secs(SCRIPT_HOST_TIMEOUT_S),
            ask(&mut child, request),
        );
        let (text, code) = answer.await.map_err(|_| ScriptError::Timeout)??;
        decode(&text, code)
    }
}

async fn ask(child: &mut Child, request: &InspectRequest) -> Result<(Vec<u8>, String), ScriptError> {
    let broken = |error: std::io::Error| ScriptError::NoAnswer(error.to_string());
    let line = serde_json::to_vec(request).map_err(|error| ScriptError::NoAnswer(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take()
        && let Err(error) = stdin.write_all(&line).await
    {
        // It may have ended before reading; its exit status then says more than the broken pipe.
        tracing::debug!("the script host does not read its request: {error}");
    }
    let mut text = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout
            .take(MAX_SCRIPT_HOST_BYTES)
            .read_to_end(&mut text)
            .await
            .map_err(broken)?;
    }
    let status = child.wait().await.map_err(broken)?;
    Ok((text, status.to_string()))
}

fn decode(text: &[u8], status: String) -> Result<Inspection, ScriptError> {
    match serde_json::from_slice(text) {
        Ok(Answer::Found(inspection)) => Ok(inspection),
        Ok(Answer::Error {
            error:
                ErrorAnswer {
                    kind,
                    message,
                    detail,
                },
        }) => {
            let message = message.lines().next().unwrap_or_default().to_owned();
            Err(ScriptError::Script {
                kind,
                message,
                detail: detail.unwrap_or_default(),
            })
        }
        Err(_) => Err(ScriptError::NoAnswer(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host whose "interpreter" is a shell script.
    fn host(script: &str) -> ScriptHost {
        ScriptHost {
            python: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: Vec::new(),
        }
    }

    async fn inspect(script: &str) -> Result<Inspection, ScriptError> {
        host(script).inspect(&InspectRequest::default()).await
    }

    #[tokio::test]
    async fn classes_are_read_with_defaults_for_what_is_left_out() {
        let answer =
            r#"cat >/dev/null; echo '{"user_classes": [{"name": "A", "weight": 2.5, "host": null}]}'"#;
        let found = inspect(answer).await.unwrap();
        assert_eq!(
            (found.user_classes[0].weight, found.user_classes[0].fixed_count),
            (2.5, 0)
        );
    }

    #[tokio::test]
    async fn a_scripts_error_is_one_line_with_the_traceback_apart() {
        let answer = r#"cat >/dev/null; echo '{"error": {"kind": "syntax", "message": "invalid syntax (a.py, line 3)", "detail": "Traceback"}}'"#;
        let error = inspect(answer).await.unwrap_err();
        assert_eq!(error.to_string(), "invalid syntax (a.py, line 3)");
        assert_eq!(error.detail(), Some("Traceback"));
    }

    #[tokio::test]
    async fn an_end_without_an_answer_tells_the_exit_status() {
        let error = inspect("exit 3").await.unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[tokio::test]
    async fn a_missing_interpreter_is_named() {
        let host = ScriptHost {
            python: "/nonexistent/python".into(),
            args: Vec::new(),
            env: Vec::new(),
        };
        let error = host
            .inspect(&InspectRequest::default())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("/nonexistent/python"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_script_that_never_loads_is_given_up() {
        assert!(matches!(
            inspect("exec sleep 1000").await,
            Err(ScriptError::Timeout)
        ));
    }
}
