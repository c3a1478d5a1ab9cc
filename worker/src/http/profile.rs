//! What the sessions of one User class with one host share: settings, TLS, and the cache of request heads.
//!
//! A profile is used by two threads: the script's prepares requests, the reactor reads settings. Only the first ever
//! takes the cache's lock, so the lock is never waited for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::error_request::{ConfigError, RequestError};
use super::proxy::{Proxies, Proxy, ProxyConfig};
use super::request::{Prepared, Request};
use super::target::{Origin, Target, take_credentials};
use super::template::{HeadParts, HeaderOverride, Template, TemplateCache, check_header, is_token};
use super::tls::{Checks, TlsSettings};

/// Whose conventions are followed where Locust's two HTTP users differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// HttpUser (python-requests).
    #[default]
    Requests,
    /// FastHttpUser (geventhttpclient).
    Fast,
}

/// The settings of a profile.
#[derive(Debug, Clone)]
pub struct ProfileConfig {
    /// What relative URLs are appended to; may carry `user:password@` and a path. Empty: all URLs must be absolute.
    pub base_url: String,
    /// Whose conventions are followed.
    pub style: Style,
    /// Whether certificates of servers are checked.
    pub verify: bool,
    /// Whether a certificate must be for the host's name; only looked at with `verify`.
    pub check_hostname: bool,
    /// PEM file of authorities that are trusted besides those of the system.
    pub ca_file: Option<String>,
    /// Further trusted authorities, each a DER certificate.
    pub ca_certificates: Vec<Vec<u8>>,
    /// PEM files of the client's certificate chain and its key; without a second name the first holds both.
    pub client_cert: Option<(String, Option<String>)>,
    /// How long each connection may take to be made; `None` is for ever.
    pub connect_timeout: Option<Duration>,
    /// How long the target may be silent; `None` is for ever.
    pub read_timeout: Option<Duration>,
    /// Redirects that are followed before it is an error.
    pub max_redirects: u32,
    /// Further attempts of an idempotent request that got no byte of a response.
    pub max_retries: u32,
    /// Sent with each request, instead of the client's own where the name is the same.
    pub headers: Vec<(String, String)>,
    /// Idle connections kept per session and origin.
    pub pool_size: usize,
    /// Connections in use at a time per session and origin; requests beyond that wait. `None`: no bound.
    pub max_connections: Option<usize>,
    /// Which proxies are used.
    pub proxies: ProxyConfig,
}

impl Default for ProfileConfig {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            style: Style::Requests,
            verify: true,
            check_hostname: true,
            ca_file: None,
            ca_certificates: Vec::new(),
            client_cert: None,
            connect_timeout: None,
            read_timeout: None,
            max_redirects: 30,
            max_retries: 0,
            headers: Vec::new(),
            pool_size: 10,
            max_connections: None,
            proxies: ProxyConfig::default(),
        }
    }
}

