//! The REST face: Locust's routes and fields (reference § 5.1, 5.3), so that scripts written against Locust work.
//!
//! Handlers hold no state of the run: they ask the control loop. The page comes elsewhere.

mod form;
mod page;
mod stats;
mod swarm;
mod troubles;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::events::RunState;
use crate::limits::MAX_FORM_BYTES;
use crate::server::{ControlHandle, Reading};
pub use form::StartForm;
use stats::StatsCache;

/// Where to serve.
#[derive(Debug, Clone, PartialEq)]
pub struct WebConfig {
    /// Host name or address; empty or `*` means every address.
    pub host: String,
    /// Port; 0 takes any free one.
    pub port: u16,
    /// Prefix of every path, such as `/load`; empty for none.
    pub base_path: String,
    /// What the start form shows.
    pub form: StartForm,
}

/// The REST face cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The port is taken.
    #[error("web port {port} is in use; end the program that holds it, or choose another with --web-port")]
    Busy {
        /// The port.
        port: u16,
    },
    /// Any other reason.
    #[error("cannot serve the web interface on {address}: {error}; check --web-host and --web-port")]
    Bind {
        /// What was tried.
        address: String,
        /// The system's reason.
        error: std::io::Error,
    },
}

/// The running server.
#[derive(Debug)]
pub struct WebServer {
    address: Option<SocketAddr>,
    task: JoinHandle<()>,
}

impl WebServer {
    /// Binds and serves.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(config: &WebConfig, control: ControlHandle) -> Result<Self, WebError> {
        let host = if matches!(config.host.as_str(), "" | "*") {
            "0.0.0.0"
        } else {
            config.host.as_str()
        };
        let listener = TcpListener::bind((host, config.port))
            .await
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::AddrInUse => WebError::Busy { port: config.port },
                _ => WebError::Bind {
                    address: format!("{host}:{}", config.port),
                    error,
                },
            })?;
        let address = listener.local_addr().ok();
        if let Some(address) = address {
            tracing::info!("web interface on http://{address}{}", config.base_path);
        }
        let router = router(&config.base_path, control, config.form.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("the web interface ended: {error}");
            }
        });
        Ok(Self { address, task })
    }

    /// The address served on.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Ends it at once.
    pub async fn stop(self) {
        self.task.abort();
        // Aborted: that is the point.
        let _aborted = self.task.await;
    }
}

#[derive(Debug, Clone)]
struct Face {
    control: ControlHandle,
    cache: Arc<StatsCache>,
    form: Arc<StartForm>,
}

impl Face {
    /// The host that overrides those of the classes.
    async fn host(&self) -> Option<String> {
        let host = self
            .control
            .read(|reading| reading.machine.host().map(str::to_owned));
        host.await.ok().flatten()
    }
}

/// The routes, under `base_path`.
pub fn router(base_path: &str, control: ControlHandle, form: StartForm) -> Router {
    let face = Face {
        control,
        cache: Arc::new(StatsCache::default()),
        form: Arc::new(form),
    };
    let routes = Router::new()
        .route("/swarm", post(swarm))
        .route("/stop", post(stop))
        .route("/stats/reset", post(reset))
        .route("/stats/requests", get(requests))
        .route("/worker-count", get(worker_count))
        .route("/form", get(start_form))
        .route("/exceptions", get(troubles::exceptions))
        .route("/exceptions/csv", get(troubles::exceptions_csv))
        .route("/logs", get(troubles::logs))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(face);
    let routes = routes.merge(page::routes(base_path));
    let prefix = base_path.trim_end_matches('/');
    if prefix.is_empty() {
        routes
    } else {
        Router::new().nest(prefix, routes)
    }
}

async fn swarm(State(face): State<Face>, posted: swarm::FormResult) -> Json<Value> {
    let started = start(&face, &posted).await;
    face.cache.clear().await;
    match started {
        Ok(asked) => {
            let host = face.host().await;
            Json(asked.answer(host.as_deref()))
        }
        Err(message) => Json(failure(&message)),
    }
}

/// The script sees its options before `test_start`, so they are set first.
async fn start(face: &Face, posted: &swarm::FormResult) -> Result<swarm::Asked, String> {
    let look = |reading: &Reading<'_>| swarm::Present {
        has_shape: reading.machine.has_shape(),
        is_idle: matches!(reading.view.state, RunState::Ready | RunState::Stopped),
    };
    let asked = swarm::parse(posted, &face.form, face.control.read(look).await?)?;
    let options = rmpv::ext::to_value(&asked.options).map_err(|error| error.to_string())?;
    face.control.set_options(options).await?;
    face.control.start(asked.request.clone()).await?;
    Ok(asked)
}

async fn start_form(State(face): State<Face>) -> Json<Value> {
    let host = face.host().await;
    Json(face.form.describe(host.as_deref()))
}

async fn stop(State(face): State<Face>) -> Json<Value> {
    let stopped = face.control.stop().await;
    face.cache.clear().await;
    Json(match stopped {
        Ok(()) => json!({"success": true, "message": "Test stopped"}),
        Err(message) => failure(&message),
    })
}

async fn reset(State(face): State<Face>) -> Response {
    let done = face.control.reset_stats().await;
    face.cache.clear().await;
    match done {
        Ok(()) => "ok".into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

async fn requests(State(face): State<Face>) -> Response {
    match face.cache.get(&face.control).await {
        Ok(stats) => Json(&*stats).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

async fn worker_count(State(face): State<Face>) -> Response {
    match face
        .control
        .read(|reading| reading.machine.cluster().active_count())
        .await
    {
        Ok(count) => Json(json!({"worker_count": count})).into_response(),
        Err(message) => (StatusCode::SERVICE_UNAVAILABLE, message).into_response(),
    }
}

fn failure(message: &str) -> Value {
    json!({"success": false, "message": message})
}
