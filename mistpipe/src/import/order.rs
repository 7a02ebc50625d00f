//! Which version of a game came before which.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// All of `labels`, oldest first: as the library's own list `listed` has them, if it names all of them, or else by the numbers in
/// them. A version comes after the one that its delta is `from`, whatever else is said.
pub(super) fn oldest_first(
    labels: &BTreeSet<String>,
    listed: &[String],
    from: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut sorted: Vec<&String> = listed.iter().filter(|l| labels.contains(*l) && seen.insert(*l)).collect();
    if sorted.len() < labels.len() {
        sorted = labels.iter().collect();
        sorted.sort_by(|a, b| by_numbers(a, b));
    } else if is_newest_first(&sorted, from) {
        sorted.reverse();
    }
    let mut ordered = Vec::with_capacity(sorted.len());
    let mut done = BTreeSet::new();
    for label in sorted {
        let mut chain = vec![label];
        let mut at = label;
        while let Some(before) = from.get(at).and_then(|before| labels.get(before)) {
            if done.contains(before) || chain.contains(&before) {
                break;
            }
            chain.push(before);
            at = before;
        }
        for label in chain.into_iter().rev() {
            if done.insert(label) {
                ordered.push(label.clone());
            }
        }
    }
    ordered
}

/// Whether a list has every delta before what it is for; without any delta, whether its numbers fall.
fn is_newest_first(list: &[&String], from: &BTreeMap<String, String>) -> bool {
    let place = |label: &String| list.iter().position(|l| *l == label);
    let pairs: Vec<(usize, usize)> =
        list.iter().enumerate().filter_map(|(at, label)| Some((at, place(from.get(*label)?)?))).collect();
    match pairs.is_empty() {
        false => pairs.iter().all(|(at, before)| at < before),
        true => {
            list.len() > 1 && list.windows(2).all(|pair| by_numbers(pair[0], pair[1]) == Ordering::Greater)
        }
    }
}

/// Compares numbers in labels as numbers, and what stands between them as text.
fn by_numbers(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (runs(a), runs(b));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(x), Some(y)) => compare(x, y),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn compare(x: &str, y: &str) -> Ordering {
    let is_number = |run: &str| run.starts_with(|c: char| c.is_ascii_digit());
    if is_number(x) && is_number(y) {
        let (x, y) = (x.trim_start_matches('0'), y.trim_start_matches('0'));
        x.len().cmp(&y.len()).then_with(|| x.cmp(y))
    } else {
        x.cmp(y)
    }
}

/// The numbers of a label and what stands between them, in order.
fn runs(label: &str) -> impl Iterator<Item = &str> {
    let mut rest = label;
    std::iter::from_fn(move || {
        let is_digit = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(labels: &[&str], listed: &[&str], from: &[(&str, &str)]) -> Vec<String> {
        let owned = |list: &[&str]| list.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
        let from = from.iter().map(|(v, f)| ((*v).to_owned(), (*f).to_owned())).collect();
        oldest_first(&owned(labels).into_iter().collect(), &owned(listed), &from)
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let sorted = order(&["1.10", "1.9", "v2", "1.9.1", "1.09", "1"], &[], &[]);
        assert_eq!(sorted, ["1", "1.09", "1.9", "1.9.1", "1.10", "v2"]);
    }

    #[test]
    fn the_librarys_list_counts_if_it_is_whole_and_whichever_end_it_begins_at() {
        assert_eq!(order(&["b", "a", "c"], &["c", "a", "b", "c", "x"], &[]), ["c", "a", "b"]);
        assert_eq!(order(&["1", "2", "10"], &["10", "2", "1"], &[]), ["1", "2", "10"], "newest first");
        assert_eq!(order(&["b", "a", "c"], &["b", "c", "a"], &[("b", "c"), ("c", "a")]), ["a", "c", "b"]);
        assert_eq!(order(&["2", "1", "3"], &["3"], &[]), ["1", "2", "3"], "a list with gaps says nothing");
    }

    #[test]
    fn a_version_comes_after_what_its_delta_is_for() {
        assert_eq!(order(&["1", "2", "3"], &[], &[("1", "3"), ("3", "2")]), ["2", "3", "1"]);
        assert_eq!(order(&["1", "2"], &[], &[("1", "2"), ("2", "1")]).len(), 2, "a circle ends");
        assert_eq!(order(&["1", "2"], &[], &[("2", "gone")]), ["1", "2"]);
    }
}
