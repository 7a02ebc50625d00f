//! When all that was ordered has ended, and what a person is told of it who looks elsewhere. Pure.

use std::collections::BTreeMap;

use mist_proto::{Slug, Version};
use mist_readable::count;

use crate::{
    engine::{Delta, OpId, OperationState, OperationView, Order, Outcome},
    failure::Failure,
};

/// Games of a batch that are named.
const NAMED: usize = 3;

/// What is being done, from one time at which nothing is left to be done to the next one. It follows the feed of an engine
/// ([`Batch::heard`]). What is paused waits for a person, and is nothing that is left to be done.
#[derive(Debug, Default)]
pub struct Batch {
    /// The engine's run that was heard last.
    run: Option<u64>,
    /// The newest operation that was heard of.
    newest: Option<OpId>,
    /// Those that have not ended, and whether they go on by themselves.
    open: BTreeMap<OpId, bool>,
    /// How it went with each game, by the last word on it, in the order in which they ended.
    ended: Vec<(Slug, Went)>,
}

/// How it went with one game.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Went {
    Installed,
    At(Version),
    Unchanged,
    Repaired,
    Sound,
    Damaged(usize),
    Found,
    Moved,
    Removed,
    Failed(&'static str, Failure),
}

/// A batch that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchEnd {
    ended: Vec<(Slug, Went)>,
}

/// What a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is about, in a few words.
    pub title: String,
    /// The rest; may be empty.
    pub body: String,
}

impl Batch {
    /// Takes in what the feed of an engine says in one of its runs. Says how it went once nothing is left to be done, and
    /// something was done or failed since the last time. What had ended before the first call is no news.
    pub fn heard(&mut self, run: u64, deltas: &[Delta]) -> Option<BatchEnd> {
        let operations = deltas.iter().filter_map(|delta| match delta {
            Delta::Operation(operation) => Some(&**operation),
            _ => None,
        });
        let known = self.newest;
        let anew = self.run.replace(run) != Some(run);
        if anew {
            // Everything is told again; what is not is forgotten.
            let told: Vec<OpId> = operations.clone().map(|o| o.id).collect();
            self.open.retain(|id, _| told.contains(id));
            self.newest = None;
        }
        for operation in operations {
            let id = operation.id;
            self.newest = self.newest.max(Some(id));
            if operation.state.is_over() {
                let was_open = self.open.remove(&id).is_some();
                // One may be ordered and end between two looks.
                if was_open || (!anew && Some(id) > known) {
                    self.end(operation);
                }
            } else {
                self.open.insert(id, operation.state != OperationState::Paused);
            }
        }
        let is_left = self.open.values().any(|goes_on| *goes_on);
        (!is_left && !self.ended.is_empty()).then(|| BatchEnd { ended: std::mem::take(&mut self.ended) })
    }

    fn end(&mut self, operation: &OperationView) {
        let game = operation.order.game();
        self.ended.retain(|(other, _)| other != game);
        self.ended.extend(went(operation).map(|went| (game.clone(), went)));
    }
}

/// How it went, unless somebody gave it up.
fn went(operation: &OperationView) -> Option<Went> {
    if operation.state == OperationState::Failed {
        let failure = operation.failure.clone().unwrap_or_else(|| Failure::internal("it failed"));
        return Some(Went::Failed(attempted(&operation.order), failure));
    }
    let found = |damaged: &[String], sound| match damaged.len() {
        0 => sound,
        files => Went::Damaged(files),
    };
    Some(match operation.outcome.as_ref()? {
        // It is nobody's evening that something is here for later.
        Outcome::Ahead { .. } => return None,
        Outcome::Present { .. } if operation.order.is_ahead() => return None,
        Outcome::Present { operation: None, .. } => Went::Unchanged,
        Outcome::Present { version, before, .. } => match (&operation.order, before) {
            (Order::Repair { .. }, _) => Went::Repaired,
            (_, None) => Went::Installed,
            _ => Went::At(version.clone()),
        },
        Outcome::Verified(verification) => found(&verification.damaged, Went::Sound),
        Outcome::Located { found: verification, .. } => found(&verification.damaged, Went::Found),
        Outcome::Moved { .. } => Went::Moved,
        Outcome::Uninstalled { .. } => Went::Removed,
    })
}

