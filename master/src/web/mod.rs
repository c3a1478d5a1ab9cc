//! The web face: Locust's routes and fields (reference § 5.1, 5.3), so that scripts written against Locust work, and
//! the versioned `/api/v1`.
//!
//! Handlers hold no state of the run: they ask the control loop. One file for each area, one function `routes` in it.

mod api;
mod downloads;
mod error;
mod face;
mod form;
mod health;
mod live;
mod locust;
mod metrics;
mod origin;
mod page;
mod runs;
#[cfg(test)]
mod samples;
mod script;
mod stats;
mod status;
mod swarm;
mod troubles;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::limits::WEB_CLOSE_WAIT_S;
use crate::server::ControlHandle;
use face::Face;
pub use face::{FaceConfig, SharedForm};
pub use form::StartForm;

/// Where to serve.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// Host name or address; empty or `*` means every address.
    pub host: String,
    /// Port; 0 takes any free one.
    pub port: u16,
    /// Prefix of every path, such as `/load`; empty for none.
    pub base_path: String,
    /// What its handlers are given.
    pub face: FaceConfig,
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
    ending: oneshot::Sender<()>,
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
        let router = router(&config.base_path, control, config.face.clone());
        let (ending, ends) = oneshot::channel();
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
                // Told, or forgotten: both mean the end.
                let _told = ends.await;
            });
            if let Err(error) = serving.await {
                tracing::error!("the web interface ended: {error}");
            }
        });
        Ok(Self {
            address,
            ending,
            task,
        })
    }

    /// The address served on.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Ends it. What is being answered has a moment for that: a stop that ends the master is one such request.
    pub async fn stop(mut self) {
        // Gone already: nothing to tell.
        let _gone = self.ending.send(());
        let patience = Duration::from_secs_f64(WEB_CLOSE_WAIT_S);
        if tokio::time::timeout(patience, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Every route, under `base_path`. Each area has one function that makes its router; it is merged here.
pub fn router(base_path: &str, control: ControlHandle, config: FaceConfig) -> Router {
    let face = Face::new(base_path, control, config);
    let prefix = face.base_path.to_string();
    let routes = Router::new()
        .merge(locust::routes())
        .merge(script::routes())
        .merge(downloads::routes())
        .method_not_allowed_fallback(wrong_method)
        .merge(health::routes())
        .merge(metrics::routes())
        .merge(api::routes(&prefix))
        .merge(page::routes(&prefix))
        .layer(axum::middleware::from_fn(origin::check))
        .with_state(face);
    if prefix.is_empty() {
        routes
    } else {
        Router::new().nest(&prefix, routes)
    }
}

/// Locust answers with a text.
async fn wrong_method() -> (StatusCode, &'static str) {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "405 Method Not Allowed: this path takes another method; the header Allow names it",
    )
}
