//! The archive: a table of names and sizes in msgpack behind its length, then the contents one after the other, all of it
//! through zlib. The hash is over what was there before the compression.

use std::fmt::Write as _;
use std::io::{Read, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{BadName, Bundle, BundleError, BundleFile, Packed, check_name};
use crate::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_FILES, MAX_BUNDLE_TABLE_BYTES};

#[derive(Serialize, Deserialize)]
struct Table {
    working_directory: String,
    scripts: Vec<String>,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    size: u64,
}

/// Bytes of the table's length, before it.
const LENGTH_BYTES: usize = 4;

impl Bundle {
    /// Packs it. The same names and contents in the same order give the same bytes.
    ///
    /// # Errors
    /// A bundle past its limits, or with a name that cannot be used.
    pub fn pack(&self) -> Result<Packed, BundleError> {
        self.check()?;
        let table = Table {
            working_directory: self.working_directory.clone(),
            scripts: self.scripts.clone(),
            files: self.files.iter().map(Entry::of).collect(),
        };
        let table = rmp_serde::to_vec_named(&table).map_err(broken)?;
        let length = u32::try_from(table.len()).map_err(broken)?.to_be_bytes();
        let contents = self.files.iter().map(|file| file.contents.as_slice());
        let mut hash = Sha256::new();
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        for piece in [length.as_slice(), table.as_slice()].into_iter().chain(contents) {
            hash.update(piece);
            packed.write_all(piece).map_err(broken)?;
        }
        Ok(Packed {
            hash: hex(&hash.finalize()),
            bytes: packed.finish().map_err(broken)?,
        })
    }

    /// Reads a packed bundle of that hash.
    ///
    /// # Errors
    /// Whatever a master of ours does not write. Memory is bounded by the limits, whatever the bytes say.
    pub fn unpack(packed: &Packed) -> Result<Self, BundleError> {
        let most = (LENGTH_BYTES + MAX_BUNDLE_TABLE_BYTES + MAX_BUNDLE_BYTES) as u64;
        let mut plain = Vec::new();
        let mut decoder = ZlibDecoder::new(packed.bytes.as_slice()).take(most + 1);
        decoder.read_to_end(&mut plain).map_err(broken)?;
        if plain.len() as u64 > most {
            return Err(BundleError::TooLarge);
        }
        if hex(&Sha256::digest(&plain)) != packed.hash {
            return Err(BundleError::Mismatch);
        }
        let (length, rest) = plain.split_first_chunk().ok_or_else(cut)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (table, mut contents) = rest.split_at_checked(length).ok_or_else(cut)?;
        let table: Table = rmp_serde::from_slice(table).map_err(broken)?;
        let mut files = Vec::new();
        for entry in table.files {
            let size = usize::try_from(entry.size).map_err(broken)?;
            let (own, others) = contents.split_at_checked(size).ok_or_else(cut)?;
            contents = others;
            files.push(BundleFile {
                name: entry.name,
                contents: own.to_vec(),
            });
        }
        let bundle = Self {
            working_directory: table.working_directory,
            scripts: table.scripts,
            files,
        };
        bundle.check()?;
        Ok(bundle)
    }

    fn check(&self) -> Result<(), BundleError> {
        let bytes: usize = self.files.iter().map(|file| file.contents.len()).sum();
        if self.files.len() > MAX_BUNDLE_FILES || bytes > MAX_BUNDLE_BYTES {
            return Err(BundleError::TooLarge);
        }
        if !self.working_directory.is_empty() {
            check_name(&self.working_directory)?;
        }
        self.files.iter().try_for_each(|file| check_name(&file.name))?;
        let is_there = |script: &&String| self.files.iter().any(|file| file.name == **script);
        match self.scripts.iter().find(|script| !is_there(script)) {
            Some(missing) => Err(BadName(missing.clone()).into()),
            None if self.scripts.is_empty() => Err(BundleError::Broken("it has no locustfile".to_owned())),
            None => Ok(()),
        }
    }
}

impl Entry {
    fn of(file: &BundleFile) -> Self {
        Self {
            name: file.name.clone(),
            size: file.contents.len() as u64,
        }
    }
}

fn broken(error: impl std::fmt::Display) -> BundleError {
    BundleError::Broken(error.to_string())
}

fn cut() -> BundleError {
    BundleError::Broken("it ends too early".to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _a_string_takes_all = write!(text, "{byte:02x}");
        text
    })
}
