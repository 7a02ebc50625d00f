//! Environment variables that look like settings and are none, as a misspelt one is. They are told and not refused: programs
//! that share a machine or a container share their environment, and a release may have had a setting that another has not.

use std::fmt;

/// What the names of Mist's variables begin with.
const OURS: &str = "MIST_";

/// A variable that no program of Mist reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Its name. What it says may be a secret, and is told nowhere.
    pub variable: String,
    /// The variable that was meant, if one is written much like it.
    pub meant: Option<&'static str>,
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no setting of Mist and was ignored", self.variable)?;
        match self.meant {
            Some(meant) => write!(f, "; did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

/// Those of these variables that are named like settings of Mist and are none, by name. `known` are the variables of all its
/// programs. Pure.
pub fn strays(known: &[&'static str], variables: impl IntoIterator<Item = String>) -> Vec<Stray> {
    let is_stray = |name: &String| name.starts_with(OURS) && !known.contains(&name.as_str());
    let mut strays: Vec<Stray> = variables
        .into_iter()
        .filter(is_stray)
        .map(|variable| Stray { meant: meant_by(known, &variable), variable })
        .collect();
    strays.sort_by(|a, b| a.variable.cmp(&b.variable));
    strays
}

/// The same of the variables of this process that say something.
pub fn strays_here(known: &[&'static str]) -> Vec<Stray> {
    let said = std::env::vars_os().filter(|(_, text)| !text.is_empty());
    strays(known, said.map(|(name, _)| name.to_string_lossy().into_owned()))
}

/// The variable that is written most like it: one mistake is forgiven for every four letters.
fn meant_by(known: &[&'static str], name: &str) -> Option<&'static str> {
    let own = |name: &str| name.len() - OURS.len();
    let near = known.iter().map(|known| (mistakes(name, known), *known)).min()?;
    (near.0 <= own(name).max(own(near.1)).div_ceil(4)).then_some(near.1)
}

/// How many letters have to be put in, left out, changed or swapped with the next one to make one of the other.
fn mistakes(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}
