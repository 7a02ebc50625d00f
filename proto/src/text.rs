//! Texts that people and programs write and that others read on their screens: bounded, and without what would move a
//! terminal's cursor, turn the text around or hide in it.
//!
//! Bodies of requests carry them as types, so that no handler sees another text. A [`Title`], a [`Description`] and a
//! [`PictureUrl`] are refused if they are not valid, because somebody who can type them again reads the answer. A
//! [`DeviceName`] and a [`Remark`] come from programs and are cleaned instead: a job must be able to fail whatever its
//! error says. What a server has stored before is not looked at again; whoever shows it escapes it.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::name_type;

/// The longest [`Title`], in bytes.
pub const MAX_TITLE: usize = 200;
/// The longest [`Description`], in bytes.
pub const MAX_DESCRIPTION: usize = 20_000;
/// The longest [`Notes`], in bytes.
pub const MAX_NOTES: usize = 4000;
/// The longest [`PictureUrl`], in bytes.
pub const MAX_URL: usize = 2000;
/// The longest [`DeviceName`], in characters.
pub const MAX_DEVICE: usize = 64;
/// The longest [`Label`], in characters.
pub const MAX_LABEL: usize = 64;
/// The longest [`Remark`], in characters.
pub const MAX_REMARK: usize = 2000;

/// Whether a character may stand in a line of text: no control character, no separator of lines, nothing that turns the
/// text after it around, and no character that is none.
pub fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}')
        && (c as u32 & 0xfffe) != 0xfffe
}

/// Whether a character may stand in a text of several lines.
fn is_plain_or_line(c: char) -> bool {
    is_plain(c) || matches!(c, '\n' | '\t')
}

/// The text in one line of at most `most` characters, a space for each run of what may not stand in it.
pub fn cleaned(text: &str, most: usize) -> String {
    let mut out = String::new();
    for c in text.trim().chars() {
        if is_plain(c) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    let end = out.char_indices().nth(most).map_or(out.len(), |(at, _)| at);
    out.truncate(end);
    out.trim().to_owned()
}

name_type!(
    /// Title of a game.
    Title,
    "title",
    "use 1 to 200 bytes in one line, without control characters or marks that turn text around",
    |s| !s.trim().is_empty() && s.len() <= MAX_TITLE && s.chars().all(is_plain)
);

name_type!(
    /// A paragraph or several about a game.
    Description,
    "description",
    "use at most 20000 bytes, without control characters (but line ends and tabs) or marks that turn text around",
    |s| s.len() <= MAX_DESCRIPTION && s.chars().all(is_plain_or_line)
);

name_type!(
    /// What is new in a build.
    Notes,
    "notes",
    "use at most 4000 bytes, without control characters (but line ends and tabs) or marks that turn text around",
    |s| s.len() <= MAX_NOTES && s.chars().all(is_plain_or_line)
);

name_type!(
    /// Address of a picture; an empty one stands for none.
    PictureUrl,
    "cover",
    "use an http or https address of at most 2000 bytes, or nothing",
    |s| s.is_empty()
        || (s.len() <= MAX_URL
            && (s.starts_with("https://") || s.starts_with("http://"))
            && s.chars().all(|c| is_plain(c) && c != ' '))
);

impl Title {
    /// What somebody else calls it, cleaned and cut; none if nothing is left.
    pub fn cleaned(text: &str) -> Option<Self> {
        cut(cleaned(text, MAX_TITLE), MAX_TITLE).parse().ok()
    }
}

impl Description {
    /// What somebody else says, cleaned and cut.
    pub fn cleaned(text: &str) -> Self {
        let plain: String = text.chars().filter(|c| is_plain_or_line(*c)).collect();
        Self(cut(plain, MAX_DESCRIPTION).into())
    }
}

/// The text, of at most `most` bytes.
fn cut(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    text
}

/// Defines a text that is cleaned instead of refused.
macro_rules! cleaned_type {
    ($(#[$doc:meta])* $name:ident, $most:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(cleaned(text, $most))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                text.as_str().into()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Ok(Cow::<'de, str>::deserialize(d)?.as_ref().into())
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($rule))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

cleaned_type!(
    /// What a device is called, e.g. by the name of its host.
    DeviceName,
    MAX_DEVICE,
    "cleaned to one line of 64 characters"
);

cleaned_type!(
    /// What somebody calls a thing of theirs in a list, e.g. a token.
    Label,
    MAX_LABEL,
    "cleaned to one line of 64 characters"
);

cleaned_type!(
    /// What a program says about its work.
    Remark,
    MAX_REMARK,
    "cleaned to one line of 2000 characters"
);

#[cfg(test)]
mod tests {
    use super::*;

    /// An escape sequence, a bell, line ends, a delete, a C1 control, an override, an isolate, a byte-order mark.
    const ODD: [&str; 9] = [
        "a\u{1b}[2Jb",
        "a\u{7}b",
        "a\nb",
        "a\u{7f}b",
        "a\u{9b}2Jb",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{feff}b",
        "a\u{2028}b",
    ];

    #[test]
    fn what_moves_or_turns_text_is_refused() {
        for odd in ODD {
            assert!(odd.parse::<Title>().is_err(), "{odd:?}");
            assert_eq!(odd.parse::<Description>().is_ok(), odd == "a\nb", "{odd:?}");
            assert!(format!("https://x/{odd}").parse::<PictureUrl>().is_err(), "{odd:?}");
            assert!(serde_json::from_value::<Title>(odd.into()).is_err(), "{odd:?}");
            let refusal = odd.parse::<Title>().expect_err("refused").to_string();
            assert!(refusal.chars().all(is_plain), "a refusal shows it escaped: {refusal:?}");
        }
    }

    #[test]
    fn titles_of_all_languages_pass_up_to_their_bound() {
        for ok in ["Half-Life 2", "Ведьмак 3", "می‌خواهم", "❤️ 👩‍🚀", "שלום\u{200f}", &"x".repeat(MAX_TITLE)]
        {
            assert!(ok.parse::<Title>().is_ok(), "{ok}");
        }
        for bad in ["", "  ", &"x".repeat(MAX_TITLE + 1)] {
            assert!(bad.parse::<Title>().is_err(), "{bad}");
        }
        assert!("".parse::<Description>().is_ok() && "".parse::<PictureUrl>().is_ok());
        assert!("a\n\n\tb".parse::<Description>().is_ok());
        for bad in
            ["x.jpg", "javascript:alert(1)", "https://x/a b", &format!("http://{}", "x".repeat(MAX_URL))]
        {
            assert!(bad.parse::<PictureUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_programs_say_is_cleaned() {
        for odd in ODD {
            let said = serde_json::from_value::<Remark>(odd.into()).expect("never refused");
            assert!(
                said.as_str().starts_with("a ") && said.as_str().chars().all(is_plain),
                "{odd:?}: {said}"
            );
        }
        assert_eq!(DeviceName::from("\u{1b}\u{7} pc \n").as_str(), "pc");
        assert_eq!(DeviceName::from("é".repeat(99)).as_str().chars().count(), MAX_DEVICE);
        assert_eq!(Remark::from("").as_str(), "");
        assert_eq!(Title::cleaned(" Pörtal\u{1b}[2J\n").expect("a title").as_str(), "Pörtal [2J");
        assert_eq!(Title::cleaned(&"ü".repeat(500)).expect("a title").as_str().len(), MAX_TITLE);
        assert_eq!(Title::cleaned("\u{1b}"), None);
        assert_eq!(Description::cleaned("a\u{202e}\nb").as_str(), "a\nb");
    }
}
