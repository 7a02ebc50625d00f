//! Which seeds have a game, and what each has of its builds.
//!
//! The seeds of a game and of a build are listed in one order, oldest first: whoever needs one of them takes the first
//! that will do, so that everybody takes the same.

use mist_proto::{
    Slug, UnixMillis, Version,
    http::{Keeping, KeptBuild},
};

use super::{DbError, Tx, builds::BuildRow, count, int};

/// What a seed has of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The build.
    pub build_id: String,
    /// The seed.
    pub seed_id: String,
    /// How it keeps the files.
    pub kept: Keeping,
    /// Size of the compressed archive, if it has one at hand.
    pub archive_stored: Option<u64>,
}

impl Copy {
    /// Whether the seed has it.
    fn is_there(&self) -> bool {
        self.kept != Keeping::Lost
    }

    /// Whether a push that follows `build`, which this is a copy of, finds it here. One that is lost everywhere may come with the push.
    pub fn can_serve_push(&self, build: &BuildRow) -> bool {
        self.is_there() || build.kept == Keeping::Lost
    }
}

row! {
    struct Row {
        build_id: String,
        seed_id: String,
        kept: Keeping as String,
        archive_stored: Option<i64>,
    }
}

impl From<Row> for Copy {
    fn from(r: Row) -> Self {
        let archive_stored = r.archive_stored.map(count);
        Self { build_id: r.build_id, seed_id: r.seed_id, kept: r.kept, archive_stored }
    }
}

/// Writes the rows of what a release wrote that knew of one seed a game.
pub async fn fill(tx: &mut Tx) -> Result<(), DbError> {
    let games = "INSERT INTO game_seeds (game_id, seed_id, since) \
                 SELECT g.id, g.seed_id, g.created FROM games g JOIN seeds s ON s.id = g.seed_id \
                 WHERE NOT EXISTS (SELECT 1 FROM game_seeds k WHERE k.game_id = g.id)";
    let builds = "INSERT INTO build_seeds (build_id, seed_id, kept, archive_stored) \
                  SELECT b.id, g.seed_id, b.kept, b.archive_stored \
                  FROM builds b JOIN games g ON g.id = b.game_id JOIN seeds s ON s.id = g.seed_id \
                  WHERE NOT EXISTS (SELECT 1 FROM build_seeds k WHERE k.build_id = b.id)";
    execute!(tx, games)?;
    execute!(tx, builds)?;
    Ok(())
}

/// Gives a game one more seed.
pub async fn add_game(tx: &mut Tx, game: &str, seed: &str, now: UnixMillis) -> Result<(), DbError> {
    let sql = "INSERT INTO game_seeds (game_id, seed_id, since) VALUES ($1, $2, $3) \
               ON CONFLICT (game_id, seed_id) DO NOTHING";
    execute!(tx, sql, game, seed, now.0)?;
    // A release that knows of one seed a game reads this.
    execute!(tx, "UPDATE games SET seed_id = $2 WHERE id = $1 AND seed_id IS NULL", game, seed)?;
    Ok(())
}

/// The seeds of a game.
pub async fn of_game(tx: &mut Tx, game: &str) -> Result<Vec<String>, DbError> {
    let sql = "SELECT seed_id FROM game_seeds WHERE game_id = $1 ORDER BY since, seed_id";
    let rows = fetch!(fetch_all, tx, (String,), sql, game)?;
    Ok(rows.into_iter().map(|(seed,)| seed).collect())
}

/// Number of games that a seed has.
pub async fn games_on(tx: &mut Tx, seed: &str) -> Result<i64, DbError> {
    Ok(fetch!(fetch_one, tx, (i64,), "SELECT COUNT(*) FROM game_seeds WHERE seed_id = $1", seed)?.0)
}

/// Notes that a seed has a build, or takes it.
pub async fn add_build(tx: &mut Tx, build: &str, seed: &str) -> Result<(), DbError> {
    add_copy(tx, build, seed, Keeping::Whole).await
}

