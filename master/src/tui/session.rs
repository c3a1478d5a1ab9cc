//! The terminal while the master serves: keys that change the run, and the signals that a terminal sends.
//!
//! Its end, also by a panic, gives the terminal back as it was.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{Signal as Arrivals, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Terminal;
use super::keys::{self, Key, Present};
use super::modes::{Modes, is_background};
use crate::events::EndCause;
use crate::limits::MAX_KEYS_WAITING;
use crate::server::ControlHandle;

/// How often the thread that waits for keys looks whether it shall go on, and whether the terminal is ours again.
const LOOK_EVERY_NS: i64 = 250_000_000;
/// Bytes read at once; more are a text that was pasted.
const READ_BYTES: usize = 64;

/// What of the terminal is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// The live screen.
    pub screen: bool,
    /// Keys, if standard input is a terminal.
    pub keys: bool,
}

/// Gives the terminal back when it is dropped.
#[derive(Debug)]
pub struct Session {
    terminal: Arc<Terminal>,
    modes: Option<Arc<Modes>>,
    is_over: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Session {
    /// Takes the terminal. To be called on the runtime.
    pub fn start(wanted: Use, terminal: &Arc<Terminal>, control: &ControlHandle) -> Self {
        let modes = wanted.keys.then(Modes::of_stdin).flatten().map(Arc::new);
        let mut session = Self {
            terminal: Arc::clone(terminal),
            modes: modes.clone(),
            is_over: Arc::default(),
            tasks: Vec::new(),
        };
        if modes.is_none() && !wanted.screen {
            return session;
        }
        restore_on_panic(terminal, modes.as_ref());
        match listen_to_signals(Arc::clone(terminal), modes.clone()) {
            Ok(task) => session.tasks.push(task),
            Err(error) => tracing::warn!("the terminal's signals cannot be caught: {error}"),
        }
        if let Some(modes) = modes {
            session.listen_to_keys(modes, control.clone());
        }
        session
    }

    fn listen_to_keys(&mut self, modes: Arc<Modes>, control: ControlHandle) {
        let (sender, receiver) = mpsc::channel(MAX_KEYS_WAITING);
        let is_over = Arc::clone(&self.is_over);
        let reading = std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || read_keys(&modes, &is_over, &sender));
        match reading {
            Ok(_detached) => {
                self.terminal.set_keys(true);
                self.tasks.push(tokio::spawn(carry_out(
                    receiver,
                    control,
                    Arc::clone(&self.terminal),
                )));
            }
            Err(error) => tracing::warn!("keys are not read: {error}"),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        for task in &self.tasks {
            task.abort();
        }
        self.terminal.close();
        if let Some(modes) = &self.modes {
            modes.release();
        }
    }
}

/// A panic of whatever thread: its message is to be read, and the process may end before anything is dropped.
fn restore_on_panic(terminal: &Arc<Terminal>, modes: Option<&Arc<Modes>>) {
    let (terminal, modes) = (Arc::clone(terminal), modes.cloned());
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        terminal.close_if_free();
        if let Some(modes) = &modes {
            modes.release();
        }
        usual(panic);
    }));
}

/// Reads until the end. While another job has the terminal it waits: reading would stop the process.
fn read_keys(modes: &Modes, is_over: &AtomicBool, keys: &mpsc::Sender<Key>) {
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: LOOK_EVERY_NS,
    };
    while !is_over.load(Ordering::Relaxed) {
        if is_background(modes.terminal()) {
            std::thread::sleep(std::time::Duration::from_nanos(LOOK_EVERY_NS.unsigned_abs()));
            continue;
        }
        if modes.hold().is_err() {
            return;
        }
        let mut ready = [PollFd::from_borrowed_fd(modes.terminal(), PollFlags::IN)];
        match poll(&mut ready, Some(&moment)) {
            Ok(1..) if !is_over.load(Ordering::Relaxed) => {}
            Ok(_) | Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        }
        let mut bytes = [0; READ_BYTES];
        match rustix::io::read(modes.terminal(), &mut bytes) {
            Ok(0) => return,
            Ok(length) => {
                for key in keys::keys(&bytes[..length]) {
                    // Keys that come faster than the run can change are held down by mistake.
                    let _too_many = keys.try_send(key);
                }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => return,
        }
    }
}

async fn carry_out(mut keys: mpsc::Receiver<Key>, control: ControlHandle, terminal: Arc<Terminal>) {
    while let Some(key) = keys.recv().await {
        match key {
            Key::Users(by) => {
                if let Err(reason) = change_users(by, &control).await {
                    tracing::warn!("{reason}");
                }
            }
            Key::Stop => {
                tracing::info!("q: ending; once more ends at once");
                control.quit(EndCause::Signal).await;
            }
            Key::Help => {
                if !terminal.toggle_help() {
                    tracing::info!("keys: w, W one and ten users more; s, S fewer; q stops the run");
                }
            }
        }
    }
}

async fn change_users(by: i64, control: &ControlHandle) -> Result<(), String> {
    let present = control
        .read(|reading| Present {
            state: reading.view.state,
            target_users: reading.view.target_user_count,
            spawn_rate: reading.view.spawn_rate,
            has_shape: reading.machine.has_shape(),
        })
        .await?;
    let plan = keys::change_users(by, present)?;
    control.start(plan.into()).await
}

fn listen_to_signals(terminal: Arc<Terminal>, modes: Option<Arc<Modes>>) -> io::Result<JoinHandle<()>> {
    let mut stops = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?;
    let mut sizes = signal(SignalKind::window_change())?;
    let mut quits = signal(SignalKind::quit())?;
    let mut hangups = signal(SignalKind::hangup())?;
    let give_back = move |terminal: &Terminal| {
        terminal.hide();
        if let Some(modes) = &modes {
            modes.release();
        }
    };
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                () = arrival(&mut sizes) => terminal.redraw(),
                () = arrival(&mut stops) => {
                    give_back(&terminal);
                    // From here on as if we had not caught the signal; what follows happens after `fg`.
                    let _stopped = kill_process(getpid(), Signal::STOP);
                }
                () = arrival(&mut quits) => end_by(Signal::QUIT, || give_back(&terminal)),
                () = arrival(&mut hangups) => end_by(Signal::HUP, || give_back(&terminal)),
            }
        }
    }))
}

/// These signals end a process at once, and still do.
fn end_by(signal: Signal, give_back: impl FnOnce()) {
    give_back();
    std::process::exit(128 + signal.as_raw());
}

async fn arrival(arrivals: &mut Arrivals) {
    if arrivals.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}
