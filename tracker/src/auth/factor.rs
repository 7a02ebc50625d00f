//! The second factor: enrolling an authenticator, asking for its codes at a sign-in, and losing it.

use std::net::IpAddr;

use anyhow::Context;
use mist_listener::Network;
use mist_proto::{
    Hash,
    http::{FactorCode, NewSecondFactor, RECOVERY_CODES, RecoveryCodes, SecondFactor},
};

use super::{Auth, caller::Caller, guesses, totp};
use crate::{
    audit,
    clock::Mint,
    db::{self, Tx, users::Account},
    error::Problem,
};

/// Letters of recovery codes: none that is taken for another one.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
/// Letters of one code: 80 bits.
const RECOVERY_LETTERS: usize = 16;

/// Looks at the code that came with a right password, and uses it up; nothing if there is no second factor.
///
/// # Errors
/// 401 `second_factor` if a code is needed, `wrong_code` if it is not right or was used; 429 `too_many_attempts`.
pub(super) async fn prove(
    auth: &Auth,
    account: &Account,
    given: Option<&str>,
    from: Network,
) -> Result<(), Problem> {
    let factor = db::factors::get(&mut auth.records.read().await?, &account.id).await?;
    let Some(factor) = factor.filter(|f| f.confirmed) else { return Ok(()) };
    let Some(given) = given.filter(|given| !given.trim().is_empty()) else {
        return Err(Problem::SecondFactor);
    };
    // Others may have guessed while the password was looked at.
    guesses::may_try(auth, Some(&account.name), from).await?;
    let mint = auth.records.mint();
    let name = account.name.as_str();
    let mut tx = auth.records.write().await?;
    let used = match totp::fits(&factor.secret, given, factor.last_step, mint.now) {
        Some(step) => db::factors::use_step(&mut tx, &account.id, step).await?,
        None => {
            let code = recovery_hash(&account.id, given);
            let used = db::factors::use_recovery(&mut tx, &account.id, &code).await?;
            if used {
                db::audit::add(&mut tx, &mint.id(), mint.now, name, "factor.recovery_used", name).await?;
            }
            used
        }
    };
    if !used {
        // Whoever guesses codes knows the password, which is worth a line in the log. The back-off bounds how many there are.
        db::audit::add(&mut tx, &mint.id(), mint.now, name, "user.wrong_code", name).await?;
    }
    tx.commit().await?;
    if used {
        return Ok(());
    }
    auth.backoff.failed(Some(&account.name), from, mint.now).await?;
    Err(Problem::WrongSignInCode)
}

/// A recovery code however it was typed.
fn recovery_hash(user: &str, typed: &str) -> Hash {
    let letters: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    Hash::of(format!("{user} {}", letters.to_ascii_lowercase()).as_bytes())
}

/// Whether codes are asked for, and how many recovery codes are left.
///
/// # Errors
/// Only our own.
pub async fn show(auth: &Auth, caller: &Caller) -> Result<SecondFactor, Problem> {
    let mut tx = auth.records.read().await?;
    let enrolled = db::factors::get(&mut tx, &caller.id).await?.is_some_and(|f| f.confirmed);
    let left = db::factors::recovery_left(&mut tx, &caller.id).await?;
    Ok(SecondFactor { enrolled, recovery_codes: u32::try_from(left).unwrap_or(u32::MAX) })
}

/// Makes a secret for an authenticator. Nothing is asked for before [`confirm`].
///
/// # Errors
/// 404 for whoever has no account; 409 `factor_exists`.
pub async fn begin(auth: &Auth, caller: &Caller) -> Result<NewSecondFactor, Problem> {
    let mint = auth.records.mint();
    let mut secret = [0; totp::SECRET];
    mint.entropy.fill(&mut secret);
    let mut tx = auth.records.write().await?;
    own(&mut tx, caller).await?;
    if !db::factors::begin(&mut tx, &caller.id, &secret, mint.now).await? {
        let message = "there is a second factor already: remove it first";
        return Err(Problem::conflict("factor_exists", message));
    }
    tx.commit().await?;
    let enrolment = totp::enrolment(&secret, &caller.name).context("writing a secret for an authenticator");
    let totp::Enrolment { secret, uri } = enrolment.map_err(Problem::Internal)?;
    let qr = squares(&uri).context("making a QR code").map_err(Problem::Internal)?;
    Ok(NewSecondFactor { secret, uri, qr })
}

