//! The page's files, embedded: what they are, what they import, which styles come in which order. For the live page
//! (`web::page`) and for the report, which puts them into one file. No HTTP here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rust_embed::RustEmbed;

/// Prefix of the modules' names in `import`: `acrida/lib/ui.js` is `lib/ui.js` here.
pub const MODULE_PREFIX: &str = "acrida/";
/// Styles that others build on; the rest follow in the order of their names.
const FIRST_STYLES: &[&str] = &["vendor/uplot.css", "css/tokens.css", "css/base.css"];
/// Start of what a hash names: enough that two versions of a file never meet.
const HASH_BYTES: usize = 8;

#[derive(RustEmbed)]
#[folder = "ui/"]
struct Files;

/// One embedded file.
#[derive(Debug, Clone)]
pub struct UiFile {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Hexadecimal hash of the bytes, shortened.
    pub hash: String,
}

/// The file of this path below `ui/`, such as `lib/ui.js`.
pub fn file(path: &str) -> Option<UiFile> {
    let found = Files::get(path)?;
    let hash = found.metadata.sha256_hash();
    let hash = hash[..HASH_BYTES]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(UiFile {
        bytes: found.data,
        hash,
    })
}

/// The text of a file; empty if there is none.
pub fn text(path: &str) -> String {
    file(path)
        .map(|file| String::from_utf8_lossy(&file.bytes).into_owned())
        .unwrap_or_default()
}

/// Paths of all files, in order.
pub fn paths() -> Vec<String> {
    let all: BTreeSet<String> = Files::iter().map(Cow::into_owned).collect();
    all.into_iter().collect()
}

/// Paths of the style sheets in the order in which they apply.
pub fn styles() -> Vec<String> {
    let first = FIRST_STYLES.iter().map(|path| (*path).to_owned());
    let rest = paths()
        .into_iter()
        .filter(|path| path.starts_with("css/") && !FIRST_STYLES.contains(&path.as_str()));
    first.chain(rest).collect()
}

/// Paths of the modules that `entry` needs before it runs, itself included; what it imports later (`import(…)`) is left out.
pub fn static_imports(entry: &str) -> Vec<String> {
    let mut seen = vec![entry.to_owned()];
    let mut next = 0;
    while let Some(path) = seen.get(next) {
        for import in imported(&text(path)) {
            if !seen.contains(&import) {
                seen.push(import);
            }
        }
        next += 1;
    }
    seen
}

/// What a module's `import … from "acrida/…"` and `import "acrida/…"` name.
fn imported(module: &str) -> Vec<String> {
    let quoted = [
        format!("from \"{MODULE_PREFIX}"),
        format!("import \"{MODULE_PREFIX}"),
        format!("from\"{MODULE_PREFIX}"),
    ];
    let mut found = Vec::new();
    for start in quoted {
        for rest in module.split(start.as_str()).skip(1) {
            found.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod text_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_names_a_file() {
        for path in paths().iter().filter(|path| path.ends_with(".js")) {
            for import in imported(&text(path)) {
                assert!(
                    file(&import).is_some(),
                    "{path} imports {import}, which is not there"
                );
            }
        }
    }

    #[test]
    fn what_a_module_needs_is_found_through_other_modules() {
        let needed = static_imports("main.js");
        for path in ["main.js", "app.js", "vendor/preact.js", "lib/ui.js"] {
            assert!(needed.contains(&path.to_owned()), "{needed:?}");
        }
        assert!(
            !needed.contains(&"history/history.js".to_owned()),
            "loaded when shown: {needed:?}"
        );
    }

    #[test]
    fn tokens_come_before_what_uses_them() {
        let styles = styles();
        assert_eq!(styles[1], "css/tokens.css");
        assert!(styles.contains(&"css/shell.css".to_owned()));
        assert!(styles.iter().all(|path| file(path).is_some()));
    }

    /// The page works without a network: nothing in it names another server, but for XML namespaces, the vendor's own
    /// notice, and examples in texts.
    #[test]
    fn nothing_comes_from_another_server() {
        let allowed = [
            "www.w3.org/",
            "github.com/leeoniya/uPlot",
            "example.",
            "localhost",
        ];
        for path in paths()
            .iter()
            .filter(|path| !path.contains("LICENSE") && !path.ends_with(".md"))
        {
            for rest in text(path).split("://").skip(1) {
                let host = rest
                    .chars()
                    .next()
                    .is_some_and(|first| first.is_ascii_alphanumeric());
                let known = allowed.iter().any(|known| rest.starts_with(known));
                assert!(!host || known, "{path} names {}", &rest[..rest.len().min(40)]);
            }
        }
    }
}
