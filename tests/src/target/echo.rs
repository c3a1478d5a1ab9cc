//! What a request looked like to the server, as JSON; and the small parsers of header values that routes share.

use axum::http::{HeaderMap, Method, Uri, header};
use serde_json::{Map, Value, json};

/// The request as a JSON object: method, path, query, headers (lower-case names, repeated ones joined by ", "), body.
#[must_use]
pub fn describe(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Value {
    let mut fields = Map::new();
    for name in headers.keys() {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|v| String::from_utf8_lossy(v.as_bytes()))
            .collect();
        fields.insert(name.as_str().to_owned(), Value::from(values.join(", ")));
    }
    json!({
        "method": method.as_str(),
        "path": uri.path(),
        "query": uri.query().unwrap_or_default(),
        "headers": fields,
        "body": String::from_utf8_lossy(body),
    })
}

/// The cookies a client sent, in order.
#[must_use]
pub fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Whether the request carries these credentials (RFC 7617).
#[must_use]
pub fn has_basic_auth(headers: &HeaderMap, user: &str, password: &str) -> bool {
    let expected = format!("Basic {}", base64(format!("{user}:{password}").as_bytes()));
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let joined = group
            .iter()
            .enumerate()
            .fold(0_u32, |sum, (i, byte)| sum | u32::from(*byte) << (16 - 8 * i));
        for position in 0..4 {
            let index = (joined >> (18 - 6 * position)) & 63;
            text.push(if position <= group.len() {
                char::from(ALPHABET[index as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_rfc_4648_says() {
        for (input, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(input.as_bytes()), expected);
        }
    }
}
