//! An error with its causes, in one line for people.

use std::error::Error;

/// The error and what caused it, each said once: many errors name their cause themselves.
pub fn told<'a>(causes: impl IntoIterator<Item = &'a (dyn Error + 'static)>) -> String {
    let mut told = String::new();
    for cause in causes {
        let cause = cause.to_string();
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("malformed manifest: {0}")]
    struct Malformed(#[source] std::io::Error);

    #[test]
    fn a_cause_is_said_once() {
        let cause = std::io::Error::other("the bytes end early");
        let error = Err::<(), _>(Malformed(cause)).context("the manifest of 1.0").expect_err("an error");
        let error = error.context("can't push");
        let naive = format!("{error:#}");
        assert_eq!(naive.matches("end early").count(), 2, "{naive}");
        let whole = "can't push: the manifest of 1.0: malformed manifest: the bytes end early";
        assert_eq!(told(error.chain()), whole);
    }
}
