//! Figures as a reader wants them in a sentence.

/// Milliseconds with three significant digits, seconds from ten of them on.
pub(super) fn time(ms: f64) -> String {
    if ms >= 10_000.0 {
        format!("{} s", significant(ms / 1000.0))
    } else {
        format!("{} ms", significant(ms))
    }
}

/// A ratio as a percentage.
pub(super) fn percent(ratio: f64) -> String {
    format!("{} %", significant(ratio * 100.0))
}

/// A rate or another figure with three significant digits, whole from 100 on.
pub(super) fn significant(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// `1 request`, `2 requests`.
pub(super) fn count(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// A percentile as people write it: `p99.9`.
pub(super) fn percentile(p: f64) -> String {
    format!("p{}", significant_percent(p))
}

fn significant_percent(p: f64) -> String {
    let text = format!("{:.4}", p * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.1234, "0.123"),
            (1.5, "1.5"),
            (12.345, "12.3"),
            (99.96, "100"),
            (1234.5, "1234"),
        ] {
            assert_eq!(significant(value), text);
        }
        assert_eq!(
            (time(12.0), time(12_345.0)),
            ("12 ms".to_owned(), "12.3 s".to_owned())
        );
        assert_eq!(
            (percentile(0.5), percentile(0.9999)),
            ("p50".to_owned(), "p99.99".to_owned())
        );
        assert_eq!(
            (count(1, "user"), count(0, "user")),
            ("1 user".to_owned(), "0 users".to_owned())
        );
    }
}
