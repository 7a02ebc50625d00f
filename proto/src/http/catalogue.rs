//! The whole catalogue in one call: `GET /catalogue`, and with `?since=` what changed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Build, Game};
use crate::{Slug, UnixMillis};

/// Query of `GET /catalogue`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CatalogueQuery {
    /// Revision that the caller has. One that the server can't compare with gives the whole catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// A game with its builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CatalogueEntry {
    /// The game.
    pub game: Game,
    /// Builds that the caller may see, oldest first.
    pub builds: Vec<Build>,
}

/// What the caller may see of the catalogue, or what of that is other than at an earlier revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Catalogue {
    /// Stands for all that the caller may see now, at most [`crate::limits::MAX_REVISION`] bytes. It says nothing to
    /// anybody but the server, and is the same as before if nothing changed.
    pub revision: String,
    /// When the server made this; clients show the age of a cached one.
    pub as_of: UnixMillis,
    /// Whether this is all of it; otherwise it is what changed.
    pub whole: bool,
    /// All games, or those that are new or changed, by title.
    pub games: Vec<CatalogueEntry>,
    /// Games that are no longer there, or no longer for the caller.
    pub gone: Vec<Slug>,
}

impl Catalogue {
    /// What is known once `newer` has come.
    #[must_use]
    pub fn followed_by(self, mut newer: Self) -> Self {
        if newer.whole {
            return newer;
        }
        let replaced: BTreeSet<&Slug> =
            newer.gone.iter().chain(newer.games.iter().map(|e| &e.game.slug)).collect();
        let mut games = self.games;
        games.retain(|e| !replaced.contains(&e.game.slug));
        drop(replaced);
        games.append(&mut newer.games);
        games.sort_by(|a, b| (&a.game.title, &a.game.slug).cmp(&(&b.game.title, &b.game.slug)));
        Self { whole: self.whole, games, gone: Vec::new(), ..newer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(revision: &str, whole: bool, games: &[(&str, &str)], gone: &[&str]) -> Catalogue {
        let slug = |s: &str| s.parse::<Slug>().expect("a slug");
        let entry = |(s, title): &(&str, &str)| CatalogueEntry {
            game: Game {
                slug: slug(s),
                title: (*title).to_owned(),
                app_id: None,
                is_private: false,
                description: String::new(),
                cover_url: None,
                cover: None,
                by_hand: vec![],
                live: None,
                created: UnixMillis(0),
            },
            builds: vec![],
        };
        Catalogue {
            revision: revision.to_owned(),
            as_of: UnixMillis(0),
            whole,
            games: games.iter().map(entry).collect(),
            gone: gone.iter().map(|s| slug(s)).collect(),
        }
    }

    #[test]
    fn changes_are_merged_and_a_whole_one_replaces_everything() {
        let known = catalogue("1", true, &[("a", "Alpha"), ("b", "Beta"), ("c", "Gamma")], &[]);
        let changes = catalogue("2", false, &[("b", "Zeta"), ("d", "Delta")], &["c"]);
        let merged = catalogue("2", true, &[("a", "Alpha"), ("d", "Delta"), ("b", "Zeta")], &[]);
        assert_eq!(known.clone().followed_by(changes), merged);
        let nothing = catalogue("2", false, &[], &[]);
        assert_eq!(merged.clone().followed_by(nothing), merged);
        assert_eq!(merged.followed_by(known.clone()), known);
    }
}
