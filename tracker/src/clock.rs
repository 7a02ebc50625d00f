//! Time and randomness, passed in so that tests own both.

use std::{fmt, time::SystemTime};

use mist_proto::UnixMillis;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixMillis;
}

/// Gives random bytes that nobody can guess.
pub trait Entropy: Send + Sync {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> UnixMillis {
        SystemTime::now().into()
    }
}

/// The kernel's random numbers.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// If the kernel gives no random numbers: there is nothing safe to go on with.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the kernel for random numbers")]
    fn fill(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("the kernel gives random numbers");
    }
}

/// Makes ids and secrets from a clock and a source of randomness.
#[derive(Clone, Copy)]
pub struct Mint<'a> {
    /// The time that ids carry.
    pub now: UnixMillis,
    /// Where randomness comes from.
    pub entropy: &'a dyn Entropy,
}

impl fmt::Debug for Mint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mint").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Mint<'_> {
    /// A UUIDv7: ids made later sort later.
    pub fn id(&self) -> String {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let millis = u64::try_from(self.now.0).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
    }

    /// 18 random bytes as 24 letters, digits, hyphens and underscores: what a link carries.
    pub fn code(&self) -> String {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let mut random = [0; 18];
        self.entropy.fill(&mut random);
        URL_SAFE_NO_PAD.encode(random)
    }

    /// 32 random bytes as text, after a prefix that says what they are for.
    pub fn secret(&self, prefix: &str) -> String {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let mut random = [0; 32];
        self.entropy.fill(&mut random);
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random))
    }
}
