//! Calls of somebody who is signed in.

use std::{future::Future, time::SystemTime};

use mist_proto::{
    UnixMillis,
    http::{RefreshRequest, Session, route},
};
use tokio::sync::Mutex;

use crate::{AccessToken, ApiClient, CallError, Tokens};

/// How a session goes on. [`SignedIn`] asks for a token when it has none, or when the one that it has will not do.
///
/// Whoever keeps tokens on a disk implements [`TokenStore`], which is one of these.
pub trait Renewal: Send + Sync {
    /// What a call of this session fails by.
    type Error: From<CallError> + Send;

    /// An access token for calls from now on. `refused` is one that the server no longer takes.
    fn renew(
        &self,
        api: &ApiClient,
        refused: Option<&str>,
    ) -> impl Future<Output = Result<AccessToken, Self::Error>> + Send;
}

/// Where an account's tokens are kept, possibly for several processes.
pub trait TokenStore: Send + Sync {
    /// What a call of this session fails by.
    type Error: From<CallError> + Send;
    /// Keeps others from renewing the tokens until it is dropped.
    type Lock: Send;

    /// Takes the lock: a refresh token works once, and showing it twice ends the session.
    fn lock(&self) -> impl Future<Output = Result<Self::Lock, Self::Error>> + Send;

    /// The tokens as they are kept now, be it by another process. An error if nobody is signed in.
    fn load(&self) -> Result<Tokens, Self::Error>;

    /// Keeps what the server answered to a request made at `asked`. It is on the disk when this returns, because the
    /// refresh token before it is used up.
    fn save(&self, session: &Session, asked: UnixMillis) -> Result<(), Self::Error>;

    /// What to say when the server has ended the session.
    fn ended(&self, refusal: CallError) -> Self::Error;
}

impl<S: TokenStore> Renewal for S {
    type Error = S::Error;

    async fn renew(&self, api: &ApiClient, refused: Option<&str>) -> Result<AccessToken, Self::Error> {
        let will_do = |t: &Tokens| t.is_fresh(now()) && refused != Some(&t.access);
        let mut tokens = self.load()?;
        if !will_do(&tokens) {
            let _lock = self.lock().await?;
            // Another process may have renewed them while this one waited.
            tokens = self.load()?;
            if !will_do(&tokens) {
                let asked = now();
                let body = RefreshRequest { refresh_token: tokens.refresh };
                let session = api.to(route::RefreshSession, &()).json(&body).read().await;
                let session =
                    session.map_err(|e| if e.is_unauthorized() { self.ended(e) } else { e.into() })?;
                self.save(&session, asked)?;
                tokens = Tokens::new(&session, asked);
            }
        }
        Ok(tokens.into())
    }
}

/// Calls to one server with a session that renews itself.
pub struct SignedIn<R> {
    api: ApiClient,
    renewal: R,
    /// The token in use. Held while it is renewed, so that many calls at once renew it once.
    token: Mutex<Option<AccessToken>>,
}

impl<R: Renewal> SignedIn<R> {
    /// Calls by `api`, with tokens from `renewal`.
    pub fn new(api: ApiClient, renewal: R) -> Self {
        Self { api, renewal, token: Mutex::new(None) }
    }

    /// The calls that need no session.
    pub fn api(&self) -> &ApiClient {
        &self.api
    }

    /// How the session goes on.
    pub fn renewal(&self) -> &R {
        &self.renewal
    }

    /// Makes a call in a way of the caller's own, to which it gets the access token; once more with a new one if the
    /// server no longer takes that. [`SignedIn::call`] is the usual way.
    ///
    /// # Errors
    /// What the attempt or the renewal fails by.
    pub async fn attempt<T, F>(&self, attempt: impl Fn(String) -> F + Send + Sync) -> Result<T, R::Error>
    where
        F: Future<Output = Result<T, CallError>> + Send,
        T: Send,
    {
        let token = self.token(None).await?;
        match attempt(token.clone()).await {
            Err(e) if e.is_unauthorized() => Ok(attempt(self.token(Some(&token)).await?).await?),
            answer => Ok(answer?),
        }
    }

    async fn token(&self, refused: Option<&str>) -> Result<String, R::Error> {
        let mut held = self.token.lock().await;
        let known = held.as_ref().filter(|t| t.will_do(now()) && refused != Some(&t.token));
        if let Some(known) = known {
            return Ok(known.token.clone());
        }
        let new = self.renewal.renew(&self.api, refused).await?;
        Ok(held.insert(new).token.clone())
    }

    /// Forgets the token in use, because somebody signed in or out.
    pub async fn forget(&self) {
        *self.token.lock().await = None;
    }
}

/// This machine's clock.
fn now() -> UnixMillis {
    SystemTime::now().into()
}
