//! The reactor: one thread that owns every socket, every time-out, the statistics and the link to the master.
//!
//! The Python thread talks to it through two [`mailbox`]es only and never waits for it; it never takes the interpreter's
//! lock. So response times are taken off the interpreter, and a script that blocks delays nothing but itself.

mod clock;
mod deadlines;
mod lane;
pub mod mailbox;
mod run_lane;
mod sessions;
mod sockets;
mod submission;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use protocol::ZmqTransport;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc;

use crate::http::{ErrorKind, HttpError};
use crate::limits::{COMPLETIONS_PER_HANDOVER, LINK_QUEUE_MAX};
use crate::link::{self, Commands, LinkConfig};
use crate::recorder::Recorder;

pub use clock::Clock;
pub use mailbox::{Inbox, Outbox};
pub use submission::{
    Delivered, Delivery, Extras, Finished, LinkRequest, PoolId, SessionId, SocketDone, SocketId, Submission,
    Submitted, Ticket, Work, milliseconds,
};

use deadlines::Deadlines;
use sessions::Sessions;
use sockets::Sockets;

/// What the reactor's tasks share; none of it leaves the thread.
#[derive(Debug)]
pub struct Core {
    /// The statistics.
    pub recorder: RefCell<Recorder>,
    /// Unix time.
    pub clock: Clock,
    /// HTTP requests under way: from the reactor's start on one to its end. Operations on WebSockets are not among them, since
    /// waiting for a message may take as long as the connection lasts and loads nobody.
    pub in_flight: Cell<u64>,
    deadlines: Deadlines,
    sessions: RefCell<Sessions>,
    sockets: RefCell<Sockets>,
}

thread_local! {
    /// Completions since the last handover. Thread-local because the runtime's park hook must be `Send` and `Core` is not.
    static DELIVERIES: RefCell<Vec<Delivery>> = const { RefCell::new(Vec::new()) };
    static OUTBOX: RefCell<Option<Arc<Outbox<Delivery>>>> = const { RefCell::new(None) };
}

impl Core {
    /// Nothing recorded, no sessions.
    pub fn new() -> Self {
        Self {
            recorder: RefCell::default(),
            clock: Clock::new(),
            in_flight: Cell::new(0),
            deadlines: Deadlines::default(),
            sessions: RefCell::default(),
            sockets: RefCell::default(),
        }
    }

    /// Ends a request whose session is closed; it never left, so it is not counted.
    fn refuse(&self, submitted: &Submitted) {
        let error = HttpError::new(ErrorKind::Closed, "RuntimeError('the session is closed')");
        let finished = Finished {
            result: Err(error),
            response_time: Duration::ZERO,
            lag: Duration::ZERO,
            start_unix_s: self.clock.now_unix_s(),
            asked: None,
        };
        self.deliver(submitted.ticket, Delivered::Finished(finished));
    }

    /// Queues a completion for Python; it leaves with its batch when the reactor has nothing else to do.
    fn deliver(&self, ticket: Ticket, result: Delivered) {
        let full = DELIVERIES.with_borrow_mut(|deliveries| {
            deliveries.push(Delivery { ticket, result });
            deliveries.len() >= COMPLETIONS_PER_HANDOVER
        });
        if full {
            hand_over();
        }
    }
}

impl Default for Core {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives the gathered completions to the Python thread.
fn hand_over() {
    OUTBOX.with_borrow(|outbox| {
        if let Some(outbox) = outbox {
            DELIVERIES.with_borrow_mut(|deliveries| outbox.push_batch(deliveries));
        }
    });
}

/// The Python thread's end of a running reactor.
#[derive(Debug)]
pub struct Reactor {
    /// Where submissions go.
    pub inbox: Arc<Inbox<Submission>>,
    /// Where completions come from; its descriptor also rings for commands.
    pub outbox: Arc<Outbox<Delivery>>,
    /// Commands of the master.
    pub commands: Arc<Commands>,
    thread: Option<JoinHandle<()>>,
}

impl Reactor {
    /// Makes the mailboxes; nothing runs yet.
    ///
    /// # Errors
    /// When the process can open no more files.
    pub fn new() -> std::io::Result<Self> {
        let outbox = Arc::new(Outbox::new()?);
        Ok(Self {
            inbox: Arc::new(Inbox::new()),
            commands: Arc::new(Commands::new(Arc::clone(&outbox))),
            outbox,
            thread: None,
        })
    }

