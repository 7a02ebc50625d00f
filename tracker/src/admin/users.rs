//! Accounts and their grants.

use mist_proto::{
    Slug,
    claims::Scope,
    http::{NewUser, PageQuery, UpdateUser, User, UserList},
    ids::UserName,
};

use super::Admin;
use crate::{
    audit,
    auth::{caller::Caller, session},
    clock::Mint,
    db::{self, Tx, users::Account},
    error::Problem,
    http::page::Page,
};

/// The accounts, by name.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(admin: &Admin, query: &PageQuery) -> Result<UserList, Problem> {
    let page = Page::<String>::asked(query)?;
    let mut tx = admin.records.read().await?;
    let users = db::users::page(&mut tx, page.after.as_deref(), page.to_read()).await?;
    let (users, next) = page.cut(users, |u| u.name.to_string());
    Ok(UserList { users, next })
}

/// Makes an account.
///
/// # Errors
/// 409 `user_exists`; 400 `bad_password`, `bad_scope`; 503 `busy`.
pub async fn create(admin: &Admin, caller: &Caller, new: NewUser) -> Result<User, Problem> {
    let mint = admin.records.mint();
    let account = account(admin, mint, new).await?;
    let mut tx = admin.records.write().await?;
    insert(&mut tx, mint, caller, &account).await?;
    tx.commit().await?;
    Ok(public(account))
}

/// Makes the first account of a server; none if there are accounts already. Of several trackers that start on one
/// database at the same moment, one makes it.
///
/// # Errors
/// 400 `bad_password`; 503 `busy`.
pub async fn create_first(admin: &Admin, new: NewUser) -> Result<Option<User>, Problem> {
    if db::users::any(&mut admin.records.read().await?).await? {
        return Ok(None);
    }
    let mint = admin.records.mint();
    let account = account(admin, mint, new).await?;
    let mut tx = admin.records.write().await?;
    let is_first = db::firsts::claim(&mut tx, db::firsts::ADMIN, mint.now).await?;
    if !is_first || db::users::any(&mut tx).await? {
        return Ok(None);
    }
    insert(&mut tx, mint, &Caller::operator(), &account).await?;
    tx.commit().await?;
    Ok(Some(public(account)))
}

async fn account(admin: &Admin, mint: Mint<'_>, new: NewUser) -> Result<Account, Problem> {
    if new.scope == Scope::Seed {
        return Err(Problem::invalid("bad_scope", "seeds are added by `tracker seed add`, not as accounts"));
    }
    let password = admin.passwords.hash(new.password).await?;
    Ok(Account {
        id: mint.id(),
        name: new.name,
        scope: new.scope,
        password,
        disabled: false,
        created: mint.now,
        last_sign_in: None,
    })
}

async fn insert(tx: &mut Tx, mint: Mint<'_>, caller: &Caller, account: &Account) -> Result<(), Problem> {
    match db::users::insert(tx, account).await {
        Err(e) if e.is_taken() => {
            let message = format!("there is a user {} already", account.name);
            return Err(Problem::conflict("user_exists", message));
        }
        written => written?,
    }
    Ok(audit::note(tx, mint, caller, "user.add", account.name.as_str()).await?)
}

fn public(account: Account) -> User {
    User {
        id: account.id,
        name: account.name,
        scope: account.scope,
        disabled: false,
        grants: vec![],
        created: account.created,
        last_sign_in: None,
        second_factor: false,
    }
}

pub(super) async fn find(tx: &mut Tx, name: &UserName) -> Result<Account, Problem> {
    db::users::by_name(tx, name).await?.ok_or(Problem::NotFound)
}

/// Refuses to leave the server without an admin who may sign in.
async fn keep_an_admin(tx: &mut Tx, account: &Account) -> Result<(), Problem> {
    if account.scope == Scope::Admin && !account.disabled && db::users::enabled_admins(tx).await? <= 1 {
        return Err(Problem::conflict("last_admin", format!("{} is the last admin", account.name)));
    }
    Ok(())
}

/// Makes a friend an admin or the other way round. Who is no admin any more is signed out everywhere, and their tickets for private
/// games that nobody granted them no longer count.
async fn change_scope(tx: &mut Tx, mint: Mint<'_>, account: &Account, scope: Scope) -> Result<(), Problem> {
    match scope {
        Scope::Seed => {
            return Err(Problem::invalid(
                "bad_request",
                "an account is a friend's or an admin's, not a seed's",
            ));
        }
        Scope::Admin => {
            for slug in db::games::private(tx).await? {
                db::denied::allow_grant(tx, &account.id, &slug).await?;
            }
        }
        Scope::User => {
            keep_an_admin(tx, account).await?;
            db::sessions::end_all(tx, &account.id).await?;
            db::tokens::remove_all(tx, &account.id).await?;
            let granted = db::users::grants(tx, &account.id).await?;
            for slug in db::games::private(tx).await? {
                if !granted.contains(&slug) {
                    db::denied::deny_grant(tx, &account.id, &slug, mint.now).await?;
                }
            }
        }
    }
    Ok(db::users::set_scope(tx, &account.id, scope).await?)
}

