//! What people change of a kept run: notes, tags, and whether it is there.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::limits::{MAX_NOTES_CHARS, MAX_TAG_CHARS, MAX_TAGS};

/// A text that cannot be kept as notes or tag, with the reason for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadText {
    /// `notes` or `tags`.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// Checks notes and takes off the white space around them.
///
/// # Errors
/// They are too long.
pub fn notes(text: &str) -> Result<String, BadText> {
    let text = text.trim();
    if text.chars().count() > MAX_NOTES_CHARS {
        return Err(BadText {
            field: "notes",
            message: format!("notes can have {MAX_NOTES_CHARS} characters; shorten them"),
        });
    }
    Ok(text.to_owned())
}

/// Tags in one spelling: lower case, words joined by `-`, each once, in order.
///
/// # Errors
/// Too many, too long, or with a comma in one.
pub fn tags<S: AsRef<str>>(texts: &[S]) -> Result<Vec<String>, BadText> {
    let bad = |message: String| BadText {
        field: "tags",
        message,
    };
    let mut tags: Vec<String> = texts
        .iter()
        .map(|text| normal_tag(text.as_ref()))
        .filter(|tag| !tag.is_empty())
        .collect();
    tags.sort();
    tags.dedup();
    if tags.len() > MAX_TAGS {
        return Err(bad(format!("a run can have {MAX_TAGS} tags; leave some out")));
    }
    for tag in &tags {
        if tag.chars().count() > MAX_TAG_CHARS {
            return Err(bad(format!(
                "a tag can have {MAX_TAG_CHARS} characters; shorten \"{tag}\""
            )));
        }
        if tag.contains(',') || tag.chars().any(char::is_control) {
            return Err(bad(format!(
                "a tag has no comma in it: \"{}\"",
                tag.escape_debug()
            )));
        }
    }
    Ok(tags)
}

/// A tag's one spelling.
pub fn normal_tag(text: &str) -> String {
    text.to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("-")
}

/// Sets what is given; false if there is no such run.
pub(super) fn update(
    connection: &mut Connection,
    id: &str,
    notes: Option<&str>,
    tags: Option<&[String]>,
) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(key) = key_of(&transaction, id)? else {
        return Ok(false);
    };
    if let Some(notes) = notes {
        transaction.execute("UPDATE runs SET notes = ?2 WHERE key = ?1", params![key, notes])?;
    }
    if let Some(tags) = tags {
        transaction.execute("DELETE FROM tags WHERE run = ?1", [key])?;
        for tag in tags {
            transaction.execute("INSERT INTO tags (run, tag) VALUES (?1, ?2)", params![key, tag])?;
        }
    }
    refresh_search(&transaction, key)?;
    transaction.commit()?;
    Ok(true)
}

/// Deletes the run and gives its room back; false if there is no such run.
pub(super) fn delete(connection: &Connection, id: &str) -> rusqlite::Result<bool> {
    let deleted = connection.execute("DELETE FROM runs WHERE id = ?1", [id])?;
    give_room_back(connection)?;
    Ok(deleted > 0)
}

/// Cuts free pages off the file.
pub(super) fn give_room_back(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut rows = statement.query([])?;
    // Each step frees a page.
    while rows.next()?.is_some() {}
    Ok(())
}

fn key_of(connection: &Connection, id: &str) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT key FROM runs WHERE id = ?1")?;
    statement.query_row([id], |row| row.get(0)).optional()
}

/// Writes down what a search looks through: in lower case, by Rust, as SQLite knows that of ASCII only.
pub(super) fn refresh_search(transaction: &Transaction<'_>, key: i64) -> rusqlite::Result<()> {
    let text: String = transaction.query_row(
        "SELECT concat_ws(char(10), id, notes, (SELECT group_concat(tag, char(10)) FROM tags WHERE run = key),
             info ->> 'host', info ->> 'locustfile', info ->> 'profile') FROM runs WHERE key = ?1",
        [key],
        |row| row.get(0),
    )?;
    transaction.execute(
        "UPDATE runs SET search_text = ?2 WHERE key = ?1 AND search_text <> ?2",
        params![key, text.to_lowercase()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_one_spelling() {
        assert_eq!(
            tags(&[" Base Line", "b", "base-line", "", "Ä"]).unwrap(),
            ["b", "base-line", "ä"]
        );
        assert!(tags(&["a,b"]).unwrap_err().message.contains("no comma"));
        assert!(tags(&["x".repeat(MAX_TAG_CHARS + 1)]).is_err());
        let many: Vec<_> = (0..=MAX_TAGS).map(|n| n.to_string()).collect();
        assert!(tags(&many).unwrap_err().message.contains("leave some out"));
        assert!(notes(&"x".repeat(MAX_NOTES_CHARS + 1)).is_err());
        assert_eq!(notes(" a\nb ").unwrap(), "a\nb");
    }
}
