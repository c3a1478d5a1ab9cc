//! What every handler of the web face is given: the way to the control loop, and what of the master never changes or
//! is shared with it. No handler keeps anything of a run here.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::form::{FormView, StartForm};
use super::live::Feed;
use super::stats::StatsCache;
use crate::history::History;
use crate::limits::MAX_HEAVY_QUERIES;
use crate::server::{ControlHandle, Reading};
use crate::timeline::Runs;

/// The present script's start form: exchanged when the script is (see `server::reload`), read by each request.
#[derive(Debug, Clone, Default)]
pub struct SharedForm(Arc<Mutex<Arc<StartForm>>>);

impl SharedForm {
    /// A form to begin with.
    pub fn new(form: StartForm) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(form))))
    }

    /// The present one.
    pub fn get(&self) -> Arc<StartForm> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another script: from now on its form is shown and its arguments are taken.
    pub fn set(&self, form: StartForm) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(form);
    }
}

/// What the face is given at the start; an area that needs something of the master adds a field here.
#[derive(Debug, Clone, Default)]
pub struct FaceConfig {
    /// The start form.
    pub form: SharedForm,
    /// The master has one run, given by the command line: no other may be started here.
    pub is_headless: bool,
    /// File names of the script, for the page and for names of downloads.
    pub locustfile: String,
    /// PREFIX_stats_history.csv, where `--csv-full-history` writes one.
    pub full_history: Option<PathBuf>,
    /// Workers that are to come before the master counts as ready.
    pub expect_workers: u32,
    /// The record of the run that is on, or of the last one.
    pub runs: Runs,
    /// The kept runs.
    pub history: History,
}

/// The state of every handler. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Face {
    /// To ask the control loop.
    pub(crate) control: ControlHandle,
    /// What was given at the start.
    pub(crate) config: Arc<FaceConfig>,
    /// The last answer of `GET /stats/requests`.
    pub(super) cache: Arc<StatsCache>,
    /// Prefix of every path, without a slash at its end.
    pub(crate) base_path: Arc<str>,
    /// Held while a start is carried out: a second one is refused instead of waiting for it.
    pub(super) starts: Arc<tokio::sync::Mutex<()>>,
    /// Who listens to the live feed.
    pub(super) feed: Arc<Feed>,
    heavy: Arc<Semaphore>,
}

impl Face {
    pub(super) fn new(base_path: &str, control: ControlHandle, config: FaceConfig) -> Self {
        Self {
            control,
            config: Arc::new(config),
            cache: Arc::default(),
            base_path: base_path.trim_end_matches('/').into(),
            starts: Arc::default(),
            feed: Arc::default(),
            heavy: Arc::new(Semaphore::new(MAX_HEAVY_QUERIES)),
        }
    }

    /// The present start form.
    pub(crate) fn form(&self) -> Arc<StartForm> {
        self.config.form.get()
    }

    /// The host that overrides those of the classes.
    pub(crate) async fn host(&self) -> Option<String> {
        let host = self
            .control
            .read(|reading| reading.machine.host().map(str::to_owned));
        host.await.ok().flatten()
    }

    /// The start form as it is to be shown now.
    ///
    /// # Errors
    /// When the master is ending.
    pub(super) async fn form_view(&self) -> Result<FormView, String> {
        let form = self.form();
        let look = move |reading: &Reading<'_>| {
            let machine = reading.machine;
            form.describe(machine.host(), &machine.config().classes)
        };
        self.control.read(look).await
    }

    /// Waits until one of [`MAX_HEAVY_QUERIES`] places is free; held by whoever computes something that takes longer.
    ///
    /// # Errors
    /// When the master is ending.
    pub(super) async fn heavy_permit(&self) -> Result<OwnedSemaphorePermit, String> {
        let permit = Arc::clone(&self.heavy).acquire_owned().await;
        permit.map_err(|_| "The master is ending".to_owned())
    }

    /// Computes something that takes longer, away from the control loop and from the tasks that serve; at most
    /// [`MAX_HEAVY_QUERIES`] at a time, others wait.
    ///
    /// # Errors
    /// One line: the computation panicked, or the master is ending.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        Self::compute_with(self.heavy_permit().await?, work).await
    }

    /// The same for who holds a place already.
    ///
    /// # Errors
    /// One line: the computation panicked.
    pub(super) async fn compute_with<T: Send + 'static>(
        permit: OwnedSemaphorePermit,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let done = tokio::task::spawn_blocking(move || {
            let _held_to_the_end = permit;
            work()
        });
        done.await
            .map_err(|error| format!("The answer could not be computed: {error}"))
    }
}
