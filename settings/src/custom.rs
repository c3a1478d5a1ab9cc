//! Arguments that a locustfile declares for itself (`init_command_line_parser`), on our command line.
//!
//! Here they get a place in the clap command, so that layers, help and suggestions treat them like any option. Their
//! meaning (type, choices, what is required) is argparse's affair: what was given is turned back into tokens for it.

use clap::builder::ValueRange;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Deserialize;
use serde_json::Value;

use crate::exit::CliError;

/// The heading of these arguments in the help.
const HEADING: &str = "Locustfile arguments";
/// In front of an argument's name among clap's ids, where our own options have theirs.
const ID_PREFIX: &str = "locustfile:";
/// What argparse is told to keep an argument out of the help.
const SUPPRESSED: &str = "==SUPPRESS==";

/// One argument of a locustfile, as the script host describes it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CustomArgument {
    /// Its spellings, with dashes: `-e`, `--env`.
    pub flags: Vec<String>,
    /// Its name in `parsed_options`.
    pub dest: String,
    /// Its value if nobody gives one; null for none.
    pub default: Value,
    /// Its help, with argparse's `%(default)s` and the like.
    pub help: Option<String>,
    /// What stands for its value in the help.
    pub metavar: Option<String>,
    /// `str`, `int`, `float`, `bool` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// argparse's action: `store`, `store_true`, `store_false`, `append`, `count` or `other`.
    pub action: String,
    /// Whether a value follows a flag.
    pub takes_value: bool,
    /// How many: null for one, a number, `?`, `*` or `+`.
    pub nargs: Value,
    /// The only values allowed.
    pub choices: Option<Vec<Value>>,
    /// Whether argparse insists on it.
    pub required: bool,
    /// The variable it may come from.
    pub env_var: Option<String>,
    /// Whether the start form shows it.
    pub include_in_web_ui: bool,
    /// Whether its value is to be hidden: it is not shown in the help and not sent to pages.
    pub is_secret: bool,
    /// Whether the start form insists on it.
    pub is_required: bool,
    /// Whether the start form lets several choices be taken.
    pub is_multiple: bool,
}

impl CustomArgument {
    /// The spelling that is used in messages and tokens: the first with two dashes, if there is one.
    pub fn name(&self) -> &str {
        let long = self.flags.iter().find(|flag| flag.starts_with("--"));
        long.or(self.flags.first()).map_or(&self.dest, String::as_str)
    }

    /// Whether its value is a list.
    pub fn takes_list(&self) -> bool {
        let is_repeated = matches!(self.action.as_str(), "append" | "extend");
        is_repeated
            || self.is_multiple
            || self.default.is_array()
            // A flag without a value has a count too: 0.
            || self.nargs.as_u64().is_some_and(|count| count > 0)
            || matches!(self.nargs.as_str(), Some("*" | "+"))
    }

    fn id(&self) -> String {
        format!("{ID_PREFIX}{}", self.name())
    }

    /// Flags such as `--check` and `--no-check` of one argument mean different things, and each is its own clap argument.
    fn has_meaningful_flags(&self) -> bool {
        !self.takes_value && self.action == "other"
    }

    /// As many descriptions as clap needs for it: one, or one for each flag.
    fn spelled(&self) -> Vec<Self> {
        if !self.has_meaningful_flags() {
            return vec![self.clone()];
        }
        let one = |flag: &String| Self {
            flags: vec![flag.clone()],
            ..self.clone()
        };
        self.flags.iter().map(one).collect()
    }

    fn values(&self) -> ValueRange {
        match &self.nargs {
            Value::String(many) => match many.as_str() {
                "?" => ValueRange::from(0..=1),
                "+" => ValueRange::from(1..),
                _ => ValueRange::from(0..),
            },
            Value::Number(count) => {
                let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
                ValueRange::from(count.unwrap_or(1))
            }
            _ => ValueRange::from(1),
        }
    }

    fn clap_arg(&self, command: &Command) -> Result<Arg, CliError> {
        let mut arg = Arg::new(self.id()).help_heading(HEADING);
        let mut aliases = Vec::new();
        for flag in &self.flags {
            refuse_ours(flag, command)?;
            let (long, short) = (flag.strip_prefix("--"), single_letter(flag));
            match (long, short) {
                (Some(long), _) if arg.get_long().is_none() => arg = arg.long(long.to_owned()),
                (Some(long), _) => aliases.push(long.to_owned()),
                (None, Some(short)) if arg.get_short().is_none() => arg = arg.short(short),
                (None, Some(short)) => arg = arg.visible_short_alias(short),
                (None, None) => {}
            }
        }
        if arg.get_long().is_none() && arg.get_short().is_none() {
            return Err(CliError::usage(format!(
                "the locustfile's argument `{}` cannot be given on this command line",
                self.name()
            ))
            .hint("name it with two dashes in add_argument: \"--name\""));
        }
        arg = arg
            .visible_aliases(aliases)
            .help(self.help_text())
            .hide(self.help.as_deref() == Some(SUPPRESSED));
        if let Some(variable) = &self.env_var {
            arg = arg.env(variable.clone());
        }
        Ok(self.with_values(arg))
    }

    fn with_values(&self, arg: Arg) -> Arg {
        if !self.takes_value {
            let is_counted = self.action == "count";
            return arg.action(if is_counted {
                ArgAction::Count
            } else {
                ArgAction::SetTrue
            });
        }
        let shown = self.metavar.clone().unwrap_or_else(|| self.dest.to_uppercase());
        // A name for each value, where there are as many.
        let words: Vec<String> = shown.split_whitespace().map(str::to_owned).collect();
        let names = if self.nargs.as_u64() == Some(words.len() as u64) {
            words
        } else {
            vec![shown]
        };
        let is_repeated = matches!(self.action.as_str(), "append" | "extend");
        arg.value_names(names)
            .num_args(self.values())
            .allow_negative_numbers(true)
            .action(if is_repeated {
                ArgAction::Append
            } else {
                ArgAction::Set
            })
    }

