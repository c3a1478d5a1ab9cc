//! Request heads: the bytes from the request line to the empty line, made once per (method, URL) and kept.

use std::collections::HashMap;
use std::sync::Arc;

use super::error_request::RequestError;
use super::limits::{TEMPLATE_URL_MAX_BYTES, TEMPLATES_MAX};
use super::proxy::Proxy;
use super::target::Target;

/// A header to send (`Some`) or to leave out (`None`).
pub type HeaderOverride = (String, Option<String>);

/// A method, a target and the head of a request without body, cookies or headers of its own.
#[derive(Debug)]
pub struct Template {
    /// In upper case.
    pub method: String,
    /// Where it goes.
    pub target: Target,
    /// The complete head, empty line included.
    pub head: Vec<u8>,
}

/// What a head is made of.
#[derive(Debug)]
pub(super) struct HeadParts<'a> {
    pub method: &'a str,
    pub target: &'a Target,
    /// Whom the head is for, instead of the target itself.
    pub proxy: Option<&'a Proxy>,
    /// Sent unless overridden.
    pub defaults: &'a [(String, String)],
    /// Of this request alone.
    pub overrides: &'a [HeaderOverride],
    /// The value of Authorization unless overridden.
    pub authorization: Option<&'a str>,
    /// Of the body, in bytes.
    pub body_length: usize,
}

/// Headers whose value only the client can know.
const OURS: [&str; 2] = ["content-length", "transfer-encoding"];

impl HeadParts<'_> {
    /// The head's bytes, ending with the empty line.
    pub fn render(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(256);
        head.extend_from_slice(self.method.as_bytes());
        head.push(b' ');
        // A proxy is told the whole URL (RFC 9112 § 3.2.2).
        let place = match self.proxy {
            Some(_) => self.target.url().as_str(),
            None => self.target.path_and_query(),
        };
        head.extend_from_slice(place.as_bytes());
        head.extend_from_slice(b" HTTP/1.1\r\n");
        if !self.overrides_any("Host") {
            push_header(&mut head, "Host", &self.target.origin().authority);
        }
        for (name, value) in self.defaults {
            if !self.overrides_any(name) {
                push_header(&mut head, name, value);
            }
        }
        for (name, value) in self.overrides {
            if let Some(value) = value
                && !OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
            {
                push_header(&mut head, name, value);
            }
        }
        if let Some(value) = self.authorization
            && !self.overrides_any("Authorization")
            && !self
                .defaults
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("Authorization"))
        {
            push_header(&mut head, "Authorization", value);
        }
        if let Some(value) = self.proxy.and_then(|proxy| proxy.authorization.as_deref())
            && !self.overrides_any("Proxy-Authorization")
        {
            push_header(&mut head, "Proxy-Authorization", value);
        }
        // As requests does: every method that may have a body says so, even when it has none.
        if self.body_length > 0 || !matches!(self.method, "GET" | "HEAD") {
            push_header(&mut head, "Content-Length", &self.body_length.to_string());
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    fn overrides_any(&self, name: &str) -> bool {
        self.overrides
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
    }
}

fn push_header(head: &mut Vec<u8>, name: &str, value: &str) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    push_value(head, value);
    head.extend_from_slice(b"\r\n");
}

/// Header values are Latin-1 where they can be (as Python's http.client sends them), else UTF-8.
fn push_value(head: &mut Vec<u8>, value: &str) {
    if value.is_ascii() || value.chars().any(|character| u32::from(character) > 0xff) {
        head.extend_from_slice(value.as_bytes());
    } else {
        head.extend(value.chars().map(|character| character as u8));
    }
}

/// Checks a header before it gets into a head.
pub(super) fn check_header(name: &str, value: &str) -> Result<(), RequestError> {
    let wrong = |why| {
        Err(RequestError::Header {
            name: name.escape_default().to_string(),
            why,
        })
    };
    if !is_token(name) {
        return wrong("a header name is letters, digits and !#$%&'*+-.^_`|~ only");
    }
    if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return wrong("a header value may not contain line breaks or NUL");
    }
    Ok(())
}

/// Whether `text` is a token of RFC 9110 § 5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// The templates of one profile: two generations, of which the older is dropped when the younger is full.
#[derive(Debug, Default)]
pub(super) struct TemplateCache {
    young: Generation,
    old: Generation,
    young_count: usize,
}

/// By method as given (there are few), then by URL as given.
type Generation = Vec<(String, HashMap<String, Arc<Template>>)>;

