//! Changing a setting while the tracker serves.

use mist_proto::http::ServerSettings;
use mist_settings::Declared;

use super::{LIVE, handlers::Changing};
use crate::{audit, auth::caller::Caller, db, error::Problem};

/// Longest value, in bytes.
const MAX_VALUE: usize = 200;

/// The declaration of a setting that may be changed now.
fn changeable(changing: &Changing, name: &str) -> Result<&'static dyn Declared, Problem> {
    let is_free = changing.live.is_free(name).ok_or(Problem::NotFound)?;
    let live = LIVE.iter().find(|setting| setting.about().name == name);
    let setting = live.ok_or_else(|| {
        Problem::conflict(
            "needs_restart",
            format!("the setting {name} counts from the server's start on: change it where it is started"),
        )
    })?;
    if !is_free {
        let message = format!(
            "the setting {name} is locked: the file, the environment or a flag of the server gives it"
        );
        return Err(Problem::conflict("locked", message));
    }
    Ok(*setting)
}

/// Sets it, for all trackers.
///
/// # Errors
/// 404; 400 `bad_setting`; 409 `locked`, `needs_restart`.
pub(super) async fn set(
    changing: &Changing,
    caller: &Caller,
    name: &str,
    value: &str,
) -> Result<ServerSettings, Problem> {
    let setting = changeable(changing, name)?;
    let value = value.trim();
    if value.len() > MAX_VALUE {
        return Err(Problem::invalid("bad_setting", format!("a value has at most {MAX_VALUE} bytes")));
    }
    let bad =
        |why: String| Problem::invalid("bad_setting", format!("the value of {name} is not valid: {why}"));
    setting.check(value).map_err(bad)?;
    let mint = changing.records.mint();
    let mut tx = changing.records.write().await?;
    db::settings::set(&mut tx, name, value, &caller.name, mint.now).await?;
    audit::note(&mut tx, mint, caller, "setting.change", &format!("{name} = {value}")).await?;
    tx.commit().await?;
    changing.live.read(&changing.records).await?;
    Ok(changing.live.described())
}

/// Lets the default count again, for all trackers.
///
/// # Errors
/// As [`set`].
pub(super) async fn reset(
    changing: &Changing,
    caller: &Caller,
    name: &str,
) -> Result<ServerSettings, Problem> {
    changeable(changing, name)?;
    let mut tx = changing.records.write().await?;
    if db::settings::forget(&mut tx, name).await? {
        audit::note(&mut tx, changing.records.mint(), caller, "setting.reset", name).await?;
    }
    tx.commit().await?;
    changing.live.read(&changing.records).await?;
    Ok(changing.live.described())
}
