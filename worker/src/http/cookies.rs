//! The cookies of a session (the core of RFC 6265), shared by the reactor and the script's thread.
//!
//! Most sessions never see a cookie; for them the reactor looks at one flag per request and takes no lock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::cookie_date;
use super::head;
use super::limits::{COOKIE_MAX_BYTES, COOKIES_MAX};
use super::target::{OriginHost, Target};

/// One cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value, as received.
    pub value: String,
    /// The host it belongs to, in lower case, without a leading dot. Empty: sent to every host (set by a script).
    pub domain: String,
    /// The path it is for.
    pub path: String,
    /// Whether it goes to the domain's host only, not to hosts below.
    pub host_only: bool,
    /// Whether it goes over TLS only.
    pub secure: bool,
    /// Unix seconds of its end; `None` lasts as long as the session.
    pub expires_unix_s: Option<i64>,
}

/// A jar of cookies; clones are the same jar.
#[derive(Debug, Clone, Default)]
pub struct SharedJar {
    inner: Arc<Jar>,
}

#[derive(Debug, Default)]
struct Jar {
    non_empty: AtomicBool,
    /// Oldest first.
    cookies: Mutex<Vec<Cookie>>,
}

impl SharedJar {
    /// Whether there is nothing in it; takes no lock.
    pub fn is_empty(&self) -> bool {
        !self.inner.non_empty.load(Ordering::Acquire)
    }

    /// What is in it and has not expired, oldest first.
    pub fn all(&self) -> Vec<Cookie> {
        let mut cookies = self.lock();
        drop_expired(&mut cookies, unix_now_s());
        cookies.clone()
    }

    /// Puts a cookie in, in the place of one with the same name, domain and path.
    pub fn set(&self, cookie: Cookie) {
        let mut cookies = self.lock();
        put(&mut cookies, cookie, unix_now_s());
        self.inner.non_empty.store(!cookies.is_empty(), Ordering::Release);
    }

    /// As a script does it: `domain` may begin with a dot; empty, the cookie goes to every host.
    pub fn set_simple(&self, name: &str, value: &str, domain: &str, path: &str) {
        let host_only = !domain.starts_with('.') && !domain.is_empty();
        self.set(Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: domain.trim_start_matches('.').to_ascii_lowercase(),
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                "/".to_owned()
            },
            host_only,
            secure: false,
            expires_unix_s: None,
        });
    }

    /// Empties it.
    pub fn clear(&self) {
        let mut cookies = self.lock();
        cookies.clear();
        self.inner.non_empty.store(false, Ordering::Release);
    }

    /// Stores the Set-Cookie headers of a response head from `target`.
    pub(super) fn store_response(&self, target: &Target, head: &[u8]) {
        let now = unix_now_s();
        for (name, value) in head::headers(head) {
            if name.eq_ignore_ascii_case("set-cookie")
                && let Some(cookie) = parse(&value, target, now)
            {
                self.set(cookie);
            }
        }
    }

    /// The value of the Cookie header for `target`, if any cookie goes there.
    pub(super) fn header_for(&self, target: &Target) -> Option<String> {
        let mut cookies = self.lock();
        drop_expired(&mut cookies, unix_now_s());
        let host = target.origin().host_text();
        let path = target.url().path();
        let mut matching: Vec<&Cookie> = cookies
            .iter()
            .filter(|cookie| cookie.goes_to(&host, path, target.origin().https))
            .collect();
        matching.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pair = |cookie: &&Cookie| format!("{}={}", cookie.name, cookie.value);
        let header = matching.iter().map(pair).collect::<Vec<_>>().join("; ");
        (!matching.is_empty()).then_some(header)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Cookie>> {
        self.inner.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cookie {
    fn goes_to(&self, host: &str, path: &str, https: bool) -> bool {
        let domain_fits = self.domain.is_empty()
            || if self.host_only {
                self.domain == host
            } else {
                domain_matches(host, &self.domain)
            };
        domain_fits && path_matches(path, &self.path) && (https || !self.secure)
    }
}

fn unix_now_s() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

fn drop_expired(cookies: &mut Vec<Cookie>, now_unix_s: i64) {
    cookies.retain(|cookie| cookie.expires_unix_s.is_none_or(|end| end > now_unix_s));
}

/// An expired cookie removes the one it would replace (RFC 6265 § 5.3).
fn put(cookies: &mut Vec<Cookie>, cookie: Cookie, now_unix_s: i64) {
    let key = |cookie: &Cookie| (cookie.name.clone(), cookie.domain.clone(), cookie.path.clone());
    let place = cookies.iter().position(|other| key(other) == key(&cookie));
    let expired = cookie.expires_unix_s.is_some_and(|end| end <= now_unix_s);
    match (place, expired) {
        (Some(place), true) => {
            cookies.remove(place);
        }
        (Some(place), false) => cookies[place] = cookie,
        (None, true) => {}
        (None, false) => {
            drop_expired(cookies, now_unix_s);
            if cookies.len() >= COOKIES_MAX {
                cookies.remove(0);
            }
            cookies.push(cookie);
        }
    }
}

/// A Set-Cookie value (RFC 6265 § 5.2, 5.3); `None` if it is to be ignored.
fn parse(header: &str, target: &Target, now_unix_s: i64) -> Option<Cookie> {
    let mut attributes = header.split(';');
    let (name, value) = attributes.next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let has_control = |text: &str| text.bytes().any(|byte| byte < 0x20 || byte == 0x7f);
    if name.is_empty()
        || name.len() + value.len() > COOKIE_MAX_BYTES
        || has_control(name)
        || has_control(value)
    {
        return None;
    }
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        domain: target.origin().host_text(),
        path: default_path(target.url().path()),
        host_only: true,
        secure: false,
        expires_unix_s: None,
    };
    let mut max_age_s: Option<i64> = None;
    for attribute in attributes {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" => take_domain(&mut cookie, value, &target.origin().host)?,
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "secure" => cookie.secure = true,
            "max-age" => max_age_s = value.parse().ok().or(max_age_s),
            "expires" => cookie.expires_unix_s = cookie_date::parse(value).or(cookie.expires_unix_s),
            _ => {}
        }
    }
    // Max-Age wins over Expires whatever their order (§ 5.3, step 3).
    if let Some(age) = max_age_s {
        cookie.expires_unix_s = Some(if age <= 0 {
            i64::MIN
        } else {
            now_unix_s.saturating_add(age)
        });
    }
    Some(cookie)
}

/// `None` if the response's host may not set cookies for `domain`: it is another's, or a whole top-level domain.
fn take_domain(cookie: &mut Cookie, domain: &str, host: &OriginHost) -> Option<()> {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    if domain.is_empty() || domain == cookie.domain {
        // Naming one's own host widens a cookie to hosts below, which an address does not have.
        cookie.host_only = domain.is_empty() || matches!(host, OriginHost::Address(_));
        return Some(());
    }
    if matches!(host, OriginHost::Address(_))
        || !domain.contains('.')
        || !domain_matches(&cookie.domain, &domain)
    {
        return None;
    }
    cookie.domain = domain;
    cookie.host_only = false;
    Some(())
}

/// RFC 6265 § 5.1.3.
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// RFC 6265 § 5.1.4.
fn path_matches(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265 § 5.1.4: up to, not including, the last slash.
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(slash) => path[..slash].to_owned(),
    }
}

#[cfg(test)]
mod tests;
