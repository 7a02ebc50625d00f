//! Which rebuilt folders are still needed, and what room they take.

use std::collections::BTreeSet;

/// The version that each version can be made of, by place; none where it needs no other.
pub(super) type Parents = [Option<usize>];

/// The rebuilt folders that are worth keeping: of each version that is still to be made, the nearest one on its way.
pub(super) fn keep(rebuilt: &BTreeSet<usize>, to_do: &[usize], parents: &Parents) -> BTreeSet<usize> {
    let nearest = |version: &usize| chain(*version, parents).find(|at| rebuilt.contains(at));
    to_do.iter().filter_map(nearest).collect()
}

/// The most bytes that lie in the temporary folder at once: a version beside the one that it is made of. `sizes` are those of the
/// versions, and a version that is `read_where_it_lies` takes none.
pub(super) fn room(
    to_do: &[usize],
    parents: &Parents,
    sizes: &[u64],
    read_where_it_lies: impl Fn(usize) -> bool,
) -> u64 {
    let to_do = to_do.iter().filter(|at| !read_where_it_lies(**at));
    let on_the_way: BTreeSet<usize> = to_do.flat_map(|at| chain(*at, parents)).collect();
    let of = |at: usize| sizes.get(at).copied().unwrap_or(0);
    let beside = |at: &usize| of(*at).saturating_add(parents.get(*at).copied().flatten().map_or(0, of));
    on_the_way.iter().map(beside).max().unwrap_or(0)
}

/// A version and those that it is made of, one after another.
fn chain(version: usize, parents: &Parents) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(version), |at| parents.get(*at).copied().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_before_is_kept() {
        let line = [None, Some(0), Some(1), Some(2)];
        let set = |list: &[usize]| list.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(keep(&set(&[0]), &[1, 2, 3], &line), set(&[0]));
        assert_eq!(keep(&set(&[0, 1]), &[2, 3], &line), set(&[1]));
        assert_eq!(keep(&set(&[2]), &[], &line), set(&[]));
        let star = [None, Some(0), Some(0), Some(0)];
        assert_eq!(keep(&set(&[0, 1]), &[2, 3], &star), set(&[0]), "all are made of the first");
    }

    #[test]
    fn room_is_for_two_versions_at_most() {
        let line = [None, Some(0), Some(1), Some(2)];
        let sizes = [10, 20, 30, 100];
        assert_eq!(room(&[0, 1, 2, 3], &line, &sizes, |at| at == 3), 50, "the depot is read where it lies");
        assert_eq!(room(&[3], &line, &sizes, |_| false), 130, "what it is made of is rebuilt too");
        assert_eq!(room(&[0], &line, &sizes, |_| false), 10);
        assert_eq!(room(&[], &line, &sizes, |_| false), 0);
    }
}
