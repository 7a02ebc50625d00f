//! Accounts and their grants.

use mist_proto::{
    Slug,
    claims::Scope,
    http::{NewUser, PageQuery, UpdateUser, User, UserList},
    ids::UserName,
};

use super::audit;
use crate::{
    app::App,
    auth::{caller::Caller, session},
    db::{self, Tx, users::Account},
    error::Problem,
    http::page::Page,
};

/// The accounts, by name.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(app: &App, query: &PageQuery) -> Result<UserList, Problem> {
    let page = Page::asked(query)?;
    let mut users = db::users::list(&mut app.db.read().await?).await?;
    users.sort_by(|a, b| a.name.cmp(&b.name));
    let (users, next) = page.cut_whole(users, |u| u.name.to_string());
    Ok(UserList { users, next })
}

/// Makes an account.
///
/// # Errors
/// 409 `user_exists`; 400 `bad_password`, `bad_scope`; 503 `busy`.
pub async fn create(app: &App, caller: &Caller, new: NewUser) -> Result<User, Problem> {
    if new.scope == Scope::Seed {
        return Err(Problem::invalid("bad_scope", "seeds are added by `tracker seed add`, not as accounts"));
    }
    let password = app.passwords.hash(new.password).await?;
    let mint = app.mint();
    let account = Account {
        id: mint.id(),
        name: new.name,
        scope: new.scope,
        password,
        disabled: false,
        created: mint.now,
    };
    let mut tx = app.db.write().await?;
    match db::users::insert(&mut tx, &account).await {
        Err(e) if e.is_taken() => {
            return Err(Problem::conflict(
                "user_exists",
                format!("there is a user {} already", account.name),
            ));
        }
        written => written?,
    }
    audit::note(&mut tx, mint, caller, "user.add", account.name.as_str()).await?;
    tx.commit().await?;
    Ok(User {
        id: account.id,
        name: account.name,
        scope: account.scope,
        disabled: false,
        grants: vec![],
        created: account.created,
    })
}

async fn find(tx: &mut Tx, name: &UserName) -> Result<Account, Problem> {
    db::users::by_name(tx, name).await?.ok_or(Problem::NotFound)
}

/// Refuses to leave the server without an admin who may sign in.
async fn keep_an_admin(tx: &mut Tx, account: &Account) -> Result<(), Problem> {
    if account.scope == Scope::Admin && !account.disabled && db::users::enabled_admins(tx).await? <= 1 {
        return Err(Problem::conflict("last_admin", format!("{} is the last admin", account.name)));
    }
    Ok(())
}

/// Changes an account. A new password ends its sessions, disabling its tickets too.
///
/// # Errors
/// 404; 409 `last_admin`; 400 `bad_password`; 503 `busy`.
pub async fn update(
    app: &App,
    caller: &Caller,
    name: &UserName,
    change: UpdateUser,
) -> Result<User, Problem> {
    let phc = match change.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let mint = app.mint();
    let mut tx = app.db.write().await?;
    let account = find(&mut tx, name).await?;
    if let Some(phc) = phc {
        db::users::set_password(&mut tx, &account.id, &phc).await?;
        db::sessions::end_all(&mut tx, &account.id).await?;
        audit::note(&mut tx, mint, caller, "user.passwd", name.as_str()).await?;
    }
    match change.disabled {
        Some(true) if !account.disabled => {
            keep_an_admin(&mut tx, &account).await?;
            db::users::set_disabled(&mut tx, &account.id, true).await?;
            session::end_everything(&mut tx, &account.id, mint).await?;
            audit::note(&mut tx, mint, caller, "user.disable", name.as_str()).await?;
        }
        Some(false) if account.disabled => {
            db::users::set_disabled(&mut tx, &account.id, false).await?;
            db::denied::allow_devices(&mut tx, &account.id).await?;
            audit::note(&mut tx, mint, caller, "user.enable", name.as_str()).await?;
        }
        _ => {}
    }
    let user = db::users::list(&mut tx).await?.into_iter().find(|u| u.name == *name);
    tx.commit().await?;
    let user = user.ok_or(Problem::NotFound)?;
    if user.disabled {
        app.presence.drop_account(&user.id).await;
    }
    Ok(user)
}

/// Removes an account; its tickets no longer count.
///
/// # Errors
/// 404; 409 `last_admin`.
pub async fn remove(app: &App, caller: &Caller, name: &UserName) -> Result<(), Problem> {
    let mint = app.mint();
    let mut tx = app.db.write().await?;
    let account = find(&mut tx, name).await?;
    keep_an_admin(&mut tx, &account).await?;
    session::end_everything(&mut tx, &account.id, mint).await?;
    db::devices::unbind_all(&mut tx, &account.id).await?;
    db::users::delete(&mut tx, &account.id).await?;
    audit::note(&mut tx, mint, caller, "user.remove", name.as_str()).await?;
    tx.commit().await?;
    app.presence.drop_account(&account.id).await;
    Ok(())
}

/// Lets an account see a private game.
///
/// # Errors
/// 404.
pub async fn grant(app: &App, caller: &Caller, name: &UserName, slug: &Slug) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    let account = find(&mut tx, name).await?;
    let game = db::games::by_slug(&mut tx, slug).await?.ok_or(Problem::NotFound)?;
    db::users::grant(&mut tx, &account.id, &game.id).await?;
    db::denied::allow_grant(&mut tx, &account.id, slug).await?;
    audit::note(&mut tx, app.mint(), caller, "user.grant", &format!("{name} {slug}")).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the right back; tickets that the account holds for the game no longer count.
///
/// # Errors
/// 404.
pub async fn revoke(app: &App, caller: &Caller, name: &UserName, slug: &Slug) -> Result<(), Problem> {
    let mint = app.mint();
    let mut tx = app.db.write().await?;
    let account = find(&mut tx, name).await?;
    let game = db::games::by_slug(&mut tx, slug).await?.ok_or(Problem::NotFound)?;
    let had = db::users::revoke(&mut tx, &account.id, &game.id).await?;
    if had && game.public.is_private && account.scope == Scope::User {
        db::denied::deny_grant(&mut tx, &account.id, slug, mint.now).await?;
    }
    audit::note(&mut tx, mint, caller, "user.revoke", &format!("{name} {slug}")).await?;
    tx.commit().await?;
    Ok(())
}