/// Notes that a seed is to have a build, which it has not yet.
pub async fn add_build_to_come(tx: &mut Tx, build: &str, seed: &str) -> Result<(), DbError> {
    add_copy(tx, build, seed, Keeping::Lost).await
}

async fn add_copy(tx: &mut Tx, build: &str, seed: &str, kept: Keeping) -> Result<(), DbError> {
    let sql = "INSERT INTO build_seeds (build_id, seed_id, kept) VALUES ($1, $2, $3) \
               ON CONFLICT (build_id, seed_id) DO NOTHING";
    execute!(tx, sql, build, seed, kept.as_str())?;
    Ok(())
}

/// What the seeds have of a build: those that have lost it, or have it not yet, last.
pub async fn of_build(tx: &mut Tx, build: &str) -> Result<Vec<Copy>, DbError> {
    let sql = "SELECT c.build_id, c.seed_id, c.kept, c.archive_stored FROM build_seeds c \
               JOIN builds b ON b.id = c.build_id \
               LEFT JOIN game_seeds g ON g.game_id = b.game_id AND g.seed_id = c.seed_id \
               WHERE c.build_id = $1 \
               ORDER BY CASE WHEN c.kept = 'lost' THEN 1 ELSE 0 END, COALESCE(g.since, 0), c.seed_id";
    let rows = fetch!(fetch_all, tx, Row, sql, build)?;
    Ok(rows.into_iter().map(Copy::from).collect())
}

/// What one seed has of a game's builds.
pub async fn on_seed(tx: &mut Tx, game: &str, seed: &str) -> Result<Vec<Copy>, DbError> {
    let sql = "SELECT c.build_id, c.seed_id, c.kept, c.archive_stored FROM build_seeds c \
               JOIN builds b ON b.id = c.build_id WHERE b.game_id = $1 AND c.seed_id = $2";
    let rows = fetch!(fetch_all, tx, Row, sql, game, seed)?;
    Ok(rows.into_iter().map(Copy::from).collect())
}

/// The first seed that has a build.
pub async fn first_with(tx: &mut Tx, build: &str) -> Result<Option<String>, DbError> {
    Ok(of_build(tx, build).await?.into_iter().next().map(|copy| copy.seed_id))
}

/// The first seed that has both of two builds.
pub async fn first_with_both(tx: &mut Tx, one: &str, other: &str) -> Result<Option<String>, DbError> {
    Ok(seeds_with(tx, &[one, other]).await?.into_iter().next())
}

/// The seeds that have all of some builds.
pub async fn seeds_with(tx: &mut Tx, builds: &[impl AsRef<str>]) -> Result<Vec<String>, DbError> {
    let mut able: Option<Vec<String>> = None;
    for build in builds {
        let copies = of_build(tx, build.as_ref()).await?.into_iter().filter(Copy::is_there);
        let here: Vec<String> = copies.map(|copy| copy.seed_id).collect();
        able = Some(match able {
            None => here,
            Some(able) => able.into_iter().filter(|seed| here.contains(seed)).collect(),
        });
    }
    Ok(able.unwrap_or_default())
}

/// Builds that no other seed has.
pub async fn only_on(tx: &mut Tx, seed: &str) -> Result<Vec<(Slug, Version)>, DbError> {
    let sql = "SELECT g.slug, b.version FROM build_seeds c JOIN builds b ON b.id = c.build_id JOIN games g ON g.id = b.game_id \
               WHERE c.seed_id = $1 AND c.kept <> 'lost' AND NOT EXISTS \
               (SELECT 1 FROM build_seeds o WHERE o.build_id = c.build_id AND o.seed_id <> $1 AND o.kept <> 'lost') \
               ORDER BY g.slug, b.sequence";
    let rows = fetch!(fetch_all, tx, (String, String), sql, seed)?;
    let read = |(game, version): (String, String)| {
        let corrupt = |source| DbError::Corrupt { what: "games.slug or builds.version", source };
        let game = game.parse::<Slug>().map_err(|e| corrupt(Box::new(e)))?;
        Ok((game, version.parse::<Version>().map_err(|e| corrupt(Box::new(e)))?))
    };
    rows.into_iter().map(read).collect()
}

