//! Pages of lists, and the cursors between them. Pure.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use mist_proto::http::{MAX_PAGE, PageQuery};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::Problem;

/// Which part of a list is asked for. `K` is what its entries are ordered by: unique, and for ever the same.
pub struct Page<K> {
    /// The last entry before it; none for the beginning.
    pub after: Option<K>,
    /// Entries at most.
    limit: usize,
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// # Errors
    /// 400 `bad_cursor`, `bad_limit`.
    pub fn asked(query: &PageQuery) -> Result<Self, Problem> {
        let limit = query.limit.unwrap_or(MAX_PAGE);
        if limit == 0 || limit > MAX_PAGE {
            return Err(Problem::invalid("bad_limit", format!("a page has 1 to {MAX_PAGE} entries")));
        }
        let after = query.after.as_deref().map(|cursor| {
            let bytes = B64.decode(cursor).ok();
            bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
                Problem::invalid("bad_cursor", "this is no cursor of this list: begin without one")
            })
        });
        Ok(Self { after: after.transpose()?, limit: limit.into() })
    }

    /// Entries to read so that it shows whether more follow.
    pub fn to_read(&self) -> i64 {
        // At most MAX_PAGE + 1.
        i64::try_from(self.limit).unwrap_or(i64::MAX) + 1
    }

    /// The page and the cursor of the next one, of entries that begin after the cursor.
    pub fn cut<T>(&self, mut entries: Vec<T>, key: impl Fn(&T) -> K) -> (Vec<T>, Option<String>) {
        if entries.len() <= self.limit {
            return (entries, None);
        }
        entries.truncate(self.limit);
        // Words and numbers always serialise.
        let cursor = |last: &T| B64.encode(serde_json::to_vec(&key(last)).unwrap_or_default());
        let next = entries.last().map(cursor);
        (entries, next)
    }

    /// As [`Page::cut`], of a whole list that is in order, such as that of the files in a manifest.
    pub fn cut_whole<T>(&self, mut entries: Vec<T>, key: impl Fn(&T) -> K) -> (Vec<T>, Option<String>)
    where
        K: Ord,
    {
        if let Some(after) = &self.after {
            entries.retain(|entry| key(entry) > *after);
        }
        self.cut(entries, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(after: Option<String>, limit: u16) -> Page<u64> {
        Page::asked(&PageQuery { after, limit: Some(limit) }).expect("a page")
    }

    /// What a database would give.
    fn read(list: &[u64], page: &Page<u64>) -> Vec<u64> {
        let behind = list.iter().copied().filter(|n| page.after.is_none_or(|after| *n > after));
        behind.take(usize::try_from(page.to_read()).expect("small")).collect()
    }

    #[test]
    fn pages_together_are_the_list_whatever_comes_and_goes_between() {
        let mut list: Vec<u64> = (1..11).collect();
        let turn = |list: &[u64], after| {
            let page = page(after, 4);
            let cut = page.cut(read(list, &page), |n| *n);
            assert_eq!(page.cut_whole(list.to_vec(), |n| *n), cut, "a list in memory");
            cut
        };
        let (first, next) = turn(&list, None);
        assert_eq!(first, [1, 2, 3, 4]);
        // The entry at which the page ended is gone, and one before it is new.
        list.retain(|n| *n != 4);
        list.insert(0, 0);
        let (second, next) = turn(&list, next);
        assert_eq!(second, [5, 6, 7, 8]);
        assert_eq!(turn(&list, next), (vec![9, 10], None));
        assert_eq!(turn(&[1, 2, 3, 4], None).1, None, "a full page may be the last");
    }

    #[test]
    fn limits_and_cursors_are_checked() {
        let refused = |after: Option<&str>, limit| {
            let query = PageQuery { after: after.map(str::to_owned), limit };
            let (_, body) = Page::<u64>::asked(&query).err().expect("refused").public();
            body.code
        };
        assert_eq!(refused(None, Some(0)), "bad_limit");
        assert_eq!(refused(None, Some(MAX_PAGE + 1)), "bad_limit");
        for cursor in ["", "?", "AAAA", &B64.encode("\"text\"")] {
            assert_eq!(refused(Some(cursor), None), "bad_cursor", "{cursor}");
        }
    }
}