impl TemplateCache {
    /// The template for exactly this method and URL text, made by `make` if it is not there.
    pub fn get_or_make(
        &mut self,
        method: &str,
        url: &str,
        make: impl FnOnce() -> Result<Template, RequestError>,
    ) -> Result<Arc<Template>, RequestError> {
        if let Some(found) = find(&self.young, method, url) {
            return Ok(Arc::clone(found));
        }
        let template = match find(&self.old, method, url) {
            Some(found) => Arc::clone(found),
            None => Arc::new(make()?),
        };
        if url.len() <= TEMPLATE_URL_MAX_BYTES {
            self.keep(method, url, &template);
        }
        Ok(template)
    }

    fn keep(&mut self, method: &str, url: &str, template: &Arc<Template>) {
        if self.young_count >= TEMPLATES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_count = 0;
        }
        let known = self.young.iter().position(|(known, _)| known == method);
        let place = known.unwrap_or_else(|| {
            self.young.push((method.to_owned(), HashMap::new()));
            self.young.len() - 1
        });
        self.young[place].1.insert(url.to_owned(), Arc::clone(template));
        self.young_count += 1;
    }
}

fn find<'a>(generation: &'a Generation, method: &str, url: &str) -> Option<&'a Arc<Template>> {
    generation.iter().find(|(known, _)| known == method)?.1.get(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(method: &str, overrides: &[(&str, Option<&str>)], body_length: usize) -> String {
        let target = Target::parse("http://h:8/p?q=1").unwrap();
        let overrides: Vec<HeaderOverride> = overrides
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect();
        let defaults = [
            ("User-Agent".to_owned(), "a/1".to_owned()),
            ("Accept".to_owned(), "*/*".to_owned()),
        ];
        let parts = HeadParts {
            method,
            target: &target,
            proxy: None,
            defaults: &defaults,
            overrides: &overrides,
            authorization: Some("Basic x"),
            body_length,
        };
        String::from_utf8_lossy(&parts.render()).into_owned()
    }

    #[test]
    fn a_plain_head_has_host_defaults_and_authorization() {
        let expected = "GET /p?q=1 HTTP/1.1\r\nHost: h:8\r\nUser-Agent: a/1\r\nAccept: */*\r\nAuthorization: Basic x\r\n\r\n";
        assert_eq!(render("GET", &[], 0), expected);
    }

    #[test]
    fn overrides_replace_or_remove_whatever_their_case() {
        let head = render(
            "GET",
            &[
                ("user-agent", Some("me")),
                ("ACCEPT", None),
                ("authorization", None),
            ],
            0,
        );
        assert_eq!(head, "GET /p?q=1 HTTP/1.1\r\nHost: h:8\r\nuser-agent: me\r\n\r\n");
        assert!(render("GET", &[("host", Some("other"))], 0).contains("\r\nhost: other\r\n"));
    }

    #[test]
    fn the_length_is_always_ours() {
        let head = render(
            "POST",
            &[
                ("Content-Length", Some("99")),
                ("Transfer-Encoding", Some("chunked")),
            ],
            5,
        );
        assert!(
            head.contains("Content-Length: 5\r\n") && !head.contains("99") && !head.contains("chunked"),
            "{head}"
        );
        assert!(render("POST", &[], 0).contains("Content-Length: 0\r\n"));
    }

    #[test]
    fn line_breaks_cannot_smuggle_headers() {
        assert!(check_header("X", "a\r\nY: b").is_err());
        assert!(check_header("X: y\r\nZ", "a").is_err());
        assert!(check_header("X-Ok", "ä fine").is_ok());
    }

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let mut cache = TemplateCache::default();
        let make = || {
            let target = Target::parse("http://h/")?;
            Ok(Template {
                method: "GET".to_owned(),
                target,
                head: Vec::new(),
            })
        };
        let hot = cache.get_or_make("GET", "/hot", make).unwrap();
        for number in 0..TEMPLATES_MAX * 2 {
            cache.get_or_make("GET", &format!("/{number}"), make).unwrap();
            let again = cache
                .get_or_make("GET", "/hot", || unreachable!("the hot template was dropped"))
                .unwrap();
            assert!(Arc::ptr_eq(&hot, &again));
        }
        let kept: usize = [&cache.young, &cache.old]
            .iter()
            .flat_map(|g| g.iter())
            .map(|(_, urls)| urls.len())
            .sum();
        assert!(kept <= TEMPLATES_MAX, "{kept}");
    }
}
