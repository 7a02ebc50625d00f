//! Every route of the HTTP API, said once: method, path, who may call it, what goes in, what comes out, what it is
//! refused by.
//!
//! [`table`] is the one place to read and to add them. From it follow the tracker's router and what it checks of a
//! caller, the byte router of the seeds, the calls of `api-client`, and the description of the API ([`openapi`]).

pub mod openapi;
mod payload;
mod place;
mod table;

pub use payload::{AnyJson, AsJson, Events, JsonOrNothing, Nothing, Octets, Payload, Picture, Text};
pub use place::{NoQuery, Place, Query};
pub use table::*;

use super::{TokenLevel, Topic};
use crate::claims::Scope;

/// Where the tracker's routes are.
pub const API_ROOT: &str = "/api/v1";

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads. Whoever may get something may ask for its head.
    Get,
    /// Makes something, or begins it.
    Post,
    /// Puts something in place.
    Put,
    /// Changes a part of something.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The word in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in, seeds too.
    SignedIn,
    /// People: users and admins.
    People,
    /// Admins.
    Admin,
    /// Seeds.
    Seed,
    /// Whoever shows a capability that the tracker signed for just this.
    Capability,
}

impl Access {
    /// Whether a caller of this scope may call.
    pub fn allows(self, scope: Scope) -> bool {
        self == Self::Anyone || self.scopes().contains(&scope)
    }

    /// The scopes of an access token that open it.
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Anyone | Self::Capability => &[],
            Self::SignedIn => &[Scope::User, Scope::Admin, Scope::Seed],
            Self::People => &[Scope::User, Scope::Admin],
            Self::Admin => &[Scope::Admin],
            Self::Seed => &[Scope::Seed],
        }
    }
}

/// A status of failure and the stable word that comes with it.
pub type Refusal = (u16, &'static str);

/// What stands in the table about one route, but for its types.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Name of the operation: unique, and stable for whoever makes a client from the description.
    pub id: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Under what it is listed.
    pub tag: &'static str,
    /// Method.
    pub method: Method,
    /// Path with its variable parts in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What an API token has to open for it; none if it takes more than a token.
    pub token: Option<TokenLevel>,
    /// Whether a browser has to have given its password within the last minutes.
    pub confirmed: bool,
    /// What of the admins' concerns a good answer may have changed: they hear of it.
    pub changes: Option<Topic>,
    /// Status of a good answer that carries the body of the route.
    pub status: u16,
    /// Other statuses that are no failures.
    pub also: &'static [u16],
    takes_body: bool,
    /// The largest body that it takes, in bytes.
    pub max_body: usize,
    own_refusals: &'static [Refusal],
}

impl Info {
    /// What it may be refused by.
    pub fn refusals(&self) -> Vec<Refusal> {
        let mut all = vec![(500, "internal")];
        if self.access == Access::Capability {
            all.extend([(404, "not_found"), (403, "capability_expired"), (503, "try_later")]);
        } else {
            all.push((429, "too_many_requests"));
        }
        if !self.access.scopes().is_empty() {
            all.extend([(401, "sign_in"), (401, "token_expired")]);
        }
        if matches!(self.access, Access::People | Access::Admin | Access::Seed) {
            all.push((403, "forbidden"));
        }
        if matches!(self.access, Access::SignedIn | Access::People | Access::Admin)
            && self.token != Some(TokenLevel::Read)
        {
            all.push((403, "token_level"));
        }
        if self.confirmed {
            all.push((403, "confirm_password"));
        }
        // A browser's cookie comes along whoever made the browser ask, so that what changes something is looked at twice.
        if !self.access.scopes().is_empty() && self.method != Method::Get {
            all.push((403, "cross_site"));
        }
        if self.takes_body {
            all.push((413, "too_large"));
        }
        if self.path.contains('{') {
            all.push((404, "not_found"));
        }
        all.extend_from_slice(self.own_refusals);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether a request of this method and path, whose variable parts have any value, is for this route.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let method = if method == "HEAD" { "GET" } else { method };
        let same =
            |(part, given): (&str, &str)| part == given || (part.starts_with('{') && !given.is_empty());
        method == self.method.as_str()
            && self.path.split('/').count() == path.split('/').count()
            && self.path.split('/').zip(path.split('/')).all(same)
    }
}

/// One route. Its types say what goes in and out.
pub trait Route: Copy + Send + Sync + 'static {
    /// What stands in the table about it.
    const INFO: Info;
    /// The variable parts of its path, in order.
    type Place: Place;
    /// What may stand behind the question mark.
    type Query: Query;
    /// What is sent.
    type Body: Payload;
    /// What is answered.
    type Answer: Payload;
}

/// A route of the table, whatever its types.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What stands in the table about it.
    pub info: Info,
    describe: fn(&mut openapi::Schemas) -> openapi::Shape,
}

/// The route that a request is for.
pub fn find(method: &str, path: &str) -> Option<&'static Info> {
    ALL.iter().map(|entry| &entry.info).find(|info| info.matches(method, path))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::http::SEED_ROUTER;

    #[test]
    fn no_two_routes_share_a_name_or_a_place() {
        let mut names = HashSet::new();
        let mut places = HashSet::new();
        for Entry { info, .. } in ALL {
            assert!(names.insert(info.id), "{} stands there twice", info.id);
            let shape = info.path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
            assert!(
                places.insert((info.method, shape.collect::<Vec<_>>())),
                "{} {}",
                info.method.as_str(),
                info.path
            );
        }
    }

    #[test]
    fn every_path_is_under_its_root_and_every_sentence_ends() {
        for Entry { info, .. } in ALL {
            let root = if info.access == Access::Capability { SEED_ROUTER } else { API_ROOT };
            assert!(info.path.starts_with(root) || info.path == "/healthz", "{}", info.path);
            assert!(info.summary.ends_with('.') && !info.summary.starts_with(' '), "{:?}", info.summary);
        }
    }

    #[test]
    fn every_variable_part_has_a_type() {
        for entry in ALL {
            let named = entry.info.path.matches('{').count();
            assert_eq!(entry.places(), named, "{}", entry.info.path);
        }
    }

    #[test]
    fn requests_find_their_route() {
        let id = |method, path| find(method, path).map(|info| info.id);
        assert_eq!(id("GET", "/healthz"), Some("health"));
        assert_eq!(id("HEAD", "/healthz"), Some("health"));
        assert_eq!(id("GET", "/api/v1/games/quake"), Some("getGame"));
        assert_eq!(id("DELETE", "/api/v1/games/quake/builds/1.0"), Some("removeBuild"));
        assert_eq!(id("PUT", "/seed/v1/uploads/1/parts"), Some("putPart"));
        assert_eq!(id("POST", "/healthz"), None);
        assert_eq!(id("GET", "/api/v1/games/"), None);
    }
}