    /// The help with argparse's placeholders filled in; empty if there is none. A secret default is left out.
    pub fn plain_help(&self) -> String {
        let raw = self.help.as_deref().filter(|help| *help != SUPPRESSED);
        raw.unwrap_or_default()
            .replace("%(default)s", self.shown_default().as_deref().unwrap_or("None"))
            .replace("%(choices)s", self.shown_choices().as_deref().unwrap_or_default())
            .replace("%(dest)s", &self.dest)
            .replace("%(type)s", &self.kind)
            .replace("%(prog)s", "master")
            .replace("%%", "%")
    }

    fn shown_choices(&self) -> Option<String> {
        let choices = self.choices.as_deref()?;
        Some(choices.iter().map(shown).collect::<Vec<_>>().join(", "))
    }

    fn shown_default(&self) -> Option<String> {
        (!self.is_secret && !self.default.is_null()).then(|| shown(&self.default))
    }

    fn help_text(&self) -> String {
        let mentions = |what: &str| self.help.as_deref().is_some_and(|help| help.contains(what));
        let mut text = self.plain_help();
        if let Some(default) = self.shown_default()
            && self.takes_value
            && !default.is_empty()
            && !mentions("%(default)s")
        {
            text.push_str(&format!(" [default: {default}]"));
        }
        if let Some(choices) = self.shown_choices()
            && !mentions("%(choices)s")
        {
            text.push_str(&format!(" [possible values: {choices}]"));
        }
        if self.required {
            text.push_str(" [required]");
        }
        text.trim_start().to_owned()
    }

    /// What argparse is to read: each occurrence as the flag and its values.
    fn tokens(&self, values: Vec<String>) -> Vec<String> {
        let name = self.name().to_owned();
        match <[String; 1]>::try_from(values) {
            // Bound to the flag: the value may begin with a dash, or be empty.
            Ok([value]) if name.starts_with("--") => vec![format!("{name}={value}")],
            Ok([value]) if value.starts_with('-') => vec![format!("{name}{value}")],
            Ok([value]) => vec![name, value],
            Err(values) => std::iter::once(name).chain(values).collect(),
        }
    }

    /// What was given of this argument, each occurrence apart.
    fn occurrences(&self, matches: &ArgMatches) -> Vec<Vec<String>> {
        let id = self.id();
        if !self.takes_value {
            let count = if self.action == "count" {
                usize::from(matches.get_count(&id))
            } else {
                usize::from(matches.get_flag(&id))
            };
            return vec![Vec::new(); count];
        }
        match matches.value_source(&id) {
            None => Vec::new(),
            Some(ValueSource::CommandLine) => matches
                .get_occurrences::<String>(&id)
                .map(|all| all.map(|one| one.cloned().collect()).collect())
                .unwrap_or_default(),
            // From a file or a variable: a list without limits between occurrences.
            Some(_) => {
                let values: Vec<String> = matches
                    .get_many::<String>(&id)
                    .map(|values| values.cloned().collect())
                    .unwrap_or_default();
                if self.values().max_values() > 1 {
                    vec![values]
                } else {
                    values.into_iter().map(|value| vec![value]).collect()
                }
            }
        }
    }
}

/// Adds the locustfile's arguments to a program's own.
///
/// # Errors
/// One has a spelling of ours, or none that a command line can have (exit code 2).
pub(crate) fn add_to(mut command: Command, custom: &[CustomArgument]) -> Result<Command, CliError> {
    for argument in custom.iter().flat_map(CustomArgument::spelled) {
        let arg = argument.clap_arg(&command)?;
        command = command.arg(arg);
    }
    Ok(command)
}

/// The tokens for argparse, in the order of the command line; what comes from files and variables is in front.
pub(crate) fn tokens(matches: &ArgMatches, custom: &[CustomArgument]) -> Vec<String> {
    let mut found = Vec::new();
    for argument in custom.iter().flat_map(CustomArgument::spelled) {
        let is_given = matches.value_source(&argument.id()) == Some(ValueSource::CommandLine);
        let place = if is_given {
            matches.index_of(&argument.id())
        } else {
            None
        };
        for values in argument.occurrences(matches) {
            found.push((place, argument.tokens(values)));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().flat_map(|(_, tokens)| tokens).collect()
}

/// Every spelling of a command's options, for argparse to refuse a locustfile's argument with the same one.
pub(crate) fn flags(command: &Command) -> Vec<String> {
    let long = |name: &str| format!("--{name}");
    let short = |letter: char| format!("-{letter}");
    let mut flags = vec![long("help"), short('h')];
    for arg in command.get_arguments() {
        flags.extend(arg.get_long().map(long));
        flags.extend(arg.get_all_aliases().unwrap_or_default().into_iter().map(long));
        flags.extend(arg.get_short().map(short));
    }
    flags
}

/// The host has argparse refuse such a flag where the script adds it. This is for a host that did not.
fn refuse_ours(flag: &str, command: &Command) -> Result<(), CliError> {
    if flags(command).iter().any(|ours| ours == flag) {
        return Err(CliError::usage(format!(
            "the locustfile declares the argument {flag}, which is taken already"
        ))
        .hint("rename it in the locustfile"));
    }
    Ok(())
}

fn single_letter(flag: &str) -> Option<char> {
    let mut letters = flag.strip_prefix('-')?.chars();
    let letter = letters.next().filter(|letter| *letter != '-')?;
    letters.next().is_none().then_some(letter)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "custom_tests.rs"]
mod tests;
