//! What every refusal has in common.

use tests::harness::Single;

/// Asserts the exit code, that the output names what it should, and that it is short and free of noise.
pub fn check_ending(run: &Single, code: i32, needles: &[&str]) {
    let said = format!("{}\n{}", run.stdout, run.stderr);
    assert_eq!(run.code, code, "{said}");
    for needle in needles {
        assert!(
            said.to_lowercase().contains(&needle.to_lowercase()),
            "{needle:?} in: {said}"
        );
    }
    for noise in ["panicked", "RUST_BACKTRACE", "Traceback (most recent call last)"] {
        assert!(!said.contains(noise), "{said}");
    }
    let lines = run.stderr.lines().filter(|line| !line.trim().is_empty()).count();
    assert!((1..=8).contains(&lines), "{lines} lines: {said}");
}