    /// Starts the thread; with a link to a master if `link` says where it is.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(&mut self, link: Option<LinkConfig>) -> std::io::Result<()> {
        let inbox = Arc::clone(&self.inbox);
        let outbox = Arc::clone(&self.outbox);
        let commands = Arc::clone(&self.commands);
        let thread = std::thread::Builder::new()
            .name("acrida-reactor".to_owned())
            .spawn(move || {
                OUTBOX.set(Some(Arc::clone(&outbox)));
                let runtime = Builder::new_current_thread()
                    .enable_all()
                    .on_thread_park(hand_over)
                    .build_local(LocalOptions::default());
                match runtime {
                    Ok(runtime) => runtime.block_on(run(inbox, commands, link)),
                    Err(error) => tracing::error!("the engine cannot start: {error}"),
                }
            })?;
        self.thread = Some(thread);
        Ok(())
    }

    /// The thread, to be joined once it was asked to end.
    pub fn take_thread(&mut self) -> ReactorThread {
        ReactorThread(self.thread.take())
    }
}

/// A reactor's thread on its way out.
#[derive(Debug)]
pub struct ReactorThread(Option<JoinHandle<()>>);

impl ReactorThread {
    /// Waits for its end.
    pub fn join(self) {
        if self.0.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the engine's thread ended by a defect of ours; its last statistics are lost");
        }
    }
}

/// The reactor's main task.
async fn run(inbox: Arc<Inbox<Submission>>, commands: Arc<Commands>, link: Option<LinkConfig>) {
    let core = Rc::new(Core::new());
    let (to_link, from_python) = mpsc::channel(LINK_QUEUE_MAX);
    tokio::task::spawn_local({
        let core = Rc::clone(&core);
        async move { core.deadlines.enforce().await }
    });
    tokio::task::spawn_local(dispatch(Rc::clone(&core), inbox, to_link));
    link::run(core, ZmqTransport, link, from_python, commands).await;
    hand_over();
}

/// Carries submissions to where they belong, in the order they were made.
async fn dispatch(core: Rc<Core>, inbox: Arc<Inbox<Submission>>, to_link: mpsc::Sender<LinkRequest>) {
    let mut batch = Vec::new();
    loop {
        inbox.take(&mut batch).await;
        for submission in batch.drain(..) {
            match submission {
                Submission::Link(request) => {
                    if to_link.send(request).await.is_err() {
                        return;
                    }
                }
                other => handle(&core, other),
            }
        }
    }
}

fn handle(core: &Rc<Core>, submission: Submission) {
    match submission {
        Submission::Request(submitted) => core.sessions.borrow().request(core, submitted),
        Submission::Record(record) => core
            .recorder
            .borrow_mut()
            .record(record, core.clock.unix_s(Instant::now())),
        Submission::ResetStats => core.recorder.borrow_mut().reset(core.clock.now_unix_s()),
        Submission::NewRow { method, name } => {
            core.recorder
                .borrow_mut()
                .add_row(&method, &name, core.clock.now_unix_s());
        }
        Submission::Cancel { session, ticket } => core.sessions.borrow().cancel(session, ticket),
        Submission::OpenSession {
            id,
            profile,
            jar,
            pool,
        } => core.sessions.borrow_mut().open(id, profile, jar, pool),
        Submission::OpenPool { id, config } => core.sessions.borrow_mut().open_pool(id, config),
        Submission::ClosePool(id) => core.sessions.borrow_mut().close_pool(id),
        Submission::DropIdle(id) => core.sessions.borrow().drop_idle(id),
        Submission::Socket { id, ask } => core.sockets.borrow_mut().ask(core, id, ask),
        Submission::CloseSession(id) => core.sessions.borrow_mut().close(id),
        Submission::NextChunk {
            session,
            stream,
            ticket,
        } => {
            if !core
                .sessions
                .borrow()
                .stream(session, stream, Work::NextChunk(ticket))
            {
                core.deliver(ticket, Delivered::Chunk(bytes::Bytes::new()));
            }
        }
        Submission::CloseStream { session, stream } => {
            core.sessions.borrow().stream(session, stream, Work::CloseStream);
        }
        Submission::Link(_) => debug_assert!(false, "the dispatcher sends these on itself"),
    }
}
