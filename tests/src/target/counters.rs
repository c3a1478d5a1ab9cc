//! How many requests reached each path.
//!
//! Exact, and cheap where it matters: a path of [`FIXED`] costs one atomic addition, any other a short lock. The
//! table of other paths is bounded; past the bound paths are counted together as [`OTHER`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Paths without a parameter.
const FIXED: [&str; 15] = [
    "/",
    "/json",
    "/slow",
    "/cookies",
    "/cookies/set",
    "/gzip",
    "/deflate",
    "/br",
    "/zstd",
    "/echo",
    "/login",
    "/cart",
    "/drop",
    "/ws",
    "/ws messages",
];
/// How many other paths are told apart.
const MAX_OTHER_PATHS: usize = 4096;
/// The row of paths beyond that.
pub const OTHER: &str = "(other)";

/// Requests by path since the start or the last reset.
#[derive(Debug, Default)]
pub struct Counters {
    fixed: [AtomicU64; FIXED.len()],
    others: Mutex<BTreeMap<String, u64>>,
}

impl Counters {
    /// Counts one request for `/`.
    pub fn hit_root(&self) {
        self.fixed[0].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one request for a path without its query.
    pub fn hit(&self, path: &str) {
        if let Some(index) = FIXED.iter().position(|fixed| *fixed == path) {
            self.fixed[index].fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut others = self.others();
        if let Some(count) = others.get_mut(path) {
            *count += 1;
        } else {
            let key = if others.len() < MAX_OTHER_PATHS {
                path
            } else {
                OTHER
            };
            *others.entry(key.to_owned()).or_default() += 1;
        }
    }

    /// All paths that were requested at least once.
    #[must_use]
    pub fn by_path(&self) -> BTreeMap<String, u64> {
        let mut counts = self.others().clone();
        for (path, count) in FIXED.iter().zip(&self.fixed) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                counts.insert((*path).to_owned(), count);
            }
        }
        counts
    }

    /// Back to nothing.
    pub fn reset(&self) {
        self.others().clear();
        for count in &self.fixed {
            count.store(0, Ordering::Relaxed);
        }
    }

    fn others(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_fixed_and_other_paths_apart() {
        let counters = Counters::default();
        counters.hit_root();
        counters.hit("/");
        counters.hit("/items/1");
        counters.hit("/json");
        let expected = [("/", 2), ("/items/1", 1), ("/json", 1)];
        assert_eq!(
            counters.by_path(),
            expected.map(|(path, n)| (path.to_owned(), n)).into()
        );
        counters.reset();
        assert!(counters.by_path().is_empty());
    }

    #[test]
    fn past_the_bound_paths_are_counted_together() {
        let counters = Counters::default();
        for number in 0..MAX_OTHER_PATHS + 10 {
            counters.hit(&format!("/items/{number}"));
        }
        let counts = counters.by_path();
        assert_eq!(counts[OTHER], 10);
        assert_eq!(counts.values().sum::<u64>(), MAX_OTHER_PATHS as u64 + 10);
    }
}
