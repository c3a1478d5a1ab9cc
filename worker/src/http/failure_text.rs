//! The text under which a response with a bad status is counted, as Locust's two HTTP users make it.

use super::profile::Style;

/// The failure text of a response, or `None` if its status counts as success.
///
/// `name` is the name the request is recorded under: Locust puts it where requests has the URL, so that requests with one
/// name have one failure. With [`Style::Fast`] only the status appears, and `reason` and `name` are not looked at.
pub fn failure_text(
    style: Style,
    status: u16,
    reason: impl FnOnce() -> String,
    name: &str,
) -> Option<String> {
    match style {
        Style::Requests => {
            let whose = match status {
                400..=499 => "Client",
                500..=599 => "Server",
                _ => return None,
            };
            let message = format!("{status} {whose} Error: {} for url: {name}", reason());
            Some(format!("HTTPError({})", python_repr(&message)))
        }
        // LocustUserAgent's list of statuses that are no failure.
        Style::Fast => match status {
            200..=208 | 226 | 301..=304 | 307 | 308 => None,
            _ => Some(format!("LocustBadStatusCode(code={status})")),
        },
    }
}

/// A string as Python's `repr` writes it, for what occurs in reasons and names.
pub(super) fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other if other == quote => quoted.extend(['\\', other]),
            other if u32::from(other) < 0x20 || u32::from(other) == 0x7f => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(other)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(style: Style, status: u16, reason: &str, name: &str) -> Option<String> {
        failure_text(style, status, || reason.to_owned(), name)
    }

    #[test]
    fn requests_style_reads_as_raise_for_status_with_the_name_for_the_url() {
        let not_found = "HTTPError('404 Client Error: Not Found for url: /x?y=1')";
        assert_eq!(
            text(Style::Requests, 404, "Not Found", "/x?y=1").as_deref(),
            Some(not_found)
        );
        let server = "HTTPError('500 Server Error: Internal Server Error for url: nm')";
        assert_eq!(
            text(Style::Requests, 500, "Internal Server Error", "nm").as_deref(),
            Some(server)
        );
        for fine in [200, 204, 304, 399, 600] {
            assert_eq!(text(Style::Requests, fine, "", "/"), None, "{fine}");
        }
    }

    #[test]
    fn fast_style_accepts_its_list_and_nothing_else() {
        for fine in [200, 205, 208, 226, 301, 304, 307, 308] {
            assert_eq!(text(Style::Fast, fine, "", "/"), None, "{fine}");
        }
        for bad in [300, 305, 399, 404, 500, 600] {
            let expected = format!("LocustBadStatusCode(code={bad})");
            assert_eq!(text(Style::Fast, bad, "Whatever", "/"), Some(expected));
        }
    }

    #[test]
    fn quotes_are_chosen_and_escaped_as_in_python() {
        assert_eq!(python_repr("it's"), "\"it's\"");
        assert_eq!(python_repr("a'b\"c\\\n\x01"), "'a\\'b\"c\\\\\\n\\x01'");
    }
}
