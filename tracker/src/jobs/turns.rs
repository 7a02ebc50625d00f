//! Whose job is next at a seed, of the games that have some waiting. Pure.
//!
//! What somebody waits for comes before what is done when nobody does. Among jobs of one priority, games take turns: however many jobs a
//! game has, another one's begins as soon as a worker is free.

use std::collections::HashMap;

use mist_proto::UnixMillis;

/// The first job of a game at one priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its id; ids sort by the time when jobs were made.
    pub id: String,
    /// Its game.
    pub game: String,
    /// Jobs of a lower number come first.
    pub priority: i64,
}

/// What a seed does and did for a game.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// Jobs of the game that it works on.
    pub running: u64,
    /// When it last began one.
    pub begun: Option<UnixMillis>,
}

/// The ids in the order in which the jobs are to be given out: by priority, then for whom the seed does least now, then for whom it has
/// begun nothing for longest, then the oldest.
pub fn in_turn(mut waiting: Vec<Waiting>, served: &HashMap<String, Served>) -> Vec<String> {
    waiting.sort_by_cached_key(|job| {
        let of_game = served.get(&job.game).copied().unwrap_or_default();
        (job.priority, of_game.running, of_game.begun, job.id.clone())
    });
    waiting.into_iter().map(|job| job.id).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// A seed with so many workers whose jobs all take one step, and games with queues; which game each job was of, in the order in which
    /// they began.
    fn play(mut queues: Vec<VecDeque<i64>>, workers: usize) -> Vec<usize> {
        let mut served: HashMap<String, Served> = HashMap::new();
        let (mut begun, mut now) = (vec![], 0);
        while queues.iter().any(|queue| !queue.is_empty()) {
            served.values_mut().for_each(|of_game| of_game.running = 0);
            for _ in 0..workers {
                now += 1;
                let heads = queues.iter().enumerate().filter_map(|(game, queue)| {
                    let priority = *queue.iter().min()?;
                    Some(Waiting { id: format!("{game:03}"), game: game.to_string(), priority })
                });
                let Some(first) = in_turn(heads.collect(), &served).into_iter().next() else { break };
                let game: usize = first.parse().expect("a number");
                let least = *queues[game].iter().min().expect("a job");
                let at = queues[game].iter().position(|priority| *priority == least).expect("it");
                queues[game].remove(at);
                let of_game = served.entry(game.to_string()).or_default();
                *of_game = Served { running: of_game.running + 1, begun: Some(UnixMillis(now)) };
                begun.push(game);
            }
        }
        begun
    }

    #[test]
    fn fifty_jobs_of_one_game_do_not_keep_another_games_push_waiting() {
        let push = VecDeque::from([0, 0, 0]);
        let begun = play(vec![VecDeque::from([0; 50]), push], 1);
        assert_eq!(begun[..6], [0, 1, 0, 1, 0, 1], "they take turns");
        assert_eq!(begun.len(), 53, "and all is done");
        let begun = play(vec![VecDeque::from([0; 50]), VecDeque::from([0, 0])], 2);
        assert_eq!(begun[..4], [0, 1, 0, 1], "each has one worker");
    }

    #[test]
    fn what_nobody_waits_for_comes_last_whatever_game_it_is_of() {
        let begun = play(vec![VecDeque::from([1, 2]), VecDeque::from([0, 0, 0])], 1);
        assert_eq!(begun, [1, 1, 1, 0, 0]);
    }

    #[test]
    fn the_oldest_comes_first_where_nothing_else_decides() {
        let job = |id: &str, game: &str| Waiting { id: id.into(), game: game.into(), priority: 0 };
        assert_eq!(in_turn(vec![job("2", "b"), job("1", "a")], &HashMap::new()), ["1", "2"]);
        assert!(in_turn(vec![], &HashMap::new()).is_empty());
    }

    proptest! {
        /// Between two jobs of a game that has some waiting, each other game begins at most one, or as many as there are workers.
        #[test]
        fn nobody_waits_for_more_than_one_job_of_each_other_game(
            lengths in prop::collection::vec(0usize..20, 1..6),
            workers in 1usize..4,
        ) {
            let queues = lengths.iter().map(|n| VecDeque::from(vec![0; *n])).collect();
            let begun = play(queues, workers);
            for game in 0..lengths.len() {
                let places: Vec<usize> = begun.iter().enumerate().filter(|(_, g)| **g == game).map(|(at, _)| at).collect();
                prop_assert_eq!(places.len(), lengths[game]);
                for pair in places.windows(2) {
                    for other in (0..lengths.len()).filter(|other| *other != game) {
                        let between = begun[pair[0]..pair[1]].iter().filter(|g| **g == other).count();
                        prop_assert!(between <= workers, "{game} waited for {between} of {other} in {begun:?}");
                    }
                }
            }
        }
    }
}
