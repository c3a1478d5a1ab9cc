//! The first look at a command line, before the locustfile is loaded and its own arguments are known.
//!
//! Only some of the program's options are read, in their full spelling, through every layer. Whatever else stands there
//! is passed over: the second, strict look judges it.

use std::ffi::OsString;
use std::iter::Peekable;

use clap::{Arg, Command, FromArgMatches, Parser};

use crate::exit::CliError;
use crate::layers::{self, Sources};

/// What the first look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked<E> {
    /// The options asked for.
    pub options: E,
    /// `-h` or `--help` is there.
    pub asks_help: bool,
    /// `-V` or `--version` is there.
    pub asks_version: bool,
}

/// Reads those options of `T` that are named by `names` (the fields of `E`).
///
/// # Errors
/// A wrong value of one of these options, or a configuration file that cannot be read (exit code 2).
pub fn peek<T: Parser, E: FromArgMatches>(sources: &Sources, names: &[&str]) -> Result<Peeked<E>, CliError> {
    let mut whole = T::command();
    whole.build();
    let is_wanted = |arg: &Arg| names.contains(&arg.get_id().as_str());
    let Tokens {
        kept,
        asks_help,
        asks_version,
    } = filter(&sources.args, &whole, is_wanted);
    let wanted = T::command()
        .get_arguments()
        .filter(|arg| is_wanted(arg))
        .cloned()
        .collect::<Vec<_>>();
    let command = Command::new(whole.get_name().to_owned())
        .disable_help_flag(true)
        .args(wanted);
    let (options, _) = layers::read(command, sources, &[], &kept, E::from_arg_matches_mut)?;
    Ok(Peeked {
        options,
        asks_help,
        asks_version,
    })
}

#[derive(Debug, Default)]
struct Tokens {
    kept: Vec<OsString>,
    asks_help: bool,
    asks_version: bool,
}

impl Tokens {
    /// Takes an option that the program has, with what belongs to it.
    fn take(&mut self, arg: &Arg, flag: String, values: Vec<OsString>, is_wanted: bool) {
        self.asks_help |= arg.get_id() == "help";
        self.asks_version |= arg.get_id() == "version";
        if is_wanted {
            self.kept.push(flag.into());
            self.kept.extend(values);
        }
    }
}

fn filter(args: &[OsString], command: &Command, is_wanted: impl Fn(&Arg) -> bool) -> Tokens {
    let mut found = Tokens::default();
    let mut args = args.iter().peekable();
    while let Some(token) = args.next() {
        let Some(text) = token.to_str() else { continue };
        if text == "--" {
            break;
        }
        if let Some(long) = text.strip_prefix("--") {
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let Some(arg) = command.get_arguments().find(|arg| is_long(arg, name)) else {
                continue;
            };
            let values = if attached.is_some() {
                Vec::new()
            } else {
                values_of(arg, &mut args)
            };
            found.take(arg, text.to_owned(), values, is_wanted(arg));
        } else if let Some(letters) = text.strip_prefix('-') {
            take_letters(letters, command, &mut args, &is_wanted, &mut found);
        }
    }
    found
}

/// `-l`, `-f x.py`, `-fx.py`, `-lfx.py`: up to the first letter with a value, or one we do not know.
fn take_letters<'a>(
    letters: &str,
    command: &Command,
    args: &mut Peekable<impl Iterator<Item = &'a OsString>>,
    is_wanted: &impl Fn(&Arg) -> bool,
    found: &mut Tokens,
) {
    for (at, letter) in letters.char_indices() {
        let Some(arg) = command
            .get_arguments()
            .find(|arg| arg.get_short() == Some(letter))
        else {
            return;
        };
        if !arg.get_action().takes_values() {
            found.take(arg, format!("-{letter}"), Vec::new(), is_wanted(arg));
            continue;
        }
        let attached = &letters[at + letter.len_utf8()..];
        let values = if attached.is_empty() {
            values_of(arg, args)
        } else {
            Vec::new()
        };
        found.take(arg, format!("-{letter}{attached}"), values, is_wanted(arg));
        return;
    }
}