/// Sent with each request unless the profile or the request says otherwise.
const DEFAULT_HEADERS: [(&str, &str); 4] = [
    ("User-Agent", concat!("acrida/", env!("CARGO_PKG_VERSION"))),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept", "*/*"),
    ("Connection", "keep-alive"),
];

/// Shared settings and caches of many sessions.
#[derive(Debug)]
pub struct Profile {
    style: Style,
    base: String,
    base_target: Option<Target>,
    base_authorization: Option<String>,
    headers: Vec<(String, String)>,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    pub(super) max_redirects: u32,
    pub(super) max_retries: u32,
    pub(super) pool_size: usize,
    pub(super) max_connections: Option<usize>,
    pub(super) proxies: Proxies,
    pub(super) tls: TlsSettings,
    templates: Mutex<TemplateCache>,
}

impl Profile {
    /// Checks `config` and reads the files it names.
    pub fn new(config: &ProfileConfig) -> Result<Arc<Self>, ConfigError> {
        let (base, base_authorization) = split_base(&config.base_url)?;
        let base_target = if base.is_empty() {
            None
        } else {
            Some(Target::parse(&base)?)
        };
        for (name, value) in &config.headers {
            check_header(name, value)?;
        }
        let tls = TlsSettings::new(
            Checks {
                certificate: config.verify,
                name: config.check_hostname,
            },
            config.ca_file.as_deref(),
            &config.ca_certificates,
            config.client_cert.as_ref(),
        )?;
        Ok(Arc::new(Self {
            style: config.style,
            base,
            base_target,
            base_authorization,
            headers: with_defaults(&config.headers),
            connect_timeout: config.connect_timeout,
            read_timeout: config.read_timeout,
            max_redirects: config.max_redirects,
            max_retries: config.max_retries,
            pool_size: config.pool_size,
            max_connections: config.max_connections,
            proxies: Proxies::new(&config.proxies)?,
            tls,
            templates: Mutex::default(),
        }))
    }

    /// Whose conventions are followed.
    pub fn style(&self) -> Style {
        self.style
    }

    /// The base URL without credentials.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Checks `request` and makes it ready to be sent; the place for everything that need not happen on the reactor.
    pub fn prepare(&self, request: Request<'_>) -> Result<Prepared, RequestError> {
        self.check_headers(&request.headers)?;
        let template = self.template(request.method, request.url)?;
        let plain = request.headers.is_empty() && request.body.is_empty();
        let own_head = (!plain).then(|| {
            self.head(
                &template.method,
                &template.target,
                &request.headers,
                request.body.len(),
            )
        });
        Ok(Prepared {
            template,
            own_head,
            overrides: request.headers,
            body: request.body,
            follow_redirects: request.follow_redirects,
            stream: request.stream,
            connect_timeout: request.connect_timeout.or(self.connect_timeout),
            read_timeout: request.read_timeout.or(self.read_timeout),
        })
    }

    /// Checks headers before they get into a head.
    pub(super) fn check_headers(&self, headers: &[HeaderOverride]) -> Result<(), RequestError> {
        headers
            .iter()
            .try_for_each(|(name, value)| check_header(name, value.as_deref().unwrap_or_default()))
    }

    /// The head of a request with headers or a body of its own.
    pub(super) fn head(
        &self,
        method: &str,
        target: &Target,
        overrides: &[HeaderOverride],
        body_length: usize,
    ) -> Vec<u8> {
        // A tunnel hides the request from the proxy, so the head is the target's.
        let proxy = (!target.origin().https)
            .then(|| self.proxies.for_origin(target.origin()))
            .flatten();
        self.head_for(
            proxy.map(|proxy| &**proxy),
            method,
            target,
            overrides,
            body_length,
        )
    }

    /// The head of a request that goes to `proxy` if there is one, else to the target itself.
    pub(super) fn head_for(
        &self,
        proxy: Option<&Proxy>,
        method: &str,
        target: &Target,
        overrides: &[HeaderOverride],
        body_length: usize,
    ) -> Vec<u8> {
        HeadParts {
            method,
            target,
            proxy,
            defaults: &self.headers,
            overrides,
            authorization: target.credentials().or_else(|| self.authorization_for(target)),
            body_length,
        }
        .render()
    }

    /// Whether a connection to `origin` that was made with this profile is as good as one made with `other`.
    pub(super) fn connects_alike(&self, other: &Self, origin: &Origin) -> bool {
        self.proxies.for_origin(origin) == other.proxies.for_origin(origin)
            && (!origin.https || self.tls.is_like(&other.tls))
    }

    /// The base URL's credentials, for requests to the same host only: they are not other hosts' business.
    fn authorization_for(&self, target: &Target) -> Option<&str> {
        let base = self.base_target.as_ref()?;
        (base.origin().host == target.origin().host)
            .then_some(self.base_authorization.as_deref())
            .flatten()
    }

    fn template(&self, method: &str, url: &str) -> Result<Arc<Template>, RequestError> {
        let mut cache = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get_or_make(method, url, || {
            if !is_token(method) {
                return Err(RequestError::Method(method.escape_default().to_string()));
            }
            let method = method.to_ascii_uppercase();
            let target = self.resolve(url)?;
            let head = self.head(&method, &target, &[], 0);
            Ok(Template { method, target, head })
        })
    }

    /// As Locust: an absolute URL stands for itself, anything else is appended to the base URL's text.
    pub(super) fn resolve(&self, url: &str) -> Result<Target, RequestError> {
        let target = if is_absolute(url) {
            Target::parse(url)?
        } else if self.base.is_empty() {
            return Err(RequestError::url(
                url,
                "it is relative and there is no host to complete it",
            ));
        } else {
            Target::parse(&format!("{}{url}", self.base))?
        };
        Ok(match &self.base_target {
            Some(base) => target.share_origin(base.origin()),
            None => target,
        })
    }
}

fn is_absolute(url: &str) -> bool {
    let starts_with = |prefix: &str| {
        url.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    starts_with("http://") || starts_with("https://")
}

/// The base URL's text without credentials, and what these make of the Authorization header.
fn split_base(base_url: &str) -> Result<(String, Option<String>), RequestError> {
    if base_url.is_empty() {
        return Ok((String::new(), None));
    }
    let mut url = Url::parse(base_url).map_err(|why| RequestError::url(base_url, why))?;
    let authorization = take_credentials(&mut url);
    // The text itself is kept (not `url`'s, which would add a slash), so that appending gives what it gives in Locust.
    let text = match (base_url.split_once("://"), base_url.contains('@')) {
        (Some((scheme, rest)), true) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let host_start = rest[..end].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[host_start..])
        }
        _ => base_url.to_owned(),
    };
    Ok((text, authorization))
}

/// The client's own headers, replaced by `configured` ones of the same name, then the other configured ones.
fn with_defaults(configured: &[(String, String)]) -> Vec<(String, String)> {
    let is_configured = |name: &str| {
        configured
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    let defaults = DEFAULT_HEADERS.iter().filter(|(name, _)| !is_configured(name));
    let mut headers: Vec<_> = defaults
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    headers.extend(configured.iter().cloned());
    headers
}