/// Lets a seed have nothing any more. Builds that no other seed was to have are to come to `heir` then, if there is one.
pub async fn drop_seed(tx: &mut Tx, seed: &str, heir: Option<&str>, now: UnixMillis) -> Result<(), DbError> {
    let sql = "SELECT DISTINCT b.id, b.game_id FROM build_seeds c JOIN builds b ON b.id = c.build_id WHERE c.seed_id = $1";
    let builds = fetch!(fetch_all, tx, (String, String), sql, seed)?;
    let games = fetch!(fetch_all, tx, (String,), "SELECT game_id FROM game_seeds WHERE seed_id = $1", seed)?;
    execute!(tx, "DELETE FROM build_seeds WHERE seed_id = $1", seed)?;
    execute!(tx, "DELETE FROM game_seeds WHERE seed_id = $1", seed)?;
    for (game,) in &games {
        let sql = "UPDATE games SET seed_id = \
                   (SELECT MIN(seed_id) FROM game_seeds WHERE game_id = $1) WHERE id = $1 AND seed_id = $2";
        execute!(tx, sql, game, seed)?;
    }
    for (build, game) in &builds {
        if of_build(tx, build).await?.is_empty()
            && let Some(heir) = heir
        {
            add_game(tx, game, heir, now).await?;
            add_build_to_come(tx, build, heir).await?;
        }
        note_best(tx, build).await?;
        let sql = "UPDATE builds SET archive_stored = \
                   (SELECT MAX(archive_stored) FROM build_seeds WHERE build_id = $1) WHERE id = $1";
        execute!(tx, sql, build)?;
    }
    Ok(())
}

/// Lets another seed take a build that is not there yet.
pub async fn move_build(tx: &mut Tx, build: &str, from: &str, to: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM build_seeds WHERE build_id = $1 AND seed_id = $2", build, from)?;
    add_build(tx, build, to).await
}

/// Writes how the seed that keeps a build best keeps it.
async fn note_best(tx: &mut Tx, build: &str) -> Result<(), DbError> {
    let copies = of_build(tx, build).await?;
    let best = copies.iter().map(|copy| copy.kept).min().unwrap_or(Keeping::Lost);
    execute!(tx, "UPDATE builds SET kept = $2 WHERE id = $1", build, best.as_str())?;
    Ok(())
}

/// Writes how a seed keeps builds of a game. Builds that are not there are left out.
pub async fn set_kept(tx: &mut Tx, game: &str, seed: &str, kept: &[KeptBuild]) -> Result<(), DbError> {
    let sql = "UPDATE build_seeds SET kept = $4 WHERE seed_id = $2 AND kept <> $4 \
               AND build_id IN (SELECT id FROM builds WHERE game_id = $1 AND version = $3)";
    for build in kept {
        let (version, keeping) = (build.version.as_str(), build.keeping.as_str());
        if execute!(tx, sql, game, seed, version, keeping)? > 0
            && let Some(build) = super::builds::by_version(tx, game, &build.version).await?
        {
            note_best(tx, &build.id).await?;
        }
    }
    Ok(())
}

/// Writes the size of a seed's compressed archive of a build; none while it has none at hand.
pub async fn set_archive_stored(
    tx: &mut Tx,
    build: &str,
    seed: &str,
    stored: Option<u64>,
) -> Result<(), DbError> {
    let sql = "UPDATE build_seeds SET archive_stored = $3 WHERE build_id = $1 AND seed_id = $2";
    execute!(tx, sql, build, seed, stored.map(int))?;
    let sql = "UPDATE builds SET archive_stored = \
               (SELECT MAX(archive_stored) FROM build_seeds WHERE build_id = $1) WHERE id = $1";
    execute!(tx, sql, build)?;
    Ok(())
}
