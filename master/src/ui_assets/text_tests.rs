//! The page's texts: the same in both languages, and there for each key that the page asks for.

use std::collections::BTreeSet;

use super::{paths, text};

const AREAS: &[&str] = &["core", "charts", "history", "report"];
/// Names of files that look like keys of the area `report`.
const FILES: &[&str] = &["report.html", "report.json", "report.md"];

/// Keys of a dictionary: what stands before a colon at the start of a line.
fn keys(language: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for area in AREAS {
        let dictionary = text(&format!("lang/{language}/{area}.js"));
        for line in dictionary.lines() {
            let key = line
                .trim()
                .strip_prefix('"')
                .and_then(|rest| rest.split_once("\":"));
            if let Some((key, _)) = key {
                assert!(key.starts_with(area), "{language}/{area} has {key}");
                assert!(keys.insert(key.to_owned()), "{key} is there twice");
            }
        }
    }
    keys
}

/// What the page's modules name as a key: whole ones, and the beginnings of those that are put together.
fn asked() -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    let modules = paths()
        .into_iter()
        .filter(|path| path.ends_with(".js") && !path.starts_with("lang/") && !path.starts_with("vendor/"));
    for path in modules {
        let module = text(&path);
        for (quote, is_whole) in [('"', true), ('`', false)] {
            for area in AREAS {
                for rest in module.split(&format!("{quote}{area}.")).skip(1) {
                    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    let name = &rest[..end.unwrap_or(rest.len())];
                    let closes = rest[name.len()..].starts_with(quote);
                    let key = format!("{area}.{name}");
                    if closes || rest[name.len()..].starts_with("${") {
                        found.push((path.clone(), key, is_whole || closes));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_texts() {
    let (english, chinese) = (keys("en"), keys("zh"));
    assert!(english.len() > 100, "{}", english.len());
    let missing: Vec<_> = english.symmetric_difference(&chinese).collect();
    assert!(missing.is_empty(), "in one language only: {missing:?}");
}

#[test]
fn every_text_that_the_page_asks_for_is_there() {
    let keys = keys("en");
    let asked = asked();
    assert!(asked.len() > 100, "{}", asked.len());
    for (path, key, is_whole) in asked {
        let is_there = if is_whole {
            keys.contains(&key) || FILES.contains(&key.as_str())
        } else {
            keys.iter().any(|known| known.starts_with(&key))
        };
        assert!(is_there, "{path} asks for {key}");
    }
}
