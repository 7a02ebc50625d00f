//! Characters that can't be seen and that some names need all the same: joiners of emoji, variation selectors, joiners of
//! Persian and of scripts of India, and the tags of flags.
//!
//! They are taken where Unicode gives them a meaning, and nowhere else: joiners as rules A1, A2 and B of UAX #31 (2.3.1)
//! say, in emoji as UTS #51 builds sequences, selectors behind what has variants. What breaks a rule is refused by
//! [`crate::RelPath`] like every other character that hides.

use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const BLACK_FLAG: char = '\u{1f3f4}';
const TAG_END: char = '\u{e007f}';

/// Whether a character has a meaning in some places only; see [`misplaced`].
pub(crate) fn is_contextual(c: char) -> bool {
    matches!(c, ZWNJ | ZWJ | TEXT_STYLE | EMOJI_STYLE | '\u{180b}'..='\u{180d}' | '\u{e0100}'..='\u{e01ef}')
        || is_tag(c)
}

/// The first of those characters in a component of a path that stands where it has no meaning.
pub(crate) fn misplaced(component: &str) -> Option<char> {
    if !component.chars().any(is_contextual) {
        return None;
    }
    let chars: Vec<char> = component.chars().collect();
    let at = (0..chars.len()).find(|&at| is_contextual(chars[at]) && !has_meaning(&chars, at))?;
    Some(chars[at])
}

fn has_meaning(chars: &[char], at: usize) -> bool {
    let (before, after) = (&chars[..at], &chars[at + 1..]);
    let previous = before.last().copied().unwrap_or_default();
    match chars[at] {
        TEXT_STYLE | EMOJI_STYLE => is_emoji(previous) || matches!(previous, '#' | '0'..='9' | '©' | '®'),
        '\u{180b}'..='\u{180d}' => matches!(previous, '\u{1820}'..='\u{18aa}'),
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(previous),
        ZWJ => joins_emoji(before, after) || follows_virama(before),
        ZWNJ => follows_virama(before) || divides_cursive(before, after),
        c if is_tag(c) => is_in_flag(before, c, after),
        _ => false,
    }
}

/// Whether a joiner stands between two emoji, the first one perhaps with its style and the colour of a skin.
fn joins_emoji(before: &[char], after: &[char]) -> bool {
    let modifier = |c: &&char| matches!(**c, EMOJI_STYLE | '\u{1f3fb}'..='\u{1f3ff}');
    let first = before.iter().rev().take(3).find(|c| !modifier(c));
    let second = after.first();
    first.is_some_and(|c| is_emoji(*c)) && second.is_some_and(|c| is_emoji(*c) && !modifier(&c))
}

/// Rules A2 and B: a letter, perhaps with marks, and a virama.
fn follows_virama(before: &[char]) -> bool {
    const VIRAMA: u8 = 9;
    before.last().is_some_and(|c| canonical_combining_class(*c) == VIRAMA)
        && before.iter().rev().find(|c| !is_combining_mark(**c)).is_some_and(|c| c.is_alphabetic())
}

/// Rule A1: between two letters of a script whose letters join, marks aside.
fn divides_cursive(before: &[char], after: &[char]) -> bool {
    let joining = |c: Option<&char>| c.is_some_and(|c| is_cursive(*c));
    joining(before.iter().rev().find(|c| !is_combining_mark(**c)))
        && joining(after.iter().find(|c| !is_combining_mark(**c)))
}

/// Whether a tag belongs to a flag: a black flag, three to six tags of letters and digits, and the end.
fn is_in_flag(before: &[char], tag: char, after: &[char]) -> bool {
    let start = before.iter().rposition(|c| !is_tag(*c));
    let Some(start) = start.filter(|&start| before[start] == BLACK_FLAG) else { return false };
    let mut tags: Vec<char> = before[start + 1..].to_vec();
    tags.push(tag);
    tags.extend(after.iter().take_while(|c| is_tag(**c)));
    let Some((&TAG_END, region)) = tags.split_last() else { return false };
    let is_word = |c: &char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    (3..=6).contains(&region.len()) && region.iter().all(is_word)
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..=TAG_END)
}

