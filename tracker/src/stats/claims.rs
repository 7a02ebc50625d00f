//! Which seed may use which store: a store is one copy of what it holds, whoever looks at it, and only one seed may tidy it.

use mist_proto::{
    UnixMillis,
    http::{Seed, StoreStats},
    ids::StoreId,
};

use super::Overview;
use crate::{
    db,
    error::{Answer, Problem},
    shared::stores::{STALE_MILLIS, Unheard, Word, Words},
};

/// What a seed is told whose store is not its own, by code.
const IN_USE: &str = "store_in_use";

/// Takes note of a seed's word, if nobody else uses its store. Otherwise the seed is told so, and what the operator sees of it is that its
/// store is not usable, and why.
pub(super) async fn note(overview: &Overview, word: Word) -> Answer<()> {
    let refused = match doubt(overview, &word).await? {
        Some(why) => why,
        None => match overview.stores.note(word.clone()).await {
            Ok(()) => return Ok(()),
            Err(Unheard::Away(away)) => return Err(away.into()),
            Err(Unheard::InUse(user)) => in_use(&name_of(overview, &user).await?, word.stats.store.as_ref()),
        },
    };
    // It holds nothing by this word, so that nobody minds it.
    let told = Word { stats: without_store(word.stats, refused.clone()), at: word.at };
    match overview.stores.note(told).await {
        Err(Unheard::Away(away)) => Err(away.into()),
        Ok(()) | Err(Unheard::InUse(_)) => Err(Problem::conflict(IN_USE, refused)),
    }
}

/// Why it can't be known yet whether somebody else uses a store that a seed takes over.
async fn doubt(overview: &Overview, word: &Word) -> Answer<Option<String>> {
    if !word.stats.takes_over || word.stats.store.is_none() {
        return Ok(None);
    }
    let mut tx = overview.records.read().await?;
    let seeds = db::seeds::list(&mut tx).await?;
    let words = overview.stores.words().await?;
    let unheard = unheard(&seeds, &words, &word.stats.seed, word.at);
    Ok(unheard.map(|seed| {
        format!(
            "it can't be known yet whether the seed {} uses this store, as this server has just started and has not heard from it \
             again: nothing is to be done, this is asked again and known within 90 s",
            seed.name
        )
    }))
}

/// A seed that may use any store, as far as the words tell: its last one was lost with the server that heard it. Pure.
fn unheard<'a>(seeds: &'a [Seed], words: &Words, asker: &str, now: UnixMillis) -> Option<&'a Seed> {
    let was_here = |seed: &&Seed| seed.last_seen.is_some_and(|seen| now.since(seen) < STALE_MILLIS);
    seeds.iter().filter(was_here).find(|seed| seed.id != asker && !words.is_heard(&seed.id, now))
}

async fn name_of(overview: &Overview, id: &str) -> Answer<String> {
    let mut tx = overview.records.read().await?;
    Ok(db::seeds::by_id(&mut tx, id).await?.map_or_else(|| id.to_owned(), |seed| seed.name.to_string()))
}

fn in_use(user: &str, store: Option<&StoreId>) -> String {
    let id = store.map_or_else(String::new, |store| format!(" (store-id {store})"));
    format!(
        "its folder is the store that the seed {user} uses{id}: give each seed a folder of its own, or end {user}, and this seed takes \
         the store over 90 s later"
    )
}

fn without_store(stats: StoreStats, why: String) -> StoreStats {
    StoreStats { ok: false, problem: Some(why), store: None, takes_over: false, rotten: Vec::new(), ..stats }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(id: &str, last_seen: Option<i64>) -> Seed {
        let name = id.parse().expect("a name");
        let (created, last_seen) = (UnixMillis(0), last_seen.map(UnixMillis));
        Seed { id: id.into(), name, created, last_seen, public_url: None }
    }

    #[test]
    fn who_was_here_a_moment_ago_is_waited_for_and_nobody_else() {
        let now = UnixMillis(1_000_000);
        let gone = now.0 - STALE_MILLIS;
        let seeds = [
            seed("asker", Some(now.0)),
            seed("new", None),
            seed("gone", Some(gone)),
            seed("cellar", Some(gone + 1)),
        ];
        let waited_for = |words: &Words| unheard(&seeds, words, "asker", now).map(|seed| seed.id.as_str());
        assert_eq!(waited_for(&Words::default()), Some("cellar"));
        let said = StoreStats { seed: "cellar".into(), ..StoreStats::default() };
        assert_eq!(waited_for(&Words(vec![Word { stats: said, at: now }])), None, "whatever it said");
    }
}
