//! One occurrence of a failure, to look at: what was asked for and how the answer begins. Nothing that opens doors is kept.

use protocol::ErrorSample;
use protocol::limits::{MAX_SAMPLE_BODY_BYTES, MAX_SAMPLE_URL_BYTES};

/// A sample of a request to `url`, with the status and the body of its response if there is one.
///
/// Of the URL, user and password and the values of the query are left out. No headers are taken. The node id is not known here.
pub fn sample(url: &str, status: Option<u16>, body: &[u8]) -> ErrorSample {
    ErrorSample {
        url: cut(without_secrets(url), MAX_SAMPLE_URL_BYTES),
        status,
        body: beginning(body),
        node_id: String::new(),
    }
}

/// `url` without user, password and fragment, and with `*` for each value of its query.
fn without_secrets(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let (place, query) = match url.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (url, None),
    };
    let (scheme, rest) = match place.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), place),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut clean = format!("{scheme}{host}{path}");
    let parts = query.into_iter().flat_map(|query| query.split('&'));
    for (index, part) in parts.enumerate() {
        clean.push(if index == 0 { '?' } else { '&' });
        match part.split_once('=') {
            Some((name, _)) => clean.extend([name, "=*"]),
            // A value without a name is a value all the same.
            None => clean.push('*'),
        }
    }
    clean
}

/// The first bytes of a body as text. A character that the limit cuts is left out; what is no text becomes replacement characters.
fn beginning(body: &[u8]) -> String {
    let head = &body[..body.len().min(MAX_SAMPLE_BODY_BYTES)];
    let whole = match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() && head.len() < body.len() => &head[..error.valid_up_to()],
        _ => head,
    };
    cut(String::from_utf8_lossy(whole).into_owned(), MAX_SAMPLE_BODY_BYTES)
}

fn cut(mut text: String, max_bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(max_bytes));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_keeps_its_path_and_loses_what_may_be_secret() {
        for (url, clean) in [
            ("http://h:1/a/b", "http://h:1/a/b"),
            ("https://me:pass@h/a?token=abc&n=5#top", "https://h/a?token=*&n=*"),
            ("http://a@b@h", "http://h"),
            ("http://h/a?abc", "http://h/a?*"),
            ("http://h/p@q/x?", "http://h/p@q/x?*"),
            ("/only/a/path?x=1", "/only/a/path?x=*"),
            ("", ""),
        ] {
            assert_eq!(sample(url, None, b"").url, clean, "{url}");
        }
    }

    #[test]
    fn the_body_is_cut_on_a_character_and_may_be_anything() {
        assert_eq!(sample("", Some(500), "no way\n".as_bytes()).body, "no way\n");
        let long = "é".repeat(MAX_SAMPLE_BODY_BYTES);
        let odd = format!("x{long}");
        let text = sample("", None, odd.as_bytes()).body;
        assert_eq!(text.len(), MAX_SAMPLE_BODY_BYTES - 1);
        assert!(text.ends_with('é'));
        let binary = sample("", None, &[0xff; 9_999]).body;
        assert!(!binary.is_empty() && binary.len() <= MAX_SAMPLE_BODY_BYTES);
    }
}
