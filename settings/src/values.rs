//! The syntax of option values that several options share: time spans, rates, booleans and lists.
//!
//! The parsers return `Result<_, String>` so that clap can put the option's name in front of the message.

/// Longest accepted time span, in seconds: ten years. Keeps later arithmetic on instants from overflowing.
const MAX_SPAN_S: f64 = 10.0 * 366.0 * 86_400.0;

/// Reads a time span into seconds: `300`, `20s`, `3m`, `2h`, `1h30m`, `3h30m10s`; beyond Locust's syntax also
/// fractions (`0.5`, `1.5h`) and milliseconds (`250ms`). Units go from large to small, each at most once.
///
/// # Errors
/// A text saying what a span looks like.
pub fn span_s(text: &str) -> Result<f64, String> {
    let wrong = || "expected a time span such as 300, 20s, 3m, 2h, 1h30m or 3h30m10s".to_owned();
    let text = text.trim();
    let seconds = match plain_number(text) {
        Some(seconds) => seconds,
        None => units_s(text).ok_or_else(wrong)?,
    };
    if seconds > MAX_SPAN_S {
        return Err("a time span may not be longer than ten years".to_owned());
    }
    Ok(seconds)
}

fn units_s(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 4] = [("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001)];
    let mut rest = text;
    let mut next_unit = 0;
    let mut total_s = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .filter(|&at| at > 0)?;
        let number = plain_number(&rest[..digits])?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let position = UNITS
            .iter()
            .skip(next_unit)
            .position(|(unit, _)| *unit == &rest[..letters])?
            + next_unit;
        total_s += number * UNITS[position].1;
        next_unit = position + 1;
        rest = &rest[letters..];
    }
    (next_unit > 0).then_some(total_s)
}

/// Digits with at most one point; no sign, exponent, `inf` or `nan`.
fn plain_number(text: &str) -> Option<f64> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    plain.then(|| text.parse().ok()).flatten()
}

/// Reads a rate per second: finite and above zero.
///
/// # Errors
/// A text saying what is wrong with the number.
pub fn rate(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim()
        .parse()
        .map_err(|_| "expected a number of users per second".to_owned())?;
    if !number.is_finite() {
        return Err("the rate must be a finite number".to_owned());
    }
    if number <= 0.0 {
        return Err("the rate must be above 0".to_owned());
    }
    Ok(number)
}

/// Reads a count of processes: 1 or more, or -1 for one per core.
///
/// # Errors
/// A text saying what is allowed.
pub fn processes(text: &str) -> Result<i32, String> {
    match text.trim().parse::<i32>() {
        Ok(count) if count == -1 || (1..=MAX_PROCESSES).contains(&count) => Ok(count),
        _ => Err(format!(
            "expected a number from 1 to {MAX_PROCESSES}, or -1 for one process per core"
        )),
    }
}

/// Most processes one launcher starts; a typing error must not take the machine down.
pub const MAX_PROCESSES: i32 = 1024;

/// Resolves the value of `--processes`: -1 becomes the number of cores this process may use.
pub fn process_count(processes: i32) -> u32 {
    u32::try_from(processes).unwrap_or_else(|_| {
        std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1))
    })
}

/// Reads a switch as it is written in files and the environment.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Some(true),
        "false" | "no" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// Reads `[a, b]`; quotes around elements are taken off. None if the text is no bracketed list, or JSON.
pub(crate) fn bracketed_list(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    if is_json(text) {
        return None;
    }
    Some(
        inner
            .split(',')
            .map(|item| unquote(item.trim()).to_owned())
            .filter(|item| !item.is_empty())
            .collect(),
    )
}

/// Whether the text is an object of JSON or begins a list of them: its commas and spaces separate no values.
pub(crate) fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let text = text.strip_prefix('[').map_or(text, str::trim_start);
    text.starts_with('{')
}

/// Takes one pair of matching quotes off.
pub(crate) fn unquote(text: &str) -> &str {
    for quote in ['"', '\''] {
        if text.len() >= 2
            && let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
        {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check_span(text: &str, expected: Option<f64>) {
        assert_eq!(span_s(text).ok(), expected, "{text:?}");
    }

    #[test]
    fn spans_are_read_as_locust_reads_them() {
        for (text, seconds) in [
            ("300", 300.0),
            ("20m", 1200.0),
            ("1h30m", 5400.0),
            ("1h5m", 3900.0),
            ("10s", 10.0),
            ("3h30m10s", 12_610.0),
            ("0", 0.0),
            ("0.5", 0.5),
            ("250ms", 0.25),
            ("1s500ms", 1.5),
        ] {
            check_span(text, Some(seconds));
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "abc",
            "10x",
            "m",
            "-1",
            "1m1h",
            "1h1h",
            "1 h",
            "nan",
            "inf",
            "1e3",
            "1h30",
            "1..5s",
            "99999999999",
        ] {
            check_span(text, None);
        }
    }

    #[test]
    fn a_rate_is_finite_and_positive() {
        assert_eq!(rate("2.5"), Ok(2.5));
        for text in ["nan", "inf", "-inf", "-1", "0", "1e999", "fast", ""] {
            assert!(rate(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn processes_are_positive_or_one_per_core() {
        assert_eq!(processes("4"), Ok(4));
        assert_eq!(processes("-1"), Ok(-1));
        for text in ["0", "-2", "many", "100000"] {
            assert!(processes(text).is_err(), "{text:?}");
        }
        assert!(process_count(-1) >= 1);
        assert_eq!(process_count(3), 3);
    }

    #[test]
    fn lists_lose_brackets_and_quotes() {
        assert_eq!(
            bracketed_list("[a, 'b c', \"d\"]"),
            Some(vec!["a".into(), "b c".into(), "d".into()])
        );
        assert_eq!(bracketed_list("[]"), Some(vec![]));
        assert_eq!(bracketed_list("a, b"), None);
        assert_eq!(bracketed_list("[{\"a\": 1}, {\"b\": 2}]"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in ".{0,20}") {
            let _ = (span_s(&text), rate(&text), processes(&text), boolean(&text), bracketed_list(&text));
        }

        #[test]
        fn a_span_made_of_units_adds_up(h in 0u32..1000, m in 0u32..1000, s in 0u32..1000) {
            prop_assert_eq!(span_s(&format!("{h}h{m}m{s}s")), Ok(f64::from(h * 3600 + m * 60 + s)));
        }
    }
}
