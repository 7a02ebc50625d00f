//! Names of things: games, versions, users, peers.

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?} is not valid: {rule}")]
pub struct InvalidName {
    what: &'static str,
    given: String,
    rule: &'static str,
}

impl InvalidName {
    pub(crate) fn new(what: &'static str, given: &str, rule: &'static str) -> Self {
        Self { what, given: given.chars().take(80).collect(), rule }
    }
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

        impl std::str::FromStr for $name {
            type Err = $crate::ids::InvalidName;

            fn from_str(s: &str) -> Result<Self, $crate::ids::InvalidName> {
                let check: fn(&str) -> bool = $check;
                if check(s) {
                    Ok(Self(s.into()))
                } else {
                    Err($crate::ids::InvalidName::new($what, s, $rule))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ids::InvalidName;
            fn try_from(s: String) -> Result<Self, $crate::ids::InvalidName> {
                s.parse()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let s = <std::borrow::Cow::<'de, str> as serde::Deserialize>::deserialize(d)?;
                s.parse().map_err(serde::de::Error::custom)
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

pub(crate) use name_type;

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

name_type!(
    /// Id of a seed's store, which the store's marker carries: whoever opens the folder finds the same one.
    StoreId,
    "store id",
    "expected 32 hexadecimal digits in lower case",
    |s| s.len() == 32 && s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_ids() {
        assert!("0123456789abcdef0123456789abcdef".parse::<StoreId>().is_ok());
        for bad in
            ["", "0123", &"A".repeat(32), &"g".repeat(32), &"a".repeat(33), &format!("{}\n", "a".repeat(31))]
        {
            assert!(bad.parse::<StoreId>().is_err(), "{bad}");
        }
    }

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
