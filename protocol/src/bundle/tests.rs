use super::*;
use crate::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_FILES};

fn file(name: &str, contents: &[u8]) -> BundleFile {
    BundleFile {
        name: name.to_owned(),
        contents: contents.to_vec(),
    }
}

fn bundle(files: Vec<BundleFile>) -> Bundle {
    Bundle {
        working_directory: "project".to_owned(),
        scripts: vec![files[0].name.clone()],
        files,
    }
}

fn sample() -> Bundle {
    bundle(vec![
        file("project/load/shop.py", b"import common\n"),
        file("project/load/common.py", b""),
        file("project/data/users.csv", &[0, 255, 10]),
    ])
}

#[test]
fn a_bundle_comes_out_as_it_went_in() {
    let packed = sample().pack().unwrap();
    assert_eq!(packed.hash.len(), 64);
    assert_eq!(Bundle::unpack(&packed), Ok(sample()));
}

#[test]
fn the_hash_is_of_names_and_contents() {
    let hash = |bundle: &Bundle| bundle.pack().unwrap().hash;
    let (one, mut other) = (sample(), sample());
    assert_eq!(hash(&one), hash(&other));
    other.files[1].contents.push(b' ');
    assert_ne!(hash(&one), hash(&other));
    let mut renamed = sample();
    renamed.files[1].name.push('x');
    assert_ne!(hash(&one), hash(&renamed));
}

#[test]
fn what_was_changed_or_cut_on_the_way_is_refused() {
    let packed = sample().pack().unwrap();
    for length in 0..packed.bytes.len() {
        let cut = Packed {
            bytes: packed.bytes[..length].to_vec(),
            ..packed.clone()
        };
        assert!(Bundle::unpack(&cut).is_err(), "cut to {length}");
    }
    let other = bundle(vec![file("a.py", b"")]).pack().unwrap();
    let swapped = Packed {
        hash: packed.hash,
        bytes: other.bytes,
    };
    assert_eq!(Bundle::unpack(&swapped), Err(BundleError::Mismatch));
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in [
        "",
        "/etc/passwd",
        "..",
        "../a",
        "a/../../b",
        "a//b",
        "a/",
        "./a",
        "a\0b",
    ] {
        assert!(check_name(name).is_err(), "{name:?}");
        assert!(
            matches!(bundle(vec![file(name, b"")]).pack(), Err(BundleError::BadName(_))),
            "{name:?}"
        );
    }
    assert!(check_name(&"x".repeat(5000)).is_err());
    for name in ["a", "a/b.py", "a b/ü.csv", "..a", "a\\b"] {
        assert!(check_name(name).is_ok(), "{name:?}");
    }
}

#[test]
fn a_script_must_be_among_the_files() {
    let mut lost = sample();
    lost.scripts = vec!["other.py".to_owned()];
    assert!(lost.pack().is_err());
    lost.scripts.clear();
    assert!(lost.pack().is_err());
}

#[test]
fn a_bundle_past_its_limits_is_refused() {
    let many = (0..=MAX_BUNDLE_FILES).map(|n| file(&format!("f{n}"), b""));
    assert_eq!(bundle(many.collect()).pack(), Err(BundleError::TooLarge));
    let large = file("a", &vec![0; MAX_BUNDLE_BYTES + 1]);
    assert_eq!(bundle(vec![large]).pack(), Err(BundleError::TooLarge));
}

#[test]
fn a_small_archive_that_would_fill_the_memory_is_refused() {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..MAX_BUNDLE_BYTES / zeros.len() + 8 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = Packed {
        hash: "0".repeat(64),
        bytes: encoder.finish().unwrap(),
    };
    assert_eq!(Bundle::unpack(&bomb), Err(BundleError::TooLarge));
}