/// What was not done.
fn attempted(order: &Order) -> &'static str {
    match order {
        Order::Install { .. } => "installed",
        Order::Update { .. } => "updated",
        Order::Ahead { .. } => "fetched ahead",
        Order::Switch { .. } => "switched",
        Order::RollBack { .. } => "brought back",
        Order::Repair { .. } => "repaired",
        Order::Verify { .. } => "verified",
        Order::Uninstall { .. } => "removed",
        Order::Locate { .. } => "taken over",
        Order::Move { .. } => "moved",
    }
}

impl Went {
    fn failed(&self) -> bool {
        matches!(self, Self::Failed(..))
    }

    /// In a few words, of a game that is called `title`.
    fn said(&self, title: &str) -> String {
        match self {
            Self::Installed => format!("{title} is installed"),
            Self::At(version) => format!("{title} is at {version}"),
            Self::Unchanged => format!("{title} was there already"),
            Self::Repaired => format!("{title} is repaired"),
            Self::Sound => format!("{title} is exactly as it was published"),
            Self::Damaged(files) => {
                format!("{title}: {} not right", count(*files as u64, "file is", "files are"))
            }
            Self::Found => format!("{title} was found again"),
            Self::Moved => format!("{title} is in its new folder"),
            Self::Removed => format!("{title} is removed"),
            Self::Failed(attempted, _) => format!("{title} was not {attempted}"),
        }
    }

    /// What else is to be said.
    fn rest(&self) -> String {
        match self {
            Self::Installed | Self::At(_) => "It can be played now.".into(),
            Self::Damaged(_) => "Open Mist to repair it.".into(),
            Self::Failed(_, failure) => match failure.next_in_app() {
                Some(next) => format!("{} {next}", failure.text()),
                None => failure.text(),
            },
            _ => String::new(),
        }
    }
}

