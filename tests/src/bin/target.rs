//! `target`: the demo target as a process. See `tests::target`.
//!
//! Its first line on stdout is a JSON object that says where it listens.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use serde_json::json;
use tests::target::{Shared, TlsSetup, bind, serve_plain, serve_tls};
use tokio::io::AsyncReadExt;

/// A small HTTP server to aim a load test at.
#[derive(Debug, Parser)]
#[command(name = "target", version)]
struct Options {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port for HTTP; 0 takes a free one.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Port for HTTPS; 0 takes a free one. Without it there is no HTTPS.
    #[arg(long)]
    tls_port: Option<u16>,
    /// Folder for the certificate files clients need; a new temporary folder if not given.
    #[arg(long)]
    tls_dir: Option<PathBuf>,
    /// Threads that serve; one per core if not given.
    #[arg(long)]
    threads: Option<usize>,
    /// Stop when stdin is closed, so that the server does not outlive who started it.
    #[arg(long)]
    lifeline: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    settings::open_files::raise_limit();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = options.threads {
        builder.worker_threads(threads.max(1));
    }
    let outcome = builder.enable_all().build().and_then(|runtime| {
        let outcome = runtime.block_on(run(options));
        // A read of stdin may be under way; it must not hold up the end.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("target: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> std::io::Result<()> {
    let shared = Arc::new(Shared::default());
    let plain = bind(SocketAddr::new(options.host, options.port))?;
    let port = plain.local_addr()?.port();
    let mut announced = json!({"url": format!("http://{}:{port}", options.host), "port": port});

    // Removed at the end; made only without a folder of the caller's, who may end us by a signal that removes nothing.
    let temporary = match (&options.tls_port, &options.tls_dir) {
        (Some(_), None) => Some(tempfile::Builder::new().prefix("acrida-target-").tempdir()?),
        _ => None,
    };
    let folder = options
        .tls_dir
        .as_deref()
        .or(temporary.as_ref().map(tempfile::TempDir::path));
    if let (Some(tls_port), Some(folder)) = (options.tls_port, folder) {
        std::fs::create_dir_all(folder)?;
        let tls = TlsSetup::create(folder)?;
        let listener = bind(SocketAddr::new(options.host, tls_port))?;
        let tls_port = listener.local_addr()?.port();
        announced["tls_url"] = json!(format!("https://{}:{tls_port}", options.host));
        announced["tls_port"] = json!(tls_port);
        announced["ca_file"] = json!(tls.files.ca);
        announced["client_certificate"] = json!(tls.files.client_certificate);
        announced["client_key"] = json!(tls.files.client_key);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move { serve_tls(listener, &tls, shared).await });
    }

    let mut stdout = std::io::stdout();
    writeln!(stdout, "{announced}")?;
    stdout.flush()?;

    tokio::select! {
        served = serve_plain(plain, shared) => served,
        () = stdin_closed(), if options.lifeline => Ok(()),
        () = asked_to_stop() => Ok(()),
    }
}

async fn stdin_closed() {
    let mut ignored = [0; 256];
    let mut stdin = tokio::io::stdin();
    while matches!(stdin.read(&mut ignored).await, Ok(length) if length > 0) {}
}

/// SIGTERM only: Ctrl-C has its default effect, or none where a script started us in the background, so that a target
/// outlives the users that still finish their tasks.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => std::future::pending().await,
    }
}
