//! The tracker's HTTP API as a signed-in admin calls it.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use mist_api_client::{
    AccessToken, Answer, ApiClient, CallError, CallTo, EntryOf, Read, Renewal, ServerAddress, SignedIn,
    TokenStore, Tokens, every_page,
};
use mist_proto::{
    UnixMillis,
    http::{
        Login, Page, PageQuery, RefreshRequest, Session, Trust,
        route::{self, Route},
    },
};

use crate::{
    failure::{Exit, refuse},
    home::Home,
    retry::RetryPauses,
    session::StoredSession,
    token::Token,
};

/// How long a call may take that carries a manifest, a recipe or a part over a slow line.
pub(crate) const TRANSFER: Duration = Duration::from_secs(15 * 60);
/// How long a server that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(20);

/// This machine's clock.
pub(crate) fn now() -> UnixMillis {
    SystemTime::now().into()
}

/// Calls to a server that nobody need be signed in at.
pub(crate) fn client(server: ServerAddress) -> Result<ApiClient, CallError> {
    ApiClient::new(server, concat!("mistpipe/", env!("CARGO_PKG_VERSION")))
}

/// `GET /trust`, for everybody.
pub(crate) async fn trust_of(client: &ApiClient) -> Result<Trust, CallError> {
    client.to(route::GetTrust, &()).read().await
}

/// `POST /auth/login`.
pub(crate) async fn sign_in(client: &ApiClient, login: &Login) -> Result<Session, CallError> {
    client.to(route::SignIn, &()).json(login).read().await
}

/// Makes the call again and again while whoever is called may come back, for as long as `pauses` go on.
pub(crate) async fn insist<F>(call: impl Fn() -> F, mut pauses: RetryPauses) -> Result<Answer, CallError>
where
    F: Future<Output = Result<Answer, CallError>>,
{
    loop {
        let error = match call().await {
            Err(e) if e.is_transient() => e,
            settled => return settled,
        };
        let Some(delay) = pauses.next() else { return Err(error) };
        tokio::time::sleep(delay.max(error.retry_after().unwrap_or_default())).await;
    }
}

/// The session that is signed in on this machine, for its calls.
struct Sessions(Home);

impl TokenStore for Sessions {
    type Error = anyhow::Error;
    type Lock = std::fs::File;

    async fn lock(&self) -> Result<Self::Lock> {
        let home = self.0.clone();
        tokio::task::spawn_blocking(move || home.lock()).await?
    }

    fn load(&self) -> Result<Tokens> {
        Ok(StoredSession::load(&self.0)?.tokens)
    }

    fn save(&self, session: &Session, asked: UnixMillis) -> Result<()> {
        StoredSession { tokens: Tokens::new(session, asked), ..StoredSession::load(&self.0)? }.store(&self.0)
    }

    fn ended(&self, refusal: CallError) -> anyhow::Error {
        match StoredSession::load(&self.0) {
            Ok(StoredSession { server, user, .. }) => refuse(
                Exit::Auth,
                format!("your session has ended: run `mistpipe login {server} --user {user}` again"),
            ),
            Err(_) => refusal.into(),
        }
    }
}

/// What is shown to the server.
enum Shown {
    /// The session of this machine.
    Session(Sessions),
    /// An API token, as long as the server takes it.
    Token(String),
}

impl Renewal for Shown {
    type Error = anyhow::Error;

    async fn renew(&self, api: &ApiClient, refused: Option<&str>) -> Result<AccessToken> {
        match (self, refused) {
            (Self::Session(sessions), refused) => sessions.renew(api, refused).await,
            (Self::Token(token), None) => {
                Ok(AccessToken { token: token.clone(), until: UnixMillis(i64::MAX) })
            }
            (Self::Token(_), Some(_)) => Err(refuse(
                Exit::Auth,
                "the server does not take this token: it is over, was taken back, or is another server's",
            )),
        }
    }
}

/// The API of the server that this machine is signed in at, or that a token is for.
pub(crate) struct Api {
    calls: SignedIn<Shown>,
    home: Home,
}

