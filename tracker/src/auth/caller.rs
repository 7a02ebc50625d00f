//! The middleware that finds out who is calling and whether the table of routes lets them.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use mist_proto::{
    Hash, UnixMillis,
    claims::{AccessClaims, Scope, TokenError, TrackerKey},
    http::{
        CONFIRMED_SECS, TOKEN_PREFIX, TokenLevel,
        route::{self, Access, Info},
    },
};

use super::{browser, cookie, tokens};
use crate::{
    db, error::Problem, http::budget::Meter, recent::Recent, records::Records, shared::budget::Party,
};

/// What finding out who is calling takes.
#[derive(Clone)]
pub struct Gate {
    pub(crate) records: Records,
    pub(crate) key: TrackerKey,
    pub(crate) meter: Meter,
    pub(crate) callers: Arc<RecentCallers>,
}

/// Callers by the hashes of the access tokens that they showed.
pub type RecentCallers = Recent<Hash, Caller>;

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Id of the account or seed.
    pub id: String,
    /// Its name, for the audit log.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// Session; the seed's id for a seed.
    pub family: String,
    /// When the access token expires.
    pub expires: UnixMillis,
    /// By what it shows who it is.
    pub by: By,
}

/// By what a caller shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It sits at the server itself.
    AtTheServer,
    /// A seed's access token.
    Seed,
    /// The access token of one of Mist's programs.
    Program,
    /// A browser's cookie.
    Browser {
        /// When its password was given last.
        confirmed: Option<UnixMillis>,
    },
    /// An API token.
    ApiToken(TokenLevel),
}

impl Caller {
    /// Whoever sits at the server itself and may open the control socket.
    pub fn operator() -> Self {
        Self {
            id: "operator".into(),
            name: "operator".into(),
            scope: Scope::Admin,
            family: String::new(),
            expires: UnixMillis(i64::MAX),
            by: By::AtTheServer,
        }
    }

    /// Refuses what the scope allows and what the caller shows does not: an API token opens no more than it was made for, and a
    /// browser does what destroys only soon after its password was given.
    fn opens(&self, route: &Info, now: UnixMillis) -> Result<(), Problem> {
        match self.by {
            By::ApiToken(level) if route.token.is_none_or(|needed| level < needed) => {
                Err(Problem::TokenLevel(route.token))
            }
            _ if route.confirmed => self.has_confirmed(now),
            _ => Ok(()),
        }
    }

    /// Refuses a browser whose password was given too long ago for what destroys.
    ///
    /// # Errors
    /// 403 `confirm_password`.
    pub fn has_confirmed(&self, now: UnixMillis) -> Result<(), Problem> {
        let recent = |at: UnixMillis| now.since(at) <= CONFIRMED_SECS * 1000;
        match self.by {
            By::Browser { confirmed } if !confirmed.is_some_and(recent) => Err(Problem::ConfirmPassword),
            _ => Ok(()),
        }
    }

    /// Whether this caller manages the server.
    pub fn is_admin(&self) -> bool {
        self.scope == Scope::Admin
    }
}

/// Marks a request that came by the control socket.
#[derive(Debug, Clone, Copy)]
pub struct AtTheServer;

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // The table lets nobody through to a handler that asks for a caller without having found one.
        parts.extensions.get::<Self>().cloned().ok_or(Problem::SignIn)
    }
}