/// The first code was shown: from now on codes are asked for. Gives the recovery codes.
///
/// # Errors
/// 403 `wrong_code`; 404 if none was begun; 409 `factor_exists`; 429 `too_many_attempts`.
pub async fn confirm(
    auth: &Auth,
    caller: &Caller,
    code: &FactorCode,
    from: IpAddr,
) -> Result<RecoveryCodes, Problem> {
    let network = Network::from(from);
    let name = caller.name.parse().map_err(|_| Problem::NotFound)?;
    guesses::may_try(auth, Some(&name), network).await?;
    let mint = auth.records.mint();
    let mut tx = auth.records.write().await?;
    let factor = db::factors::get(&mut tx, &caller.id).await?.ok_or(Problem::NotFound)?;
    if factor.confirmed {
        return Err(Problem::conflict("factor_exists", "there is a second factor already"));
    }
    let step = totp::fits(&factor.secret, &code.code, factor.last_step, mint.now);
    let used = match step {
        Some(step) => db::factors::use_step(&mut tx, &caller.id, step).await?,
        None => false,
    };
    if !used {
        auth.backoff.failed(Some(&name), network, mint.now).await?;
        return Err(Problem::WrongCode);
    }
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code(mint)).collect();
    let hashes: Vec<Hash> = codes.iter().map(|code| recovery_hash(&caller.id, code)).collect();
    db::factors::confirm(&mut tx, &caller.id, &hashes).await?;
    audit::note(&mut tx, mint, caller, "factor.add", &caller.name).await?;
    tx.commit().await?;
    Ok(RecoveryCodes { codes })
}

/// The caller goes without from now on.
///
/// # Errors
/// 404 if there was none.
pub async fn remove(auth: &Auth, caller: &Caller) -> Result<(), Problem> {
    let mut tx = auth.records.write().await?;
    if !db::factors::remove(&mut tx, &caller.id).await? {
        return Err(Problem::NotFound);
    }
    audit::note(&mut tx, auth.records.mint(), caller, "factor.remove", &caller.name).await?;
    tx.commit().await?;
    Ok(())
}

/// The account of the caller. Whoever sits at the server has none.
async fn own(tx: &mut Tx, caller: &Caller) -> Result<Account, Problem> {
    let name = caller.name.parse().map_err(|_| Problem::NotFound)?;
    db::users::by_name(tx, &name).await?.filter(|a| a.id == caller.id).ok_or(Problem::NotFound)
}

/// Four groups of four letters.
fn recovery_code(mint: Mint<'_>) -> String {
    let mut random = [0; RECOVERY_LETTERS];
    mint.entropy.fill(&mut random);
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let groups: Vec<String> = random.chunks(4).map(|group| group.iter().map(letter).collect()).collect();
    groups.join("-")
}

/// The QR code of a text, a row a string.
fn squares(text: &str) -> Result<Vec<String>, qrcode::types::QrError> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M)?;
    let dark = |color: &qrcode::Color| if *color == qrcode::Color::Dark { '1' } else { '0' };
    Ok(code.to_colors().chunks(code.width()).map(|row| row.iter().map(dark).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_one_however_it_is_typed_and_another_account_has_others() {
        let hash = recovery_hash("ann", "abcd-efgh-jkmn-pqrs");
        for typed in ["ABCD EFGH JKMN PQRS", "abcdefghjkmnpqrs", " abcd-efgh-jkmn-pqrs\n"] {
            assert_eq!(recovery_hash("ann", typed), hash);
        }
        assert_ne!(recovery_hash("bob", "abcdefghjkmnpqrs"), hash);
    }

    #[test]
    fn a_qr_code_is_a_square_with_its_three_marks() {
        let rows = squares("otpauth://totp/Mist:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mist")
            .expect("a code");
        assert!(rows.len() >= 33 && rows.iter().all(|row| row.len() == rows.len()));
        let last = rows.len() - 7;
        for (row, at) in [(0, 0), (0, last), (last, 0)] {
            assert_eq!(&rows[row][at..at + 7], "1111111");
            assert_eq!(&rows[row + 1][at..at + 7], "1000001");
        }
    }
}
