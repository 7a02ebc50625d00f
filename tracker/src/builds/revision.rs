//! What a caller who has one revision of the catalogue lacks of the present one. Pure.
//!
//! A revision names each game that the caller was shown with a digest of what was said about it. Two revisions are thus
//! compared game by game, whatever led to the difference: a build, a patch, an edit, a grant given or taken back, a
//! game removed. Nothing is kept for it, by no replica.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use mist_proto::{
    Hash, Slug, UnixMillis,
    http::{Catalogue, CatalogueEntry},
    limits::MAX_REVISION,
};

/// Begins a revision that names each game.
const EACH: &str = "1";
/// Begins a revision of too many games to name each: it only tells whether anything changed.
const ALL: &str = "0";
/// Bytes of a digest: by chance, one change in 2^48 is not seen.
const DIGEST: usize = 6;

/// Short for what is said about a game.
type Digest = [u8; DIGEST];

/// The present catalogue, or what of it is other than at `since`.
pub(super) fn changes(games: Vec<CatalogueEntry>, since: Option<&str>, as_of: UnixMillis) -> Catalogue {
    let now = Revision(games.iter().map(|e| (e.game.slug.clone(), digest(e))).collect());
    let revision = now.to_string();
    let since = since.unwrap_or_default();
    if since == revision {
        return Catalogue { revision, as_of, whole: false, games: vec![], gone: vec![] };
    }
    let Some(Revision(before)) = Revision::parse(since) else {
        return Catalogue { revision, as_of, whole: true, games, gone: vec![] };
    };
    let Revision(now) = now;
    let is_news = |e: &CatalogueEntry| before.get(&e.game.slug) != now.get(&e.game.slug);
    let games = games.into_iter().filter(is_news).collect();
    let gone = before.into_keys().filter(|slug| !now.contains_key(slug)).collect();
    Catalogue { revision, as_of, whole: false, games, gone }
}

fn digest(entry: &CatalogueEntry) -> Digest {
    // Plain words and numbers always serialise.
    short(&serde_json::to_vec(entry).unwrap_or_default())
}

fn short(bytes: &[u8]) -> Digest {
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(&Hash::of(bytes).0[..DIGEST]);
    digest
}

/// What a caller was shown of each game.
struct Revision(BTreeMap<Slug, Digest>);

impl Revision {
    /// None for what names no games: nothing, another version's, or one of too many games.
    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_REVISION {
            return None;
        }
        let mut parts = text.split('.');
        if parts.next() != Some(EACH) {
            return None;
        }
        let game = |part: &str| {
            let (slug, digest) = part.split_once('~')?;
            Some((slug.parse().ok()?, B64.decode(digest).ok()?.try_into().ok()?))
        };
        parts.map(game).collect::<Option<_>>().map(Self)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = EACH.to_owned();
        for (slug, digest) in &self.0 {
            text += &format!(".{slug}~{}", B64.encode(digest));
        }
        if text.len() > MAX_REVISION {
            text = format!("{ALL}.{}", B64.encode(short(text.as_bytes())));
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::http::Game;

    use super::*;

    fn entry(slug: &str, title: &str) -> CatalogueEntry {
        let game = Game {
            slug: slug.parse().expect("a slug"),
            title: title.to_owned(),
            app_id: None,
            is_private: false,
            description: String::new(),
            cover_url: None,
            cover: None,
            by_hand: vec![],
            live: None,
            created: UnixMillis(0),
        };
        CatalogueEntry { game, builds: vec![] }
    }

    fn ask(games: &[CatalogueEntry], since: Option<&str>) -> Catalogue {
        changes(games.to_vec(), since, UnixMillis(7))
    }

    #[test]
    fn changes_and_what_is_gone_since_a_revision() {
        let first = ask(&[entry("a", "A"), entry("b", "B"), entry("c", "C")], None);
        assert!(first.whole);
        let now = [entry("a", "A"), entry("c", "C2"), entry("d", "D")];
        let change = ask(&now, Some(&first.revision));
        assert_eq!((change.whole, &change.games[..]), (false, &now[1..]));
        assert_eq!(change.gone, ["b".parse().expect("a slug")]);
        let whole = ask(&now, None);
        assert_eq!(first.followed_by(change), whole);
        let same = ask(&now, Some(&whole.revision));
        assert_eq!((same.whole, same.games.len(), same.gone.len()), (false, 0, 0));
        assert_eq!(same.revision, whole.revision);
    }

    #[test]
    fn what_is_no_revision_gives_everything() {
        let games = [entry("a", "A")];
        let whole = ask(&games, None);
        let long = format!("{}{}", whole.revision, ".a~AAAAAAAA".repeat(1000));
        for since in ["", "2.a~AAAAAAAA", "1.a", "1.a~AAAA", "1.UPPER~AAAAAAAA", "1.", "0.AAAAAAAA", &long] {
            assert_eq!(ask(&games, Some(since)), whole, "{since}");
        }
        let all_new = ask(&games, Some("1"));
        assert_eq!((all_new.whole, all_new.games.len()), (false, 1), "whoever saw no games lacks them all");
    }

    #[test]
    fn of_too_many_games_a_revision_tells_only_that_nothing_changed() {
        let mut games: Vec<_> = (0..1000).map(|n| entry(&format!("game-{n}"), "G")).collect();
        let whole = ask(&games, None);
        assert!(whole.revision.len() <= MAX_REVISION);
        assert_eq!(ask(&games, Some(&whole.revision)).games.len(), 0);
        games[500] = entry("game-500", "another title");
        let changed = ask(&games, Some(&whole.revision));
        assert_eq!((changed.whole, changed.games.len()), (true, 1000));
        // A few hundred games fit.
        let few = ask(&games[..300], None);
        assert!(few.revision.starts_with("1.") && few.revision.len() <= MAX_REVISION);
    }
}