/// Refuses what the table does not allow; a route that is not in the table is open to nobody.
pub async fn authorise(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let at_the_server = request.extensions().get::<AtTheServer>().is_some();
    let shown = Shown::by(&request);
    let found = match find_caller(&gate, at_the_server, shown).await {
        Ok(found) => found,
        Err(problem) => return problem.into_response(),
    };
    let route = route_of(&request);
    match (route.map(|route| route.access), found) {
        (Some(Access::Anyone), found) => {
            if let Ok(caller) = found {
                if let Err(problem) = charge(&gate, &caller).await {
                    return problem.into_response();
                }
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        (Some(access), Ok(caller)) if access.allows(caller.scope) => {
            let opens = route.map_or(Ok(()), |route| caller.opens(route, gate.records.now()));
            if let Err(problem) = opens {
                return problem.into_response();
            }
            if let Err(problem) = charge(&gate, &caller).await {
                return problem.into_response();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        (_, Ok(_)) => Problem::Forbidden.into_response(),
        (_, Err(refusal)) => refusal.into_response(),
    }
}

/// The route that the request is for. A method that the route does not have is not there for anybody.
fn route_of(request: &Request) -> Option<&'static Info> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    route::find(request.method().as_str(), path)
}

/// Counts a request for the caller's account. The work that a seed reports is bounded by the jobs that it was given.
async fn charge(gate: &Gate, caller: &Caller) -> Result<(), Problem> {
    if caller.scope == Scope::Seed {
        return Ok(());
    }
    gate.meter.spend(Party::Account(caller.id.clone())).await
}

/// The outer error is ours, the inner one the caller's.
async fn find_caller(
    gate: &Gate,
    at_the_server: bool,
    shown: Shown,
) -> Result<Result<Caller, Problem>, Problem> {
    if at_the_server {
        return Ok(Ok(Caller::operator()));
    }
    let token = match shown {
        Shown::Nothing => return Ok(Err(Problem::SignIn)),
        Shown::CookieFromElsewhere => return Ok(Err(Problem::CrossSite)),
        Shown::Cookie(secret) => return browser::find(&gate.records, &secret).await,
        Shown::Token(token) if token.starts_with(TOKEN_PREFIX) => {
            return tokens::find(&gate.records, &token).await;
        }
        Shown::Token(token) => token,
    };
    let (key, moment) = (Hash::of(token.as_bytes()), gate.records.moment());
    if let Some(caller) = gate.callers.get(&key, moment).filter(|caller| caller.expires > moment.now) {
        return Ok(Ok(caller));
    }
    let found = find_by_token(gate, &token).await?;
    if let Ok(caller) = &found {
        gate.callers.put(key, moment, caller.clone());
    }
    Ok(found)
}

/// Finds out who shows an access token of one of Mist's programs or of a seed.
async fn find_by_token(gate: &Gate, token: &str) -> Result<Result<Caller, Problem>, Problem> {
    let claims: AccessClaims = match gate.key.verify(token, gate.records.now()) {
        Ok(claims) => claims,
        Err(TokenError::Expired) => return Ok(Err(Problem::TokenExpired)),
        Err(TokenError::Invalid) => return Ok(Err(Problem::SignIn)),
    };
    let expires = UnixMillis(claims.exp.saturating_mul(1000));
    // The token says who the caller was when it was made; the database says who they are now.
    let mut tx = gate.records.read().await?;
    if claims.scope == Scope::Seed {
        let seed = db::seeds::by_id(&mut tx, &claims.sub).await?;
        return Ok(seed.ok_or(Problem::SignIn).map(|s| Caller {
            family: s.id.clone(),
            id: s.id,
            name: s.name.to_string(),
            scope: Scope::Seed,
            expires,
            by: By::Seed,
        }));
    }
    let holder = db::sessions::holder(&mut tx, &claims.family).await?;
    let now = gate.records.now();
    let holder = holder.filter(|h| h.user_id == claims.sub && !h.disabled && h.expires > now);
    Ok(holder.ok_or(Problem::SignIn).map(|h| Caller {
        id: h.user_id,
        name: h.name.to_string(),
        scope: h.scope,
        family: claims.family,
        expires,
        by: By::Program,
    }))
}

/// What a request shows of who makes it. A token goes before a cookie, which comes along unasked.
enum Shown {
    Nothing,
    Token(String),
    Cookie(String),
    /// A cookie with a request that changes something and that no page of this server made.
    CookieFromElsewhere,
}

impl Shown {
    fn by(request: &Request) -> Self {
        let headers = request.headers();
        if let Some(token) = bearer(headers) {
            return Self::Token(token.to_owned());
        }
        match cookie::shown(headers) {
            None => Self::Nothing,
            Some(_) if !request.method().is_safe() && !cookie::from_here(headers) => {
                Self::CookieFromElsewhere
            }
            Some((_, secret)) => Self::Cookie(secret.to_owned()),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
