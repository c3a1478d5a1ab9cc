//! Which proxy a request goes through, by the rules of python-requests.
//!
//! The rules are kept instead of one proxy because a redirect may lead to a host that has another one.

use std::net::IpAddr;
use std::sync::Arc;

use super::error_request::ConfigError;
use super::limits::PROXY_RULES_MAX;
use super::target::{Origin, OriginHost, Target};

/// What a profile is told of proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyConfig {
    /// The strongest first: of two rules with one key the first counts.
    pub rules: Vec<ProxyRule>,
    /// Hosts that the rules from the environment are not for, as in `NO_PROXY`: names and their subdomains, addresses,
    /// networks (`10.0.0.0/8`), separated by commas; `*` is all.
    pub no_proxy: String,
}

/// One entry of a `proxies` dict or of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyRule {
    /// `http`, `https`, `all`, or one of them with a host: `http://host`.
    pub key: String,
    /// Where the proxy is; empty for a direct connection, `None` to look for a rule with a wider key.
    pub url: Option<String>,
    /// Whether `no_proxy` applies.
    pub from_environment: bool,
}

/// A proxy, as it is connected to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    /// The proxy itself; TLS is spoken with an `https` proxy.
    pub origin: Origin,
    /// `Basic …` made of its URL's user and password.
    pub authorization: Option<String>,
}

impl Proxy {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |why: String| ConfigError::Proxy {
            url: without_credentials(text).to_owned(),
            why,
        };
        let url = match text.split_once("://") {
            None => format!("http://{text}"),
            Some((scheme, _)) if scheme.to_ascii_lowercase().starts_with("socks") => {
                return Err(wrong(
                    "SOCKS proxies are not supported, only http:// and https:// ones".to_owned(),
                ));
            }
            Some(_) => text.to_owned(),
        };
        let target = Target::parse(&url).map_err(|why| wrong(why.why()))?;
        Ok(Self {
            authorization: target.credentials().map(str::to_owned),
            origin: Origin::clone(target.origin()),
        })
    }

    /// Host and port, for messages.
    pub fn name(&self) -> String {
        self.origin.authority_with_port()
    }
}

fn without_credentials(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, place)| place)
}

#[derive(Debug)]
struct Rule {
    key: String,
    /// `None` looks on, `Some(None)` is a direct connection.
    proxy: Option<Option<Arc<Proxy>>>,
    from_environment: bool,
}

/// The proxies of a profile.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    rules: Vec<Rule>,
    exceptions: Vec<String>,
}

impl Proxies {
    /// Checks the URLs.
    pub fn new(config: &ProxyConfig) -> Result<Self, ConfigError> {
        if config.rules.len() > PROXY_RULES_MAX {
            return Err(ConfigError::Proxies(format!(
                "{} proxies are configured, at most {PROXY_RULES_MAX} can be",
                config.rules.len()
            )));
        }
        let rule = |rule: &ProxyRule| {
            let proxy = match rule.url.as_deref() {
                None => None,
                Some("") => Some(None),
                Some(url) => Some(Some(Arc::new(Proxy::parse(url)?))),
            };
            Ok::<_, ConfigError>(Rule {
                key: rule.key.to_ascii_lowercase(),
                proxy,
                from_environment: rule.from_environment,
            })
        };
        let entries = config
            .no_proxy
            .split(',')
            .map(|entry| entry.trim().to_ascii_lowercase());
        Ok(Self {
            rules: config.rules.iter().map(rule).collect::<Result<_, _>>()?,
            exceptions: entries.filter(|entry| !entry.is_empty()).collect(),
        })
    }

    /// The proxy on the way to `origin`; `None` for a direct connection.
    pub fn for_origin(&self, origin: &Origin) -> Option<&Arc<Proxy>> {
        if self.rules.is_empty() {
            return None;
        }
        let (scheme, host) = (if origin.https { "https" } else { "http" }, origin.host_text());
        let excepted = is_excepted(&self.exceptions, &host, origin);
        let applies = |rule: &&Rule| !(rule.from_environment && excepted);
        let keys = [
            format!("{scheme}://{host}"),
            scheme.to_owned(),
            format!("all://{host}"),
            "all".to_owned(),
        ];
        keys.iter()
            .find_map(|key| {
                let rule = self.rules.iter().filter(applies).find(|rule| rule.key == *key)?;
                rule.proxy.as_ref()
            })?
            .as_ref()
    }
}

