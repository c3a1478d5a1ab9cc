//! Every coding, whole, in pieces, broken off and hostile.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

const TEXT: &[u8] = b"the quick brown fox jumps over the lazy dog, the quick brown fox jumps again";

fn encode(coding: &str, plain: &[u8]) -> Vec<u8> {
    let level = Compression::default();
    match coding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        "zlib" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        "bare" => {
            let mut encoder = DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        "br" => {
            let mut coded = Vec::new();
            brotli::CompressorWriter::new(&mut coded, 4096, 5, 20)
                .write_all(plain)
                .unwrap();
            coded
        }
        _ => zstd::encode_all(plain, 1).unwrap(),
    }
}

const ALL: [(&str, Coding); 5] = [
    ("gzip", Coding::Gzip),
    ("zlib", Coding::Deflate),
    ("bare", Coding::Deflate),
    ("br", Coding::Brotli),
    ("zstd", Coding::Zstd),
];

#[test]
fn every_coding_is_undone_at_once_and_byte_by_byte() {
    for (name, coding) in ALL {
        let coded = encode(name, TEXT);
        assert_eq!(decode(&[coding], &coded).unwrap(), TEXT, "{name}");
        let mut decoder = Decoder::new(&[coding], u64::MAX);
        let mut decoded = Vec::new();
        for byte in &coded {
            decoded.append(&mut decoder.push(&[*byte]).unwrap());
        }
        decoded.append(&mut decoder.finish().unwrap());
        assert_eq!(decoded, TEXT, "{name}");
    }
}

#[test]
fn stacked_codings_are_undone_in_reverse() {
    let coded = encode("br", &encode("gzip", TEXT));
    assert_eq!(decode(&[Coding::Gzip, Coding::Brotli], &coded).unwrap(), TEXT);
}

#[test]
fn what_is_not_coded_so_is_an_error_that_names_the_coding() {
    for (coding, name) in [
        (Coding::Gzip, "gzip"),
        (Coding::Brotli, "br"),
        (Coding::Zstd, "zstd"),
    ] {
        let error = decode(&[coding], b"plainly not compressed").unwrap_err();
        assert!(
            error.text.contains(&format!("not valid {name}: ")),
            "{}",
            error.text
        );
    }
}

#[test]
fn bodies_that_break_off_are_errors() {
    for (name, coding) in ALL {
        let coded = encode(name, TEXT);
        assert!(decode(&[coding], &coded[..coded.len() - 3]).is_err(), "{name}");
    }
}

#[test]
fn decompression_bombs_hit_the_bound() {
    let zeros = vec![0; 1_000_000];
    for (name, coding) in ALL {
        let mut decoder = Decoder::new(&[coding], 10_000);
        let error = decoder.push(&encode(name, &zeros)).unwrap_err();
        assert!(error.text.contains("larger than"), "{name}: {}", error.text);
    }
}
