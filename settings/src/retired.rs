//! Spellings that old Locust releases had, or that this release does not have, with what to write instead.
//!
//! They are looked for before clap parses, so that the answer is the replacement and not "unexpected argument".

use std::ffi::OsString;

use crate::exit::CliError;

/// A spelling that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retired {
    /// As written on the command line: `--no-web` or `-c`.
    pub spelling: &'static str,
    /// What to do instead, as a clause: "use --headless".
    pub advice: &'static str,
}

/// What Locust itself has removed or renamed, for both programs.
pub const BY_LOCUST: &[Retired] = &[
    Retired {
        spelling: "--no-web",
        advice: "use --headless",
    },
    Retired {
        spelling: "--clients",
        advice: "use --users (-u)",
    },
    Retired {
        spelling: "-c",
        advice: "use --users (-u)",
    },
    Retired {
        spelling: "--hatch-rate",
        advice: "use --spawn-rate (-r)",
    },
    Retired {
        spelling: "--slave",
        advice: "start the program `worker`",
    },
    Retired {
        spelling: "--expect-slaves",
        advice: "use --expect-workers",
    },
    Retired {
        spelling: "--web-auth",
        advice: "put the page behind a proxy that asks for a password",
    },
    Retired {
        spelling: "--legacy-ui",
        advice: "leave it out: there is one page only",
    },
];

/// Refuses the first retired spelling among the arguments.
///
/// # Errors
/// Exit code 2, naming the replacement.
pub(crate) fn refuse(args: &[OsString], retired: &[&[Retired]]) -> Result<(), CliError> {
    for arg in args {
        let Some(arg) = arg.to_str() else { continue };
        if arg == "--" {
            break;
        }
        if let Some(found) = retired
            .iter()
            .copied()
            .flatten()
            .find(|retired| is_spelled(arg, retired.spelling))
        {
            return Err(CliError::usage(format!(
                "{} is not available: {}",
                found.spelling, found.advice
            )));
        }
    }
    Ok(())
}

/// The advice for a key of a configuration file, given without its dashes.
pub(crate) fn advice(key: &str, retired: &[&[Retired]]) -> Option<&'static str> {
    let found = retired
        .iter()
        .copied()
        .flatten()
        .find(|r| r.spelling.strip_prefix("--") == Some(key));
    found.map(|retired| retired.advice)
}

fn is_spelled(arg: &str, spelling: &str) -> bool {
    match arg.strip_prefix(spelling) {
        Some("") => true,
        Some(rest) if spelling.starts_with("--") => rest.starts_with('='),
        // A short option with its value attached: `-c10`.
        Some(rest) => rest.starts_with(|c: char| c.is_ascii_digit()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str], expected: Option<&str>) {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let found = refuse(&args, &[BY_LOCUST]).err();
        assert_eq!(found.as_ref().map(CliError::message), expected);
        assert!(found.is_none_or(|error| error.code() == 2));
    }

    #[test]
    fn a_removed_spelling_names_its_replacement() {
        check(&["--no-web"], Some("--no-web is not available: use --headless"));
        check(&["-c", "10"], Some("-c is not available: use --users (-u)"));
        check(&["-c10"], Some("-c is not available: use --users (-u)"));
        check(
            &["-f", "x.py", "--hatch-rate=5"],
            Some("--hatch-rate is not available: use --spawn-rate (-r)"),
        );
        check(
            &["--slave"],
            Some("--slave is not available: start the program `worker`"),
        );
    }

    #[test]
    fn spellings_that_only_begin_alike_are_left_alone() {
        check(
            &["--class-picker", "--csv", "out", "--config=x", "-csomething"],
            None,
        );
        check(&["--", "--no-web"], None);
    }
}
