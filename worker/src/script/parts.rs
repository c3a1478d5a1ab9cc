//! Putting a bundle together from its parts, in order. No I/O.

use protocol::limits::MAX_PACKED_BYTES;
use protocol::{BundlePart, BundleRequest, Packed};

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    have: String,
    hash: String,
    bytes: Vec<u8>,
}

/// What a part meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It was here already, or belongs to a bundle that has been replaced.
    Repeated,
    /// The next one is to be asked for.
    More,
    /// That was the last.
    Whole(Packed),
    /// The master has no other bundle than the one that is here.
    Unchanged,
}

impl Parts {
    /// Nothing yet. A bundle with the hash `have` need not be sent.
    pub(super) fn new(have: &str) -> Self {
        Self {
            have: have.to_owned(),
            ..Self::default()
        }
    }

    /// What to ask for next.
    pub(super) fn request(&self) -> BundleRequest {
        BundleRequest {
            hash: self.hash.clone(),
            offset: self.bytes.len() as u64,
            have: self.have.clone(),
        }
    }

    /// Takes a part. One that begins another bundle begins it anew: the master has a newer one by now.
    ///
    /// # Errors
    /// What no master of ours sends.
    pub(super) fn take(&mut self, part: &BundlePart) -> Result<Progress, String> {
        if !self.have.is_empty() && part.hash == self.have {
            return Ok(Progress::Unchanged);
        }
        if part.total > MAX_PACKED_BYTES {
            return Err(format!("it is to have {} bytes", part.total));
        }
        if part.hash != self.hash {
            if part.offset != 0 {
                return Ok(Progress::Repeated);
            }
            self.hash.clone_from(&part.hash);
            self.bytes.clear();
        }
        if part.offset != self.bytes.len() as u64 {
            return Ok(Progress::Repeated);
        }
        let end = part.offset + part.bytes.len() as u64;
        if part.bytes.is_empty() || end > part.total {
            return Err(format!(
                "a part of {} bytes at {} of {} does not fit",
                part.bytes.len(),
                part.offset,
                part.total
            ));
        }
        self.bytes.extend_from_slice(&part.bytes);
        if end < part.total {
            return Ok(Progress::More);
        }
        Ok(Progress::Whole(Packed {
            hash: std::mem::take(&mut self.hash),
            bytes: std::mem::take(&mut self.bytes),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(hash: &str, total: u64, offset: u64, bytes: &[u8]) -> BundlePart {
        BundlePart {
            hash: hash.to_owned(),
            total,
            offset,
            bytes: bytes.to_vec(),
        }
    }

    fn whole(hash: &str, bytes: &[u8]) -> Result<Progress, String> {
        Ok(Progress::Whole(Packed {
            hash: hash.to_owned(),
            bytes: bytes.to_vec(),
        }))
    }

    #[test]
    fn parts_in_order_make_the_whole_and_repeated_ones_change_nothing() {
        let mut parts = Parts::new("");
        assert_eq!(parts.take(&part("h", 5, 0, b"abc")), Ok(Progress::More));
        assert_eq!(parts.take(&part("h", 5, 0, b"abc")), Ok(Progress::Repeated));
        assert_eq!((parts.request().hash.as_str(), parts.request().offset), ("h", 3));
        assert_eq!(parts.take(&part("h", 5, 3, b"de")), whole("h", b"abcde"));
    }

    #[test]
    fn a_newer_bundle_replaces_a_half_one() {
        let mut parts = Parts::new("");
        parts.take(&part("old", 9, 0, b"abc")).unwrap();
        assert_eq!(parts.take(&part("new", 4, 0, b"xy")), Ok(Progress::More));
        assert_eq!(parts.take(&part("old", 9, 3, b"def")), Ok(Progress::Repeated));
        assert_eq!(parts.take(&part("new", 4, 2, b"zz")), whole("new", b"xyzz"));
    }

    #[test]
    fn a_bundle_that_is_here_is_not_taken_again() {
        assert_eq!(
            Parts::new("h").take(&part("h", 5, 0, b"")),
            Ok(Progress::Unchanged)
        );
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        for wrong in [
            part("h", 5, 0, b""),
            part("h", 2, 0, b"abc"),
            part("h", MAX_PACKED_BYTES + 1, 0, b"abc"),
            part("h", u64::MAX, 0, b"abc"),
        ] {
            assert!(Parts::new("").take(&wrong).is_err());
        }
    }
}
