//! Codes of an authenticator: RFC 6238 with SHA-1, six digits and steps of 30 s, which is what every authenticator knows. Pure.

use mist_proto::UnixMillis;
use totp_rs::{Builder, Totp, TotpError};

/// Seconds for which a code is shown.
pub const STEP_SECS: i64 = 30;
/// Bytes of a secret: as many as the hash has (RFC 4226, section 4).
pub const SECRET: usize = 20;
/// Whom an authenticator names above a code.
const ISSUER: &str = "Mist";

/// A secret as an authenticator reads it.
pub struct Enrolment {
    /// In base32, for typing.
    pub secret: String,
    /// As an `otpauth://` address.
    pub uri: String,
}

/// What the authenticator of an account needs.
///
/// # Errors
/// A secret that is too short, or a name with a colon.
pub fn enrolment(secret: &[u8; SECRET], account: &str) -> Result<Enrolment, TotpError> {
    let totp = builder(secret).with_account_name(account).with_issuer(Some(ISSUER)).build()?;
    Ok(Enrolment { secret: totp.secret().to_base32(), uri: totp.to_url()? })
}

/// The step of the code that was typed, if it is of this step or one beside it, and later than `used`.
pub fn fits(secret: &[u8], typed: &str, used: i64, now: UnixMillis) -> Option<i64> {
    let totp: Totp = builder(secret).build().ok()?;
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp.check(&digits, u64::try_from(now.secs()).ok()?)?;
    i64::try_from(step).ok().filter(|step| *step > used)
}

/// Six digits, steps of 30 s, and one step beside the present one for clocks that differ and people who type.
fn builder(secret: &[u8]) -> Builder {
    Builder::new()
        .with_digits(6)
        .with_step_duration(STEP_SECS.unsigned_abs())
        .with_skew(1)
        .with_secret(secret.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (secs, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let fit = fits(b"12345678901234567890", code, 0, UnixMillis(secs * 1000));
            assert_eq!(fit, Some(secs / STEP_SECS), "{secs}");
        }
    }

    #[test]
    fn a_code_counts_for_a_while_and_once() {
        let secret = [7; SECRET];
        let now = UnixMillis(1_700_000_000_000);
        let present = now.secs() / STEP_SECS;
        let totp = builder(&secret).build().expect("a secret");
        let typed = |step: i64| totp.generate((step * STEP_SECS).unsigned_abs()).to_string();
        for (of, used, fits_at) in [
            (present, 0, Some(present)),
            (present - 1, 0, Some(present - 1)),
            (present + 1, 0, Some(present + 1)),
            (present - 2, 0, None),
            (present + 2, 0, None),
            (present, present, None),
            (present - 1, present, None),
            (present + 1, present, Some(present + 1)),
        ] {
            assert_eq!(fits(&secret, &typed(of), used, now), fits_at, "{} after {}", of - present, used);
        }
        let code = typed(present);
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert_eq!(fits(&secret, &spaced, 0, now), Some(present), "as authenticators show them");
        for wrong in ["", "12345", "1234567", "abcdef", "+12345", "١٢٣٤٥٦"] {
            assert_eq!(fits(&secret, wrong, 0, now), None, "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_written_as_authenticators_read_it() {
        let made = enrolment(b"12345678901234567890", "ann").expect("made");
        assert_eq!(made.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(made.uri, "otpauth://totp/Mist:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mist");
    }
}
