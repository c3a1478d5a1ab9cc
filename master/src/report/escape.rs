//! Texts of users and targets inside other languages: nothing in them may be taken for markup.

/// For the text and the quoted attributes of XML and HTML. Characters that XML 1.0 cannot hold become `�`.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

/// For one line of Markdown, also inside a table: no markup, no HTML, no line end, no mention of anybody.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', character]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A forge would notify whoever bears the name.
            '@' => out.push_str("&#64;"),
            character if character.is_control() => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}

/// JSON inside a `<script>` element: `</script>` cannot end it and no browser takes a line separator for a line end.
pub fn json_in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(
            xml("<a b=\"c\">'&\x01\n"),
            "&lt;a b=&quot;c&quot;&gt;&#39;&amp;\u{fffd}\n"
        );
        assert_eq!(
            markdown("a|b <img> @all\n*x* `y` [l](u)"),
            "a\\|b &lt;img&gt; &#64;all \\*x\\* \\`y\\` \\[l\\](u)"
        );
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"a": "</script><!-- \u{2028} é"});
        let escaped = json_in_script(&value.to_string());
        assert!(!escaped.contains('<') && !escaped.contains('\u{2028}'));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }
}
