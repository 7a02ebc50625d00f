//! The second factor of one's own account, and the removal of somebody else's.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use mist_proto::{
    http::{FactorCode, NewSecondFactor, RecoveryCodes, route},
    ids::UserName,
};
use mist_readable::count;
use serde_json::json;

use crate::{api::Api, failure::name_missing, show::Screen};

/// Light squares around a QR code, without which nothing reads it.
const QUIET: usize = 2;

/// `factor show`.
pub(super) async fn show(api: &Api, screen: Screen) -> Result<()> {
    let factor = api.ask(route::GetSecondFactor, &()).await?;
    if factor.enrolled {
        let left = count(factor.recovery_codes.into(), "recovery code is", "recovery codes are");
        screen.line(&format!("a code is asked for at each sign-in; {left} left"))?;
    } else {
        screen.line("your password alone signs you in")?;
        screen.note("`mistpipe factor add` sets a second factor up");
    }
    screen.record(&factor)
}

/// `factor add`: on a terminal it asks for the first code; elsewhere `factor confirm` takes it.
pub(super) async fn add(api: &Api, screen: Screen) -> Result<()> {
    let new = api.ask_once(route::BeginSecondFactor, &()).await?;
    let NewSecondFactor { secret, uri, qr } = &new;
    screen.line(&format!("{}\nkey  {secret}\n     {uri}", drawn(qr)))?;
    screen.record(&json!({ "event": "begun", "secret": secret, "uri": uri }))?;
    if !std::io::stdin().is_terminal() {
        screen.note("nothing is asked for yet: show the first code by `mistpipe factor confirm CODE`");
        return Ok(());
    }
    screen.note("scan it with an authenticator, or type the key there");
    let code = rpassword::prompt_password("Code that it shows: ").context("can't read the code")?;
    confirm(api, screen, code).await
}

/// `factor confirm`.
pub(super) async fn confirm(api: &Api, screen: Screen, code: String) -> Result<()> {
    let body = FactorCode { code: code.trim().to_owned() };
    let kept = api.call_once(route::ConfirmSecondFactor, &(), |call| call.json(&body)).await?;
    let RecoveryCodes { codes } = &kept;
    screen.line(&codes.join("\n"))?;
    screen.note(
        "from now on a code is asked for at each sign-in. These recovery codes take its place, each once, for when the \
         authenticator is lost: keep them where your passwords are. They are not shown again",
    );
    screen.record(&json!({ "event": "enrolled", "recovery_codes": codes }))
}

/// `factor rm`: one's own, or that of an account whose owner lost it.
pub(super) async fn remove(api: &Api, screen: Screen, user: Option<UserName>) -> Result<()> {
    match &user {
        None => {
            let removed = api.ask_once(route::RemoveSecondFactor, &()).await;
            removed.map_err(|e| name_missing(e, "second factor of your account"))?;
        }
        Some(user) => {
            let removed = api.ask_once(route::RemoveUserFactor, user).await;
            removed.map_err(|e| name_missing(e, format!("account {user} with a second factor")))?;
        }
    }
    let whose = user.as_ref().map_or("your password alone signs you in".to_owned(), |user| {
        format!("the password alone signs {user} in")
    });
    screen.line(&format!("{whose} from now on"))?;
    screen.record(&json!({ "event": "removed", "user": user }))
}

/// A QR code for a terminal with light letters on dark ground: two rows a line.
fn drawn(qr: &[String]) -> String {
    let width = qr.first().map_or(0, String::len) + 2 * QUIET;
    let is_light = |x: usize, y: usize| {
        let dark = y.checked_sub(QUIET).and_then(|y| qr.get(y)).zip(x.checked_sub(QUIET));
        dark.and_then(|(row, x)| row.as_bytes().get(x)) != Some(&b'1')
    };
    let line = |y: usize| -> String {
        (0..width)
            .map(|x| match (is_light(x, y), is_light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect()
    };
    (0..qr.len() + 2 * QUIET).step_by(2).map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_two_rows_a_line_with_light_around_it() {
        let drawn = drawn(&["101".into(), "010".into(), "111".into()]);
        assert_eq!(drawn, "███████\n██▄▀▄██\n██▄▄▄██\n███████");
    }
}
