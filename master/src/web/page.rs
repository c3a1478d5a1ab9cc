//! `GET /` and `GET /ui/*`: the page and its modules out of the binary. No state of the run; everything is known at the start.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::ui_assets::{self, MODULE_PREFIX};

/// What the page runs first.
const ENTRY: &str = "main.js";
/// Loaded with the entry though it is imported later: the first view, and the usual language.
const EARLY: &[&str] = &[
    "tables/statistics.js",
    "lang/en/core.js",
    "lang/en/charts.js",
    "lang/en/history.js",
    "lang/en/report.js",
];
/// A file whose address has its hash in it never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about each time.
const ASK_FIRST: &str = "no-cache";

/// An answer that stays the same: plain and compressed.
#[derive(Debug)]
struct Served {
    bytes: Vec<u8>,
    content_type: &'static str,
    etag: String,
    gzip: OnceLock<Vec<u8>>,
}

impl Served {
    fn new(path: &str, bytes: Vec<u8>, hash: &str) -> Self {
        Self {
            bytes,
            content_type: content_type(path),
            etag: format!("\"{hash}\""),
            gzip: OnceLock::new(),
        }
    }

    fn gzip(&self) -> &[u8] {
        self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            // Writing to memory cannot fail; the plain bytes are no gzip, so an empty answer is what is left.
            let written = encoder.write_all(&self.bytes);
            written.and_then(|()| encoder.finish()).unwrap_or_default()
        })
    }

    fn answer(&self, asked: &HeaderMap, cache: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: &str| {
            headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        };
        put(ETAG, &self.etag);
        put(CACHE_CONTROL, cache);
        put(VARY, ACCEPT_ENCODING.as_str());
        put(X_CONTENT_TYPE_OPTIONS, "nosniff");
        if says(asked, &IF_NONE_MATCH, &self.etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        put(CONTENT_TYPE, self.content_type);
        if says(asked, &ACCEPT_ENCODING, "gzip") {
            put(CONTENT_ENCODING, "gzip");
            return (headers, self.gzip().to_vec()).into_response();
        }
        (headers, self.bytes.clone()).into_response()
    }
}

/// Whether the list in a header names `word`; what follows a semicolon is overlooked, except a refusal.
fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut items = values.flat_map(|value| value.split(','));
    items.any(|item| {
        let (item, weight) = item.split_once(';').unwrap_or((item, ""));
        let item = item.trim();
        item.strip_prefix("W/").unwrap_or(item) == word && weight.trim() != "q=0"
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

/// The page under one base path.
#[derive(Debug)]
struct Page {
    index: Served,
    /// What the browser may load and run: ours only.
    policy: String,
    files: BTreeMap<String, Served>,
}

impl Page {
    fn new(base_path: &str) -> Self {
        let base = base_path.trim_end_matches('/');
        let files: BTreeMap<String, Served> = ui_assets::paths()
            .into_iter()
            .filter_map(|path| {
                let file = ui_assets::file(&path)?;
                let served = Served::new(&path, file.bytes.into_owned(), &file.hash);
                Some((path, served))
            })
            .collect();
        let address = |path: &str| {
            let hash = files.get(path).map_or("", |file| file.etag.trim_matches('"'));
            format!("{base}/ui/{path}?v={hash}")
        };
        let import_map = import_map(files.keys(), &address);
        let html = index(base, &import_map, &address);
        let hash = hex(&Sha256::digest(html.as_bytes()));
        Self {
            index: Served::new("index.html", html.into_bytes(), &hash),
            policy: policy(&import_map),
            files,
        }
    }

    fn index(&self, asked: &HeaderMap) -> Response {
        let mut answer = self.index.answer(asked, ASK_FIRST);
        let headers = answer.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(&self.policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        answer
    }

    fn file(&self, path: &str, version: Option<&str>, asked: &HeaderMap) -> Response {
        let Some(file) = self.files.get(path) else {
            return (StatusCode::NOT_FOUND, format!("the page has no file {path}\n")).into_response();
        };
        let is_named = version.is_some_and(|version| version == file.etag.trim_matches('"'));
        file.answer(asked, if is_named { FOR_EVER } else { ASK_FIRST })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Where each module is, by its name in `import`.
fn import_map<'a>(paths: impl Iterator<Item = &'a String>, address: &impl Fn(&str) -> String) -> String {
    let modules = paths.filter(|path| path.ends_with(".js"));
    let imports: serde_json::Map<String, serde_json::Value> = modules
        .map(|path| (format!("{MODULE_PREFIX}{path}"), address(path).into()))
        .collect();
    serde_json::json!({ "imports": imports }).to_string()
}

/// Scripts are our files and the import map, which is named by its hash. Elements may carry a style of their own, since
/// charts set sizes; pictures may be made in the page (PNG export, the state in the tab's icon).
fn policy(import_map: &str) -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(import_map.as_bytes()));
    format!(
        "default-src 'none'; script-src 'self' 'sha256-{hash}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn index(base: &str, import_map: &str, address: &impl Fn(&str) -> String) -> String {
    let styles = ui_assets::styles();
    let styles = styles
        .iter()
        .map(|path| format!("<link rel=\"stylesheet\" href=\"{}\">", address(path)));
    let early = EARLY.iter().flat_map(|path| ui_assets::static_imports(path));
    let mut modules = ui_assets::static_imports(ENTRY);
    for path in early {
        if !modules.contains(&path) {
            modules.push(path);
        }
    }
    let preloads = modules
        .iter()
        .map(|path| format!("<link rel=\"modulepreload\" href=\"{}\">", address(path)));
    let escaped = base
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    let fields = [
        ("{{base}}", escaped),
        ("{{version}}", env!("CARGO_PKG_VERSION").to_owned()),
        ("{{icon}}", address("icon.svg")),
        ("{{boot}}", address("lib/boot.js")),
        ("{{styles}}", styles.collect::<Vec<_>>().join("\n")),
        ("{{importmap}}", import_map.to_owned()),
        ("{{preloads}}", preloads.collect::<Vec<_>>().join("\n")),
        ("{{main}}", address(ENTRY)),
    ];
    fields
        .iter()
        .fold(ui_assets::text("index.html"), |html, (name, value)| {
            html.replace(name, value)
        })
}

/// The page's routes. `base_path` is where they are mounted: the page's addresses begin with it.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(base_path: &str) -> Router<S> {
    let page = Arc::new(Page::new(base_path));
    let files = Arc::clone(&page);
    Router::new()
        .route("/", get(async move |asked: HeaderMap| page.index(&asked)))
        .route(
            "/ui/{*path}",
            get(
                async move |Path(path): Path<String>,
                            Query(query): Query<HashMap<String, String>>,
                            asked: HeaderMap| {
                    files.file(&path, query.get("v").map(String::as_str), &asked)
                },
            ),
        )
}

#[cfg(test)]
mod tests;
