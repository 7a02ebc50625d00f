//! Hashing passwords: argon2id with 19 MiB, two passes, one lane.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::{clock::Entropy, error::Problem};

/// The shortest password that a new account may have, in bytes.
pub const MIN_PASSWORD: usize = 8;
/// The longest password that is looked at, in bytes.
pub const MAX_PASSWORD: usize = 1024;

/// How long a request waits for its turn to hash.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a password fits an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It does not.
    Wrong,
    /// It does.
    Right,
    /// It does; the hash is of other bytes than those of [`in_one_form`], and is to be made anew.
    RightByOldHash,
}

/// The one form of a password that is typed alike everywhere: as `OpaqueString` of RFC 8265 (PRECIS), spaces of any kind
/// are plain ones, and what has several spellings in Unicode has its composed one.
fn in_one_form(password: &str) -> String {
    let space = |c| match c {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        c => c,
    };
    password.chars().map(space).nfc().collect()
}

/// Hashes and verifies, at most one a core at once, off the async threads.
pub struct Passwords {
    params: Params,
    turns: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
    /// The hash of nothing, verified when there is no account, so that both take the same time.
    nobody: String,
}

impl Passwords {
    /// Hashes with these parameters; [`Params::default`] in production.
    ///
    /// # Errors
    /// If the parameters are not possible.
    pub fn new(params: Params, entropy: Arc<dyn Entropy>) -> anyhow::Result<Self> {
        let nobody = hash_now(&params, b"", &[7; 16])?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { params, turns: Arc::new(Semaphore::new(cores)), entropy, nobody })
    }

    /// The PHC string of a new password, in the form that every keyboard's spelling of it has.
    ///
    /// # Errors
    /// `bad_password` if it is too short or too long, or holds a control character; `busy`.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        let password = in_one_form(&password);
        if password.chars().any(char::is_control) {
            let message = "a password has no line ends, tabs or other control characters".to_owned();
            return Err(Problem::invalid("bad_password", message));
        }
        if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&password.len()) {
            let message = format!("a password has {MIN_PASSWORD} to {MAX_PASSWORD} bytes");
            return Err(Problem::invalid("bad_password", message));
        }
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let params = self.params.clone();
        self.in_turn(move || hash_now(&params, password.as_bytes(), &salt)).await?.map_err(Problem::Internal)
    }

    /// How `password` fits the PHC string of an account; never if there is none.
    ///
    /// # Errors
    /// `busy`.
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<Fit, Problem> {
        if password.len() > MAX_PASSWORD {
            return Ok(Fit::Wrong);
        }
        let exists = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.nobody.clone());
        let fits =
            move |spelling: &str| Argon2::default().verify_password(spelling.as_bytes(), &*phc).is_ok();
        let fit = move || {
            let form = in_one_form(&password);
            if fits(&form) {
                return Fit::Right;
            }
            // How a Mac may have spelled it, and how it was typed now; of most passwords there is one spelling.
            let others = [form.nfd().collect(), password];
            if others.iter().any(|other| *other != form && fits(other)) {
                Fit::RightByOldHash
            } else {
                Fit::Wrong
            }
        };
        let fit = self.in_turn(fit).await?;
        Ok(if exists { fit } else { Fit::Wrong })
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let message = "too many people are signing in at this moment; try again".to_owned();
            return Err(Problem::Unavailable { code: "busy", message });
        };
        // The permit moves into the thread: a caller who hangs up does not free a core that is still at work.
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.context("hashing a password").map_err(Problem::Internal)
    }
}

fn hash_now(params: &Params, password: &[u8], salt: &[u8]) -> anyhow::Result<String> {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash = argon.hash_password_with_salt(password, salt);
    Ok(hash.map_err(|e| anyhow::anyhow!("argon2: {e}"))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[tokio::test]
    async fn round_trip_and_strength() {
        let p = Passwords::new(Params::default(), Arc::new(SystemEntropy)).expect("parameters");
        let phc = p.hash("correct horse".into()).await.expect("hash");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        let verify = async |password: &str, phc: Option<&str>| {
            p.verify(password.into(), phc.map(str::to_owned)).await.expect("verify")
        };
        assert_eq!(verify("correct horse", Some(&phc)).await, Fit::Right);
        assert_eq!(verify("wrong horse", Some(&phc)).await, Fit::Wrong);
        assert_eq!(verify("", None).await, Fit::Wrong, "nobody has no password");
        assert!(p.hash("short".into()).await.is_err());
        assert!(p.hash("correct\thorse".into()).await.is_err());
    }

    #[tokio::test]
    async fn one_password_is_the_same_from_every_keyboard() {
        let cheap = Params::new(8, 1, 1, None).expect("parameters");
        let p = Passwords::new(cheap.clone(), Arc::new(SystemEntropy)).expect("parameters");
        let (composed, decomposed) = ("Schlüssel\u{a0}für Zoë", "Schlu\u{308}ssel fu\u{308}r Zoe\u{308}");
        let phc = p.hash(decomposed.into()).await.expect("hash");
        for typed in [composed, decomposed] {
            let fit = p.verify(typed.into(), Some(phc.clone())).await.expect("verify");
            assert_eq!(fit, Fit::Right, "{typed}");
        }
        // Made of the bytes as they were typed, as hashes were before.
        let old = |typed: &str| hash_now(&cheap, typed.as_bytes(), &[1; 16]).expect("hash");
        for (made_of, typed, fit) in [
            (composed, composed, Fit::RightByOldHash),
            (decomposed, decomposed, Fit::RightByOldHash),
            (decomposed, "Schlüssel für Zoë", Fit::RightByOldHash),
            ("plain old", "plain old", Fit::Right),
            (decomposed, "Schlussel fur Zoe", Fit::Wrong),
        ] {
            let got = p.verify(typed.into(), Some(old(made_of))).await.expect("verify");
            assert_eq!(got, fit, "{typed} for {made_of}");
        }
    }
}