/// Blocks in which emoji are; their other characters are symbols and pictures too.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}'
        | '\u{24c2}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Letters of scripts that join: Arabic, Syriac, N'Ko, Mongolian and their like.
fn is_cursive(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c,
            '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6ff}' | '\u{710}'..='\u{77f}' | '\u{7ca}'..='\u{7ea}'
            | '\u{840}'..='\u{8c9}' | '\u{1820}'..='\u{18aa}' | '\u{a840}'..='\u{a871}' | '\u{10ac0}'..='\u{10aef}'
            | '\u{10d00}'..='\u{10d23}' | '\u{1e900}'..='\u{1e943}')
}

/// What Unicode calls a character that hides, to be told to people.
pub(crate) fn name_of(code: u32) -> &'static str {
    match code {
        0x0000..=0x001f | 0x007f..=0x009f => " CONTROL",
        0x00ad => " SOFT HYPHEN",
        0x061c | 0x200e | 0x200f => " DIRECTIONAL MARK",
        0x200b => " ZERO WIDTH SPACE",
        0x200c => " ZERO WIDTH NON-JOINER",
        0x200d => " ZERO WIDTH JOINER",
        0x2028 | 0x2029 => " LINE OR PARAGRAPH SEPARATOR",
        0x202a..=0x202e | 0x2066..=0x2069 => " DIRECTIONAL OVERRIDE, EMBEDDING OR ISOLATE",
        0x2060 => " WORD JOINER",
        0xfe00..=0xfe0f | 0x180b..=0x180f | 0xe0100..=0xe01ef => " VARIATION SELECTOR",
        0xfeff => " BYTE ORDER MARK",
        0xe0000..=0xe007f => " TAG",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_need_what_can_not_be_seen() {
        for ok in [
            "\u{2764}\u{fe0f}",           // ❤️
            "1\u{fe0f}\u{20e3}",          // 1️⃣
            "\u{1f469}\u{200d}\u{1f680}", // 👩‍🚀
            "\u{1f469}\u{1f3fd}\u{200d}\u{2764}\u{fe0f}\u{200d}\u{1f468}\u{1f3fb}",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} mod", // 🏳️‍🌈
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}", // Scotland
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}.txt", // Persian
            "\u{0d28}\u{0d4d}\u{200d}",               // Malayalam, an old chillu
            "\u{0915}\u{094d}\u{200c}\u{0937}",       // Hindi
            "\u{845b}\u{e0100}",                      // 葛󠄀
            "\u{1820}\u{180b}",                       // Mongolian
            "plain",
        ] {
            assert_eq!(misplaced(ok), None, "{}", ok.escape_unicode());
        }
    }

    #[test]
    fn what_hides_without_a_meaning_is_found() {
        for (bad, found) in [
            ("a\u{200d}b", ZWJ),
            ("\u{200d}\u{1f680}", ZWJ),
            ("\u{1f680}\u{200d}", ZWJ),
            ("\u{1f680}\u{200d}a", ZWJ),
            ("\u{1f680}\u{200d}\u{200d}\u{1f680}", ZWJ),
            ("\u{1f680}\u{200d}\u{fe0f}", ZWJ),
            ("a\u{200c}b", ZWNJ),
            ("\u{645}\u{200c}", ZWNJ),
            ("\u{645}\u{200c}\u{200c}\u{645}", ZWNJ),
            ("\u{94d}\u{200d}", ZWJ),
            ("a\u{fe0f}", EMOJI_STYLE),
            ("\u{2764}\u{fe0f}\u{fe0f}", EMOJI_STYLE),
            ("a\u{e0100}", '\u{e0100}'),
            ("\u{1f3f4}\u{e0067}\u{e007f}", '\u{e0067}'),
            ("\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}", '\u{e0067}'),
            ("x\u{e0067}\u{e0062}\u{e0073}\u{e007f}", '\u{e0067}'),
        ] {
            assert_eq!(misplaced(bad), Some(found), "{}", bad.escape_unicode());
        }
    }
}
