//! Hashing passwords: argon2id with 19 MiB, two passes, one lane.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use tokio::sync::Semaphore;

use crate::{clock::Entropy, error::Problem};

/// The shortest password that a new account may have, in bytes.
pub const MIN_PASSWORD: usize = 8;
/// The longest password that is looked at, in bytes.
pub const MAX_PASSWORD: usize = 1024;

/// How long a request waits for its turn to hash.
const PATIENCE: Duration = Duration::from_secs(10);

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

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// `bad_password` if it is too short or too long; `busy`.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&password.len()) {
            let message = format!("a password has {MIN_PASSWORD} to {MAX_PASSWORD} bytes");
            return Err(Problem::invalid("bad_password", message));
        }
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let params = self.params.clone();
        self.in_turn(move || hash_now(&params, password.as_bytes(), &salt)).await?.map_err(Problem::Internal)
    }

    /// Whether `password` fits the PHC string of an account; never if there is none.
    ///
    /// # Errors
    /// `busy`.
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool, Problem> {
        if password.len() > MAX_PASSWORD {
            return Ok(false);
        }
        let exists = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.nobody.clone());
        let fits = self
            .in_turn(move || Argon2::default().verify_password(password.as_bytes(), &*phc).is_ok())
            .await?;
        Ok(fits && exists)
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
        assert!(p.verify("correct horse".into(), Some(phc.clone())).await.expect("verify"));
        assert!(!p.verify("wrong horse".into(), Some(phc)).await.expect("verify"));
        assert!(!p.verify(String::new(), None).await.expect("nobody has no password"));
        assert!(p.hash("short".into()).await.is_err());
    }
}
