//! Texts of others, as they may be shown.
//!
//! A title or a message of a server is written by somebody else. On a terminal it could move the cursor, ring, rename the
//! window, or turn the direction of all that follows. What does that is shown as an escape (`\u{1b}`) and does nothing.

use std::borrow::Cow;

/// Whether a character changes how others are shown, or ends the line, in place of being shown itself.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Marks, embeddings, overrides and isolates of the direction.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Ends of lines and paragraphs, invisible marks and tags.
            | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn replaced(text: &str, acts: impl Fn(char) -> bool, show: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) { show(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn as_escape(out: &mut String, c: char) {
    out.extend(c.escape_default());
}

/// The text in one line, in which nothing acts on a terminal.
pub fn escaped(text: &str) -> Cow<'_, str> {
    replaced(text, acts, as_escape)
}

/// The same for text of several lines.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c != '\n' && acts(c), as_escape)
}

/// The same for a line of JSON, which stays the same to whoever reads it as such.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    // In a line of JSON such characters stand within strings only.
    replaced(
        json,
        |c| c != '\n' && acts(c),
        |out, c| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        },
    )
}

/// The first `most` characters of a text, with a mark where there were more.
pub fn clipped(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", &text[..end]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_and_does_nothing() {
        for (text, shown) in [
            ("plain", "plain"),
            (
                "Grüße, 世界, \u{1f469}\u{200d}\u{1f680}, نمی\u{200c}خواهم",
                "Grüße, 世界, \u{1f469}\u{200d}\u{1f680}, نمی\u{200c}خواهم",
            ),
            ("\x1b]0;title\x07", r"\u{1b}]0;title\u{7}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\r\nb\tc\u{7f}", r"a\r\nb\tc\u{7f}"),
            ("exe.\u{202e}gpj", r"exe.\u{202e}gpj"),
            ("\u{2066}\u{200f}\u{2028}\u{feff}\u{e0041}", r"\u{2066}\u{200f}\u{2028}\u{feff}\u{e0041}"),
        ] {
            assert_eq!(escaped(text), shown);
        }
        assert_eq!(escaped_lines("a\nb\x1b"), "a\nb\\u{1b}");
        assert!(matches!(escaped("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_stays_the_same_to_programs() {
        let text = "\u{202e}\u{9b}\u{e0041}x";
        let json = format!("\"{text}\"");
        assert_eq!(escaped_json(&json), r#""\u202e\u009b\udb40\udc41x""#);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clipped("héé", 3), "héé");
        assert_eq!(clipped("héééé", 3), "hé…");
        assert_eq!(clipped("ab", 0), "…");
    }
}