/// Whether `NO_PROXY` names the host.
fn is_excepted(exceptions: &[String], host: &str, origin: &Origin) -> bool {
    let with_port = format!("{host}:{}", origin.port);
    exceptions.iter().any(|entry| match &origin.host {
        _ if entry == "*" => true,
        OriginHost::Address(IpAddr::V4(address)) if entry.contains('/') => {
            is_in_network(entry, u32::from(*address))
        }
        OriginHost::Address(_) => entry == host || *entry == with_port,
        OriginHost::Name(_) => {
            let name = entry.trim_start_matches('.');
            is_below(host, name) || is_below(&with_port, name)
        }
    })
}

fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_in_network(network: &str, address: u32) -> bool {
    let parsed = network.split_once('/').and_then(|(base, bits)| {
        let base: std::net::Ipv4Addr = base.parse().ok()?;
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
        Some((u32::from(base), u32::MAX.checked_shl(32 - bits).unwrap_or(0)))
    });
    parsed.is_some_and(|(base, mask)| base & mask == address & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(rules: &[(&str, Option<&str>, bool)], no_proxy: &str) -> ProxyConfig {
        let rule = |(key, url, from_environment): &(&str, Option<&str>, bool)| ProxyRule {
            key: (*key).to_owned(),
            url: url.map(str::to_owned),
            from_environment: *from_environment,
        };
        ProxyConfig {
            rules: rules.iter().map(rule).collect(),
            no_proxy: no_proxy.to_owned(),
        }
    }

    #[track_caller]
    fn check(config: &ProxyConfig, cases: &[(&str, Option<&str>)]) {
        let proxies = Proxies::new(config).unwrap();
        for (url, expected) in cases {
            let target = Target::parse(url).unwrap();
            let found = proxies.for_origin(target.origin()).map(|proxy| proxy.name());
            assert_eq!(found.as_deref(), *expected, "{url}");
        }
    }

    #[test]
    fn the_narrowest_key_counts() {
        let rules = config(
            &[
                ("all", Some("http://all:1"), false),
                ("https", Some("secure:2"), false),
                ("http://special", Some("http://special-proxy"), false),
                ("http://direct", Some(""), false),
            ],
            "",
        );
        check(
            &rules,
            &[
                ("http://any/", Some("all:1")),
                ("https://any/", Some("secure:2")),
                ("http://special:99/", Some("special-proxy:80")),
                ("http://direct/", None),
            ],
        );
    }

    #[test]
    fn the_first_rule_of_a_key_counts_and_an_empty_one_looks_on() {
        let rules = config(
            &[
                ("http", None, false),
                ("http", Some("http://session:1"), false),
                ("all", Some("http://all:2"), false),
                ("https", Some("http://own:3"), false),
                ("https", Some("http://late:4"), false),
            ],
            "",
        );
        check(
            &rules,
            &[("http://h/", Some("all:2")), ("https://h/", Some("own:3"))],
        );
    }

    #[test]
    fn no_proxy_excepts_from_the_environment_only() {
        let environment = config(
            &[("http", Some("http://p:1"), true)],
            "internal.example, .dotted.example,10.0.0.0/8,192.168.1.1,port.example:8080",
        );
        check(
            &environment,
            &[
                ("http://internal.example/", None),
                ("http://sub.internal.example:99/", None),
                ("http://notinternal.example/", Some("p:1")),
                ("http://x.dotted.example/", None),
                ("http://10.1.2.3/", None),
                ("http://11.1.2.3/", Some("p:1")),
                ("http://192.168.1.1:81/", None),
                ("http://port.example:8080/", None),
                ("http://port.example/", Some("p:1")),
                ("http://elsewhere/", Some("p:1")),
            ],
        );
        check(
            &config(&[("http", Some("http://p:1"), false)], "*"),
            &[("http://h/", Some("p:1"))],
        );
        check(
            &config(&[("http", Some("http://p:1"), true)], "*"),
            &[("http://h/", None)],
        );
    }

    #[test]
    fn credentials_are_taken_from_the_url_and_stay_out_of_messages() {
        let proxy = Proxy::parse("http://Aladdin:open%20sesame@p:3128").unwrap();
        assert_eq!(proxy.name(), "p:3128");
        assert_eq!(
            proxy.authorization.as_deref(),
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
        for wrong in [
            "socks5://u:secret@p:1080",
            "ftp://u:secret@p",
            "http://u:secret@p:99999",
        ] {
            let error = Proxy::parse(wrong).unwrap_err().to_string();
            assert!(error.contains("proxy") && !error.contains("secret"), "{error}");
        }
    }
}
