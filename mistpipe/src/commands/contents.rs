//! What is in a build, and what changed between two.

use anyhow::Result;
use mist_proto::{
    Version,
    http::{Change, ChangeKind, Changes, ChangesQuery, FileCost, FilesQuery, route},
};
use mist_readable::{Align, Table, bytes, count, escaped};

use crate::{
    api::Api,
    args::{BuildName, Target},
    failure::{Exit, name_missing, refuse},
    show::Screen,
};

/// `files SLUG@VERSION`.
pub(super) async fn files(
    api: &Api,
    screen: Screen,
    build: &BuildName,
    search: Option<String>,
) -> Result<()> {
    let BuildName { game, version } = build;
    let place = (game.clone(), version.clone());
    let mut query = FilesQuery { search, ..FilesQuery::default() };
    loop {
        let page = api.call(route::ListFiles, &place, |call| call.query(&query)).await;
        let page = page
            .map_err(|e| name_missing(e, format_args!("build {game}@{version}: see `mistpipe ls {game}`")))?;
        for file in &page.files {
            screen.line(&format!("{:>10}  {}", bytes(file.size), escaped(file.path.as_str())))?;
            screen.record(file)?;
        }
        if page.next.is_none() {
            screen.note(&format!("{}, signed by {}", count(page.total, "file", "files"), page.signed_by));
            return Ok(());
        }
        query.after = page.next;
    }
}

/// `diff SLUG@VERSION [SLUG@]VERSION`.
pub(super) async fn diff(api: &Api, screen: Screen, from: &BuildName, to: &str, limit: usize) -> Result<()> {
    let to = other(from, to).map_err(|e| refuse(Exit::Usage, e))?;
    let game = &from.game;
    let place = (game.clone(), to.clone());
    let mut query = ChangesQuery { from: from.version.clone(), after: None, limit: None };
    let mut table = Table::new(&[
        ("COST", Align::Right),
        ("SIZE", Align::Right),
        ("WHAT", Align::Left),
        ("PATH", Align::Left),
        ("WHY", Align::Left),
    ]);
    let (mut shown, mut left) = (0usize, 0usize);
    let mut first: Option<Changes> = None;
    loop {
        let page = api.call(route::ListChanges, &place, |call| call.query(&query)).await;
        let page = page.map_err(|e| {
            name_missing(
                e,
                format_args!("build {game}@{} or {game}@{to}: see `mistpipe ls {game}`", from.version),
            )
        })?;
        for change in &page.changes {
            if limit != 0 && shown >= limit {
                left += 1;
                continue;
            }
            shown += 1;
            table.row(row(change));
            screen.record(change)?;
        }
        query.after.clone_from(&page.next);
        let more = page.next.is_some() && (limit == 0 || shown < limit);
        first.get_or_insert(page);
        if !more {
            break;
        }
    }
    if shown > 0 {
        screen.table(&table)?;
    }
    if left > 0 || query.after.is_some() {
        screen.note("there are more: --limit 0 lists all");
    }
    if let Some(first) = first {
        screen.line(&summary(&first))?;
    }
    Ok(())
}

/// The build that is compared with, of the same game.
fn other(from: &BuildName, to: &str) -> Result<Version, String> {
    if !to.contains('@') {
        return to.parse::<Version>().map_err(|e| e.to_string());
    }
    let target: Target = to.parse()?;
    match target.version {
        Some(version) if target.game == from.game => Ok(version),
        Some(_) => Err("both builds must be of one game".into()),
        None => Err("name the build too, as SLUG@VERSION".into()),
    }
}

fn row(change: &Change) -> [String; 5] {
    let size = change.new_size.or(change.old_size).map_or_else(String::new, bytes);
    let what = match change.kind {
        ChangeKind::Added => "NEW",
        ChangeKind::Changed => "MODIFIED",
        ChangeKind::Moved => "RENAMED",
        ChangeKind::Removed => "DELETED",
    };
    let cost = change.cost.as_ref().map_or_else(|| "-".into(), |cost| bytes(cost.packed));
    let why = match (&change.was, &change.cost) {
        (Some(was), _) => format!("was {}", escaped(was.as_str())),
        (None, Some(cost)) => why(cost),
        (None, None) => String::new(),
    };
    [cost, size, what.into(), escaped(change.path.as_str()).to_string(), why]
}

/// In words, what makes a file cost what it does.
fn why(cost: &FileCost) -> String {
    let mut said = Vec::new();
    if cost.literal > 0 {
        said.push(format!("{} new", bytes(cost.literal)));
    }
    if cost.differing > 0 {
        said.push(format!("{} different", bytes(cost.differing)));
    }
    let kept = cost.copied.saturating_sub(cost.differing);
    if kept > 0 {
        let from =
            cost.from.as_ref().map_or_else(String::new, |from| format!(" of {}", escaped(from.as_str())));
        said.push(format!("{} stay{from}", bytes(kept)));
    }
    if cost.streams > 0 {
        said.push(format!("looked inside {}", count(cost.streams, "packed stream", "packed streams")));
    }
    said.join(", ")
}

fn summary(changes: &Changes) -> String {
    let Changes { added, changed, moved, removed, same, .. } = changes;
    let mut text = format!(
        "{} new, {} modified, {} renamed, {} deleted, {} as they were",
        added.files, changed.files, moved.files, removed.files, same.files
    );
    match (changes.patch, changes.besides) {
        (Some(patch), Some(besides)) => {
            text += &format!("; the patch has {}, {} of them names", bytes(patch), bytes(besides.names));
            if besides.files > 0 {
                text += &format!(
                    " and {} for {}",
                    bytes(besides.packed),
                    count(besides.files, "further file", "further files")
                );
            }
        }
        (Some(patch), None) => {
            text += &format!("; the patch has {}, and it was not kept what it is made of", bytes(patch));
        }
        (None, _) => text += "; no direct patch leads there",
    }
    text
}