impl BatchEnd {
    /// What a person is told, where games are called as `title` says.
    pub fn told(&self, title: impl Fn(&Slug) -> String) -> Told {
        if let [(game, went)] = &self.ended[..] {
            return Told { title: went.said(&title(game)), body: went.rest() };
        }
        // What went wrong comes first: it is what somebody has to do something about.
        let (failed, done): (Vec<_>, Vec<_>) = self.ended.iter().partition(|(_, went)| went.failed());
        let all = self.ended.len();
        let headline = match failed.len() {
            0 => "All is done".to_owned(),
            n if n == all => "Nothing of it worked".to_owned(),
            n => format!("{n} of {all} did not work"),
        };
        let each = failed.into_iter().chain(done);
        let named: Vec<_> = each.take(NAMED).map(|(game, went)| went.said(&title(game))).collect();
        let more = all.saturating_sub(NAMED);
        let body = match more {
            0 => format!("{}.", named.join(", ")),
            more => format!("{}, and {more} more.", named.join(", ")),
        };
        Told { title: headline, body }
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::UnixMillis;

    use super::*;
    use crate::engine::OperationState::{Cancelled, Done, Failed, Paused, Queued, Running};

    fn slug(n: u64) -> Slug {
        format!("game-{n}").parse().expect("slug")
    }

    /// An operation that verifies a game of its own number.
    fn verify(id: u64, state: OperationState) -> OperationView {
        let order = Order::Verify { game: slug(id) };
        let mut operation = OperationView::new(OpId(id), order, UnixMillis(1));
        operation.state = state;
        if state == Done {
            let verification = crate::Verification {
                version: "1.0".parse().expect("version"),
                damaged: Vec::new(),
                repair_bytes: 0,
            };
            operation.outcome = Some(Outcome::Verified(verification));
        }
        if state == Failed {
            operation.failure = Some(Failure::internal("it broke"));
        }
        operation
    }

    fn heard(batch: &mut Batch, run: u64, operations: &[OperationView]) -> Option<Told> {
        let deltas: Vec<Delta> = operations.iter().map(|o| Delta::Operation(Box::new(o.clone()))).collect();
        batch.heard(run, &deltas).map(|end| end.told(|game| game.to_string()))
    }

    #[test]
    fn one_end_is_told_when_nothing_is_left_and_not_before() {
        let mut batch = Batch::default();
        assert_eq!(heard(&mut batch, 1, &[verify(1, Done), verify(2, Failed)]), None, "it was over before");
        assert_eq!(heard(&mut batch, 1, &[verify(3, Running), verify(4, Queued), verify(5, Queued)]), None);
        assert_eq!(heard(&mut batch, 1, &[verify(3, Done)]), None);
        assert_eq!(heard(&mut batch, 1, &[verify(4, Failed), verify(5, Running)]), None);
        let told = heard(&mut batch, 1, &[verify(5, Done)]).expect("nothing is left");
        assert_eq!(told.title, "1 of 3 did not work");
        assert!(told.body.starts_with("game-4 was not verified, game-3 is exactly"), "{}", told.body);
        assert_eq!(heard(&mut batch, 1, &[]), None, "it is told once");
    }

    #[test]
    fn what_ends_between_two_looks_is_told_too_in_whatever_order_it_comes() {
        let mut batch = Batch::default();
        assert_eq!(heard(&mut batch, 1, &[]), None);
        let told = heard(&mut batch, 1, &[verify(2, Done), verify(1, Done)]).expect("both are new");
        assert_eq!(told.title, "All is done");
        assert_eq!(heard(&mut batch, 1, &[verify(1, Done)]), None, "the same again is no news");
    }

    #[test]
    fn what_is_paused_or_given_up_is_neither_waited_for_nor_told() {
        let mut batch = Batch::default();
        heard(&mut batch, 1, &[verify(1, Running), verify(2, Queued)]);
        assert_eq!(heard(&mut batch, 1, &[verify(1, Cancelled), verify(2, Paused)]), None);
        assert_eq!(heard(&mut batch, 1, &[verify(3, Running)]), None);
        let told = heard(&mut batch, 1, &[verify(3, Done)]).expect("only what is paused is left");
        assert_eq!(told.title, "game-3 is exactly as it was published");
        let told = heard(&mut batch, 1, &[verify(2, Failed)]).expect("it went on, and ended");
        assert_eq!(told.title, "game-2 was not verified");
        assert!(told.body.contains("it broke"), "{}", told.body);
    }

    #[test]
    fn another_run_of_the_engine_goes_on_where_the_one_before_ended() {
        let mut batch = Batch::default();
        heard(&mut batch, 1, &[verify(1, Done), verify(2, Running), verify(3, Queued)]);
        assert_eq!(heard(&mut batch, 2, &[verify(1, Done), verify(2, Done), verify(3, Running)]), None);
        assert_eq!(heard(&mut batch, 2, &[verify(3, Done)]).expect("both ended").title, "All is done");
        // One whose queue was lost begins to count anew, and waits for nothing that it does not know.
        heard(&mut batch, 2, &[verify(4, Running)]);
        assert_eq!(heard(&mut batch, 3, &[]), None);
        assert!(heard(&mut batch, 3, &[verify(1, Done)]).is_some());
    }

    #[test]
    fn the_last_word_on_a_game_counts() {
        let mut batch = Batch::default();
        heard(&mut batch, 1, &[verify(1, Running), verify(2, Queued)]);
        let again = OperationView { order: Order::Verify { game: slug(1) }, ..verify(3, Done) };
        heard(&mut batch, 1, &[verify(1, Failed), again, verify(2, Running)]);
        let told = heard(&mut batch, 1, &[verify(2, Done)]).expect("nothing is left");
        assert_eq!(told.title, "All is done", "it worked at the second attempt");
    }

    #[test]
    fn few_games_are_named_and_the_others_counted() {
        let mut batch = Batch::default();
        heard(&mut batch, 1, &[]);
        let five: Vec<_> = (1..=5).map(|n| verify(n, Failed)).collect();
        let told = heard(&mut batch, 1, &five).expect("nothing is left");
        assert_eq!(told.title, "Nothing of it worked");
        let named = "game-1 was not verified, game-2 was not verified, game-3 was not verified, and 2 more.";
        assert_eq!(told.body, named);
    }
}
