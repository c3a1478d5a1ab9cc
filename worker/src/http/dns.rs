//! Host names to addresses, remembered for a bounded time per reactor thread.
//!
//! Without this, thousands of users who start at once would each occupy a thread of the blocking pool for the same
//! question. Those who ask while the question is open wait for the one answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

use tokio::sync::OnceCell;

use super::error::{ErrorKind, HttpError};
use super::limits::{DNS_ENTRIES_MAX, DNS_TTL};
use super::target::{Origin, OriginHost};

#[derive(Debug)]
struct Entry {
    asked: Instant,
    addresses: OnceCell<Vec<IpAddr>>,
}

thread_local! {
    static ENTRIES: RefCell<HashMap<String, Rc<Entry>>> = RefCell::default();
}

/// The addresses of `origin`, in the order of the system's resolver; never empty.
pub(super) async fn resolve(origin: &Origin) -> Result<Vec<SocketAddr>, HttpError> {
    let name = match &origin.host {
        OriginHost::Address(address) => return Ok(vec![SocketAddr::new(*address, origin.port)]),
        OriginHost::Name(name) => name,
    };
    let entry = entry_for(name, Instant::now());
    let addresses = entry.addresses.get_or_try_init(|| look_up(name)).await?;
    Ok(addresses
        .iter()
        .map(|address| SocketAddr::new(*address, origin.port))
        .collect())
}

fn entry_for(name: &str, now: Instant) -> Rc<Entry> {
    ENTRIES.with_borrow_mut(|entries| {
        if let Some(known) = entries.get(name)
            && now.duration_since(known.asked) < DNS_TTL
        {
            return Rc::clone(known);
        }
        if entries.len() >= DNS_ENTRIES_MAX {
            entries.retain(|_, entry| now.duration_since(entry.asked) < DNS_TTL);
        }
        if entries.len() >= DNS_ENTRIES_MAX {
            entries.clear();
        }
        let entry = Rc::new(Entry {
            asked: now,
            addresses: OnceCell::new(),
        });
        entries.insert(name.to_owned(), Rc::clone(&entry));
        entry
    })
}

async fn look_up(name: &str) -> Result<Vec<IpAddr>, HttpError> {
    let failed = |why: &str| {
        HttpError::new(
            ErrorKind::Dns,
            format!("gaierror('cannot resolve host {name}: {why}')"),
        )
    };
    let found = tokio::net::lookup_host((name, 0)).await.map_err(|why| {
        let text = why.to_string();
        failed(text.trim_start_matches("failed to lookup address information: "))
    })?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    if addresses.is_empty() {
        Err(failed("it has no address"))
    } else {
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_once_within_its_time_and_again_after_it() {
        let now = Instant::now();
        let first = entry_for("a.test", now);
        assert!(Rc::ptr_eq(&first, &entry_for("a.test", now + DNS_TTL / 2)));
        assert!(!Rc::ptr_eq(&first, &entry_for("a.test", now + DNS_TTL)));
    }

    #[test]
    fn the_memory_is_bounded() {
        for number in 0..DNS_ENTRIES_MAX * 3 {
            entry_for(&format!("{number}.test"), Instant::now());
        }
        assert!(ENTRIES.with_borrow(HashMap::len) <= DNS_ENTRIES_MAX);
    }
}
