//! Dates in cookies (RFC 6265 § 5.1.1), which come in every shape there is.

/// Unix seconds of a cookie date; `None` if the algorithm of RFC 6265 § 5.1.1 fails on it.
pub(super) fn parse(text: &str) -> Option<i64> {
    let is_delimiter = |character: char| !(character.is_ascii_alphanumeric() || character == ':');
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        if time.is_none() && token.contains(':') {
            time = clock(token);
        } else if let Some(number) = month_of(token).filter(|_| month.is_none()) {
            month = Some(number);
        } else if let Ok(number) = token.parse::<i64>() {
            match token.len() {
                1 | 2 if day.is_none() => day = Some(number),
                2 | 4 if year.is_none() => year = Some(full_year(number, token.len())),
                _ => {}
            }
        }
    }
    let ((hour, minute, second), day, month, year) = (time?, day?, month?, year?);
    let in_range = (1..=31).contains(&day) && year >= 1601 && hour <= 23 && minute <= 59 && second <= 59;
    in_range.then(|| days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn clock(token: &str) -> Option<(i64, i64, i64)> {
    let mut parts = token.split(':').map(str::parse);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Ok(hour)), Some(Ok(minute)), Some(Ok(second)), None) => Some((hour, minute, second)),
        _ => None,
    }
}

fn month_of(token: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let start = token.get(..3)?.to_ascii_lowercase();
    (1..)
        .zip(MONTHS)
        .find_map(|(number, name)| (name == start).then_some(number))
}

fn full_year(number: i64, digits: usize) -> i64 {
    match number {
        70..=99 if digits == 2 => number + 1900,
        0..=69 if digits == 2 => number + 2000,
        _ => number,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar (Hinnant's days_from_civil).
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_shapes_in_use_mean_the_same() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06-Nov-1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), Some(784_111_777), "{text}");
        }
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse("Tue, 29 Feb 2028 23:59:59 GMT"), Some(1_835_481_599));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "tomorrow",
            "0",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 25:00:00 GMT",
            "1 2 3 4:5:6",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
