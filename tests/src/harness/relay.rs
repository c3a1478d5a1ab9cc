//! A TCP relay whose network can be broken and mended.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Passes connections on to a port of 127.0.0.1 until it is broken.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    broken: bool,
    open: Vec<TcpStream>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Relay {
    /// Starts to listen.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn to(target_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        // It lives as long as the test's process, like the listener that it waits on.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that cannot be passed on is closed by being dropped.
                let _ = pass_on(client, target_port, &shared);
            }
        });
        Self { port, state }
    }

    /// Closes every connection and lets no new one through.
    pub fn break_off(&self) {
        let mut state = lock(&self.state);
        state.broken = true;
        for stream in state.open.drain(..) {
            // The other side may have closed it before.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        lock(&self.state).broken = false;
    }
}

fn pass_on(client: TcpStream, target_port: u16, state: &Mutex<State>) -> io::Result<()> {
    let mut state = lock(state);
    if state.broken {
        return Ok(());
    }
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target_port))?;
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            // Either end closing, in order or not, closes the other.
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    state.open.extend([client, server]);
    Ok(())
}