/// Changes an account. A new password ends its sessions, disabling its tickets too.
///
/// # Errors
/// 404; 409 `last_admin`; 400 `bad_password`, `bad_request`; 503 `busy`.
pub async fn update(
    admin: &Admin,
    caller: &Caller,
    name: &UserName,
    change: UpdateUser,
) -> Result<User, Problem> {
    let phc = match change.password {
        Some(password) => Some(admin.passwords.hash(password).await?),
        None => None,
    };
    let mint = admin.records.mint();
    let mut tx = admin.records.write().await?;
    let account = find(&mut tx, name).await?;
    if let Some(phc) = phc {
        session::set_password(&mut tx, &account.id, &phc, None).await?;
        audit::note(&mut tx, mint, caller, "user.passwd", name.as_str()).await?;
    }
    if let Some(scope) = change.scope.filter(|scope| *scope != account.scope) {
        change_scope(&mut tx, mint, &account, scope).await?;
        audit::note(&mut tx, mint, caller, "user.scope", &format!("{name} {}", scope.as_str())).await?;
    }
    match change.disabled {
        Some(true) if !account.disabled => {
            let account = find(&mut tx, name).await?;
            keep_an_admin(&mut tx, &account).await?;
            db::users::set_disabled(&mut tx, &account.id, true).await?;
            session::end_everything(&mut tx, &account.id, mint).await?;
            audit::note(&mut tx, mint, caller, "user.disable", name.as_str()).await?;
        }
        Some(false) if account.disabled => {
            db::users::set_disabled(&mut tx, &account.id, false).await?;
            db::denied::allow_account(&mut tx, &account.id).await?;
            audit::note(&mut tx, mint, caller, "user.enable", name.as_str()).await?;
        }
        _ => {}
    }
    let user = db::users::with_grants(&mut tx, name).await?;
    tx.commit().await?;
    let user = user.ok_or(Problem::NotFound)?;
    if user.disabled {
        admin.forget_peers(&user.id).await;
    }
    Ok(user)
}

/// Removes the second factor of somebody who lost it.
///
/// # Errors
/// 404, also if there is none.
pub async fn remove_factor(admin: &Admin, caller: &Caller, name: &UserName) -> Result<(), Problem> {
    let mut tx = admin.records.write().await?;
    let account = find(&mut tx, name).await?;
    if !db::factors::remove(&mut tx, &account.id).await? {
        return Err(Problem::NotFound);
    }
    audit::note(&mut tx, admin.records.mint(), caller, "factor.remove", name.as_str()).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes an account; its tickets no longer count.
///
/// # Errors
/// 404; 409 `last_admin`.
pub async fn remove(admin: &Admin, caller: &Caller, name: &UserName) -> Result<(), Problem> {
    let mint = admin.records.mint();
    let mut tx = admin.records.write().await?;
    let account = find(&mut tx, name).await?;
    keep_an_admin(&mut tx, &account).await?;
    session::end_everything(&mut tx, &account.id, mint).await?;
    db::devices::unbind_all(&mut tx, &account.id).await?;
    db::history::forget_friend(&mut tx, &account.id).await?;
    db::users::delete(&mut tx, &account.id).await?;
    audit::note(&mut tx, mint, caller, "user.remove", name.as_str()).await?;
    tx.commit().await?;
    admin.forget_peers(&account.id).await;
    Ok(())
}

/// Lets an account see a private game.
///
/// # Errors
/// 404.
pub async fn grant(admin: &Admin, caller: &Caller, name: &UserName, slug: &Slug) -> Result<(), Problem> {
    let mut tx = admin.records.write().await?;
    let account = find(&mut tx, name).await?;
    let game = db::games::by_slug(&mut tx, slug).await?.ok_or(Problem::NotFound)?;
    db::users::grant(&mut tx, &account.id, &game.id).await?;
    db::denied::allow_grant(&mut tx, &account.id, slug).await?;
    audit::note(&mut tx, admin.records.mint(), caller, "user.grant", &format!("{name} {slug}")).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes the right back; tickets that the account holds for the game no longer count.
///
/// # Errors
/// 404.
pub async fn revoke(admin: &Admin, caller: &Caller, name: &UserName, slug: &Slug) -> Result<(), Problem> {
    let mint = admin.records.mint();
    let mut tx = admin.records.write().await?;
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