impl Api {
    /// The API of the server of the token in the environment, or else of the session in `home`.
    ///
    /// # Errors
    /// Exit code 3 if nobody is signed in, 2 for a token without a server.
    pub(crate) fn open(home: &Home) -> Result<Self> {
        let (server, shown) = match Token::from_env()? {
            Some(token) => (token.server(home)?, Shown::Token(token.secret)),
            None => (StoredSession::load(home)?.server, Shown::Session(Sessions(home.clone()))),
        };
        Ok(Self { calls: SignedIn::new(client(server)?, shown), home: home.clone() })
    }

    /// The calls below, for a seed's byte router.
    pub(crate) fn client(&self) -> &ApiClient {
        self.calls.api()
    }

    /// Calls `route` with what `shape` adds, and reads the answer. A server that does not answer is asked again for a
    /// while, because every call of this API may be repeated.
    pub(crate) async fn call<R: Route>(
        &self,
        route: R,
        place: &R::Place,
        shape: impl Fn(CallTo<R>) -> CallTo<R> + Send + Sync,
    ) -> Result<<R::Answer as Read>::Value>
    where
        R::Answer: Read,
    {
        Ok(R::Answer::read(self.answer(route, place, shape).await?).await?)
    }

    /// As [`Api::call`], with the body of the answer still on its way.
    pub(crate) async fn answer<R: Route>(
        &self,
        route: R,
        place: &R::Place,
        shape: impl Fn(CallTo<R>) -> CallTo<R> + Send + Sync,
    ) -> Result<Answer> {
        let shape = &shape;
        let attempt = |token: String| {
            let make = move || shape(self.client().to(route, place)).bearer(&token).send();
            insist(make, RetryPauses::new(PATIENCE))
        };
        self.calls.attempt(attempt).await
    }

    /// Calls `route` with nothing but its place.
    pub(crate) async fn ask<R: Route>(&self, route: R, place: &R::Place) -> Result<<R::Answer as Read>::Value>
    where
        R::Answer: Read,
    {
        self.call(route, place, |call| call).await
    }

    /// As [`Api::ask`], asked once: behind the server is somebody who is not to be pressed.
    pub(crate) async fn ask_once<R: Route>(
        &self,
        route: R,
        place: &R::Place,
    ) -> Result<<R::Answer as Read>::Value>
    where
        R::Answer: Read,
    {
        self.calls.call(route, place, |call| call).await
    }

    /// As [`Api::call`], made once: doing it twice would make two of what it makes.
    pub(crate) async fn call_once<R: Route>(
        &self,
        route: R,
        place: &R::Place,
        shape: impl Fn(CallTo<R>) -> CallTo<R> + Send + Sync,
    ) -> Result<<R::Answer as Read>::Value>
    where
        R::Answer: Read,
    {
        self.calls.call(route, place, shape).await
    }

    /// Every entry of a list, page by page.
    pub(crate) async fn list<R>(&self, route: R, place: &R::Place) -> Result<Vec<EntryOf<R>>>
    where
        R: Route<Query = PageQuery>,
        R::Answer: Read<Value: Page>,
    {
        every_page(|query| async move { self.call(route, place, |call| call.query(&query)).await }).await
    }

    /// `GET /trust`, refused if the tracker's key is not the one of the sign-in.
    pub(crate) async fn trust(&self) -> Result<Trust> {
        let trust = self.ask(route::GetTrust, &()).await?;
        // A token may be used where nobody ever signed in; then there is nothing to compare.
        let session = match self.calls.renewal() {
            Shown::Session(_) => Some(StoredSession::load(&self.home)?),
            Shown::Token(_) => StoredSession::load(&self.home).ok(),
        };
        let known = session.filter(|s| s.server == *self.client().server());
        if let Some(session) = known.filter(|s| s.tracker_key != trust.tracker_key) {
            return Err(refuse(
                Exit::Auth,
                format!(
                    "{} shows another key than when you signed in. If it was set up anew, sign in again with \
                     `mistpipe login`; if not, somebody may stand between",
                    session.server
                ),
            ));
        }
        Ok(trust)
    }

    /// Ends the session at the server.
    pub(crate) async fn end_session(&self) -> Result<()> {
        let body = RefreshRequest { refresh_token: StoredSession::load(&self.home)?.tokens.refresh };
        self.client().to(route::SignOut, &()).json(&body).read().await?;
        Ok(())
    }
}
