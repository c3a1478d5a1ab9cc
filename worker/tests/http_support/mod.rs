//! A target that does what a test tells it, connection by connection, on 127.0.0.1.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;
use worker::http::{
    HttpError, Outcome, PhaseCell, Prepared, Profile, ProfileConfig, Request, Response, Session, SharedJar,
    execute,
};

/// What the target does next on a connection.
#[derive(Debug, Clone)]
pub enum Step {
    /// Reads one whole request and remembers it.
    Read,
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes, each in a packet of its own.
    Trickle(Vec<u8>),
    /// Closes the connection with a reset.
    Reset,
    /// Says that it got here and then does nothing until the peer closes.
    Hang,
}

/// A step that sends `text`.
pub fn send(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

/// A response with a body and its length.
pub fn response(status: &str, headers: &str, body: &[u8]) -> Step {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    Step::Send([head.as_bytes(), body].concat())
}

/// A plain successful response.
pub fn ok(body: &str) -> Step {
    response("200 OK", "", body.as_bytes())
}

/// The running target.
#[derive(Clone)]
pub struct Target {
    pub port: u16,
    requests: Rc<RefCell<Vec<String>>>,
    hanging: Rc<Notify>,
}

impl Target {
    /// Each element of `scripts` is what happens on one connection, in the order they are accepted; after its last step a
    /// connection is closed.
    pub async fn start(scripts: Vec<Vec<Step>>) -> Self {
        Self::start_with(scripts, None).await
    }

    pub async fn start_with(scripts: Vec<Vec<Step>>, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Self {
            port,
            requests: Rc::default(),
            hanging: Rc::default(),
        };
        let running = target.clone();
        tokio::task::spawn_local(async move {
            for script in scripts {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                tokio::task::spawn_local(running.clone().connection(stream, script, tls.clone()));
            }
        });
        target
    }

    /// The requests read so far, heads and bodies.
    pub fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }

    /// The last request read.
    pub fn last(&self) -> String {
        self.requests().last().cloned().expect("a request")
    }

    /// Waits until a connection hangs.
    pub async fn hanging(&self) {
        self.hanging.notified().await;
    }

    async fn connection(self, stream: TcpStream, script: Vec<Step>, tls: Option<Arc<rustls::ServerConfig>>) {
        match tls {
            None => {
                let reset = |stream: &TcpStream| stream.set_zero_linger().unwrap();
                self.play(stream, script, reset).await;
            }
            Some(config) => {
                if let Ok(stream) = TlsAcceptor::from(config).accept(stream).await {
                    self.play(stream, script, |_| {}).await;
                }
            }
        }
    }

    async fn play<S>(self, mut stream: S, script: Vec<Step>, reset: impl Fn(&S))
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        for step in script {
            match step {
                Step::Read => match read_request(&mut stream).await {
                    Some(request) => self.requests.borrow_mut().push(request),
                    None => return,
                },
                Step::Send(bytes) => {
                    // The client may have gone away; that is for the test to notice.
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.flush().await;
                }
                Step::Trickle(bytes) => {
                    for byte in bytes {
                        let _ = stream.write_all(&[byte]).await;
                        let _ = stream.flush().await;
                        tokio::task::yield_now().await;
                    }
                }
                Step::Reset => return reset(&stream),
                Step::Hang => {
                    self.hanging.notify_one();
                    let _ = stream.read(&mut [0; 16]).await;
                }
            }
        }
        let _ = stream.shutdown().await;
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&piece[..count]),
        }
    }
}

/// Runs a test as the reactor runs: one thread, one local set.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test);
}

/// A session whose base URL is the target's.
pub fn session(target: &Target) -> Session {
    session_with(target, |_| {})
}

pub fn session_with(target: &Target, change: impl FnOnce(&mut ProfileConfig)) -> Session {
    let base_url = format!("http://127.0.0.1:{}", target.port);
    let mut config = ProfileConfig {
        base_url,
        ..Default::default()
    };
    change(&mut config);
    Session::new(Profile::new(&config).unwrap(), SharedJar::default())
}

/// A GET that follows redirects.
pub fn get(session: &Session, url: &str) -> Prepared {
    prepare(
        session,
        Request {
            method: "GET",
            url,
            follow_redirects: true,
            ..Default::default()
        },
    )
}

pub fn prepare(session: &Session, request: Request<'_>) -> Prepared {
    session.profile().prepare(request).unwrap()
}

pub async fn outcome(session: &Session, request: Prepared) -> Outcome {
    execute(session, request, &PhaseCell::default()).await
}

/// The response to a GET.
pub async fn fetch(session: &Session, url: &str) -> Result<Response, HttpError> {
    outcome(session, get(session, url)).await.result
}

/// The response to a GET that must succeed.
pub async fn fetch_ok(session: &Session, url: &str) -> Response {
    fetch(session, url).await.unwrap()
}
