//! Names of things: games, versions, users, peers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?} is not valid: {rule}")]
pub struct InvalidName {
    what: &'static str,
    given: String,
    rule: &'static str,
}

/// Defines a string newtype whose invalid values can't exist, not even through serde.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(s: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> bool = $check;
                if check(s) {
                    Ok(Self(s.into()))
                } else {
                    Err(InvalidName { what: $what, given: s.chars().take(80).collect(), rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(s: String) -> Result<Self, InvalidName> {
                s.parse()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let s = std::borrow::Cow::<'de, str>::deserialize(d)?;
                s.parse().map_err(de::Error::custom)
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

name_type!(
    /// Key of a game in the catalogue.
    Slug,
    "game",
    "use 1 to 64 lower-case letters, digits and inner hyphens",
    |s| (1..=64).contains(&s.len())
        && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !s.starts_with('-')
        && !s.ends_with('-')
        && !crate::path::is_reserved_stem(s)
);

name_type!(
    /// Label of a build, unique within its game. Safe as a single path component.
    Version,
    "version",
    "use 1 to 64 letters, digits and . _ + - that start with a letter or digit and do not end with a dot",
    |s| (1..=64).contains(&s.len())
        && s.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b))
        && s.as_bytes()[0].is_ascii_alphanumeric()
        && !s.ends_with('.')
        && !s.contains("..")
        && !crate::path::is_reserved_stem(s)
);

name_type!(
    /// Name that a person signs in with.
    UserName,
    "user name",
    "use 1 to 32 lower-case letters, digits and . _ - that start with a letter or digit",
    |s| (1..=32).contains(&s.len())
        && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        && s.as_bytes()[0].is_ascii_alphanumeric()
);

name_type!(
    /// Text form of a libp2p `PeerId` with an Ed25519 key (base58, starts with `12D3KooW`).
    ///
    /// Only the shape is checked here; that the peer owns the key is proved by its TLS certificate.
    PeerName,
    "peer id",
    "expected a base58 Ed25519 peer id",
    |s| s.len() == 52 && s.starts_with("12D3KooW") && s.bytes().all(|b| b.is_ascii_alphanumeric())
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        for ok in ["a", "half-life-2", "0ad"] {
            assert!(ok.parse::<Slug>().is_ok(), "{ok}");
        }
        for bad in ["", "-a", "a-", "A", "a/b", "..", "a b", "con", "nul", "é", &"a".repeat(65)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn versions() {
        for ok in ["1.10.14", "2024-01-01", "v1_rc+3"] {
            assert!(ok.parse::<Version>().is_ok(), "{ok}");
        }
        for bad in ["", ".", "..", "1..2", "1.", ".1", "a/b", "con.1", "a b", "-1"] {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
    }
}