fn is_long(arg: &Arg, name: &str) -> bool {
    arg.get_long() == Some(name)
        || arg
            .get_all_aliases()
            .is_some_and(|aliases| aliases.contains(&name))
}

/// The tokens after an option that are its values.
fn values_of<'a>(arg: &Arg, args: &mut Peekable<impl Iterator<Item = &'a OsString>>) -> Vec<OsString> {
    let most = match arg.get_num_args() {
        _ if !arg.get_action().takes_values() => 0,
        Some(range) => range.max_values(),
        None => 1,
    };
    let is_value = |token: &OsString| {
        let text = token.to_string_lossy();
        arg.is_allow_hyphen_values_set() || text == "-" || !text.starts_with('-')
    };
    let mut values = Vec::new();
    while values.len() < most
        && let Some(token) = args.next_if(|token| is_value(token))
    {
        values.push(token.clone());
    }
    values
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A program's whole command line.
    #[derive(Debug, Parser)]
    #[command(name = "demo", version, disable_version_flag = true)]
    struct Whole {
        #[arg(short = 'f', long, env = "LOCUST_LOCUSTFILE", default_value = "locustfile.py")]
        locustfile: String,
        #[arg(short, long, allow_hyphen_values = true)]
        users: Option<u32>,
        #[arg(short = 'T', long, num_args = 0..)]
        tags: Option<Vec<String>>,
        #[arg(short, long)]
        list: bool,
        #[arg(long)]
        python: Option<PathBuf>,
        #[arg(short = 'V', long, action = clap::ArgAction::Version)]
        version: Option<bool>,
        user_classes: Vec<String>,
    }

    #[derive(Debug, PartialEq, clap::Args)]
    struct Wanted {
        #[arg(long)]
        locustfile: String,
        #[arg(long)]
        python: Option<PathBuf>,
    }

    fn look(args: &[&str], variables: &[(&str, &str)]) -> Peeked<Wanted> {
        let sources = Sources {
            working_directory: PathBuf::from("/nonexistent"),
            environment: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            args: args.iter().map(OsString::from).collect(),
            ..Sources::default()
        };
        peek::<Whole, Wanted>(&sources, &["locustfile", "python"]).unwrap()
    }

    fn check_script(args: &[&str], expected: &str) {
        assert_eq!(look(args, &[]).options.locustfile, expected, "{args:?}");
    }

    #[test]
    fn the_script_is_found_among_arguments_nobody_knows_yet() {
        check_script(&["--env", "staging", "-f", "x.py", "--retries=3", "User"], "x.py");
        check_script(&["-fx.py", "-e", "5"], "x.py");
        check_script(&["-lfx.py"], "x.py");
        check_script(&["-T", "a", "b", "--locustfile=x.py", "-u", "-5"], "x.py");
        check_script(&["-f", "-"], "-");
        check_script(&["--", "-f", "x.py"], "locustfile.py");
        check_script(&["--env", "staging"], "locustfile.py");
    }

    #[test]
    fn a_value_of_another_option_is_no_option() {
        check_script(&["-u", "-fx.py"], "locustfile.py");
    }

    #[test]
    fn a_wrong_value_elsewhere_is_left_to_the_strict_look() {
        check_script(&["-u", "many", "-f", "x.py"], "x.py");
    }

    #[test]
    fn variables_count_as_ever() {
        let found = look(&["--python=/p"], &[("LOCUST_LOCUSTFILE", "y.py")]);
        assert_eq!(found.options.locustfile, "y.py");
        assert_eq!(found.options.python, Some(PathBuf::from("/p")));
    }

    #[test]
    fn help_and_version_are_noticed_behind_unknown_arguments() {
        assert!(look(&["--env", "x", "--help"], &[]).asks_help);
        assert!(look(&["-lh"], &[]).asks_help);
        assert!(look(&["--env", "x", "-V"], &[]).asks_version);
        let neither = look(&["--", "--help"], &[]);
        assert!(!neither.asks_help && !neither.asks_version);
    }
}
