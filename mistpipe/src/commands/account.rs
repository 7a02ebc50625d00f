//! Signing in and out.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use mist_api_client::{CallError, ServerAddress, Tokens};
use mist_command_line::{text, told};
use mist_proto::{
    claims::Scope,
    http::{ChangePassword, Login, route},
};
use serde_json::json;

use crate::{
    api::{self, Api},
    args::LoginArgs,
    failure::{Exit, refuse},
    home::Home,
    session::{self, StoredSession},
    show::Screen,
};

/// Environment variable with the password, for scripts.
const PASSWORD_ENV: &str = "MIST_PASSWORD";

/// `login`: asks for the password, and keeps the session.
pub(super) async fn login(home: &Home, screen: Screen, args: LoginArgs) -> Result<()> {
    let server: ServerAddress =
        args.url.parse().map_err(|e: CallError| refuse(Exit::Usage, e.to_string()))?;
    let client = api::client(server.clone())?;
    // Asked first, so that a wrong address is noticed before a password is typed or sent.
    let trust = api::trust_of(&client).await?;
    if server.is_exposed() {
        screen.warn("this address is not encrypted: your password can be read on the way. Use https");
    }
    let password = read_password(&args)?;
    let device = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty()).map(Into::into);
    let mut login = Login { user: args.user, password, device, code: args.code };
    let answer = match api::sign_in(&client, &login).await {
        Err(e) if e.code() == Some("second_factor") => {
            login.code = Some(read_code(&login)?);
            api::sign_in(&client, &login).await?
        }
        answer => answer?,
    };
    let scope = answer.user.scope;
    let tokens = Tokens::new(&answer, api::now());
    let stored = StoredSession { server, tracker_key: trust.tracker_key, user: answer.user.name, tokens };
    {
        let _lock = home.lock()?;
        stored.store(home)?;
    }
    let fingerprint = session::describe_key(trust.release_key.as_ref());
    screen.line(&format!("signed in at {} as {}", stored.server, stored.user))?;
    screen.line(&format!("release key of the server: {fingerprint}"))?;
    if scope != Scope::Admin {
        screen.warn("this account is no admin: it can look, but not publish");
    }
    screen.record(&json!({
        "event": "signed_in", "server": stored.server, "user": stored.user, "scope": scope,
        "release_key": trust.release_key,
    }))
}

/// The code that the account asks for besides its password.
fn read_code(login: &Login) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        let message = format!(
            "{} signs in with a code as well, and there is no terminal to ask for it: give the one that the authenticator \
             shows, or a recovery code, by --code",
            login.user
        );
        return Err(refuse(Exit::Auth, message));
    }
    rpassword::prompt_password("Code of your authenticator, or a recovery code: ")
        .context("can't read the code")
}

fn read_password(args: &LoginArgs) -> Result<String> {
    let password = if args.password_stdin {
        text::password_from_stdin().context("can't read the password")?
    } else if let Ok(password) = std::env::var(PASSWORD_ENV) {
        password
    } else if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Password of {}: ", args.user))
            .context("can't read the password")?
    } else {
        return Err(refuse(
            Exit::Usage,
            format!(
                "there is no terminal to ask for the password: use --password-stdin or set {PASSWORD_ENV}"
            ),
        ));
    };
    if password.is_empty() {
        return Err(refuse(Exit::Usage, "the password is empty"));
    }
    Ok(password)
}

/// `passwd`.
pub(super) async fn passwd(api: &Api, screen: Screen, from_stdin: bool) -> Result<()> {
    let (current, new) = if from_stdin {
        text::two_passwords_from_stdin().context("can't read the passwords")?
    } else if std::io::stdin().is_terminal() {
        let ask = |what: &str| rpassword::prompt_password(what).context("can't read the password");
        let (current, new) = (ask("Present password: ")?, ask("New password: ")?);
        if new != ask("Again: ")? {
            return Err(refuse(Exit::Usage, "the two passwords differ"));
        }
        (current, new)
    } else {
        return Err(refuse(Exit::Usage, "there is no terminal to ask on: use --password-stdin"));
    };
    let body = ChangePassword { current, new };
    api.call_once(route::ChangeOwnPassword, &(), |call| call.json(&body)).await?;
    screen.line("your password is changed, and you are signed out everywhere else")?;
    screen.record(&json!({ "event": "password_changed" }))
}

/// `logout`: ends the session at the server, and forgets it here in any case.
pub(super) async fn logout(home: &Home, screen: Screen) -> Result<()> {
    let api = Api::open(home)?;
    let _lock = home.lock()?;
    if let Err(e) = api.end_session().await {
        screen
            .warn(&format!("the server could not be told, its session ends by itself: {}", told(e.chain())));
    }
    StoredSession::forget(home)?;
    screen.line("signed out")?;
    screen.record(&json!({ "event": "signed_out" }))
}
