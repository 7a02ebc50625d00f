//! Sessions that renew themselves, against a server in the same process.

use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
    time::SystemTime,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use mist_api_client::{AccessToken, ApiClient, CallError, Renewal, SignedIn, TokenStore, Tokens};
use mist_proto::{
    UnixMillis,
    claims::Scope,
    http::{ErrorBody, Me, ProblemDetails, RefreshRequest, Session, route},
};
use tokio::net::TcpListener;

/// What the server knows.
#[derive(Default)]
struct Server {
    /// Number of the tokens that it takes.
    current: AtomicU32,
    refreshes: AtomicU32,
    calls: AtomicU32,
}

fn refusal() -> Response {
    let error = ErrorBody { code: "sign_in".into(), message: "sign in first".into() };
    (StatusCode::UNAUTHORIZED, Json(ProblemDetails::new(401, "Unauthorized", error))).into_response()
}

async fn refresh(State(server): State<Arc<Server>>, Json(body): Json<RefreshRequest>) -> Response {
    let current = server.current.load(Ordering::SeqCst);
    server.refreshes.fetch_add(1, Ordering::SeqCst);
    if body.refresh_token != format!("refresh {current}") {
        return refusal();
    }
    server.current.fetch_add(1, Ordering::SeqCst);
    Json(session(current + 1)).into_response()
}

async fn me(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    server.calls.fetch_add(1, Ordering::SeqCst);
    let expected = format!("Bearer access {}", server.current.load(Ordering::SeqCst));
    if headers["authorization"] != expected.as_str() {
        return refusal();
    }
    Json(session(0).user).into_response()
}

fn session(number: u32) -> Session {
    Session {
        access_token: format!("access {number}"),
        expires_in: 900,
        refresh_token: format!("refresh {number}"),
        user: Me { id: "1".into(), name: "ada".parse().expect("a name"), scope: Scope::User },
        origins: vec![],
    }
}

async fn start() -> (Arc<Server>, ApiClient) {
    // Another test of this process may have done it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let server = Arc::new(Server::default());
    let api = Router::new().route("/auth/refresh", post(refresh)).route("/me", get(me));
    let app = Router::new().nest("/api/v1", api).with_state(server.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (server, ApiClient::new(address.parse().expect("an address"), "test/1").expect("a client"))
}

/// Tokens in memory, as two processes would share them on a disk.
#[derive(Clone, Default)]
struct Disk {
    tokens: Arc<Mutex<Option<Tokens>>>,
    one: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, PartialEq)]
enum Failure {
    NotSignedIn,
    Ended,
    Call(CallError),
}

impl From<CallError> for Failure {
    fn from(e: CallError) -> Self {
        Self::Call(e)
    }
}

impl Disk {
    fn holding(number: u32, expires: i64) -> Self {
        let disk = Self::default();
        let tokens = Tokens {
            access: format!("access {number}"),
            expires: UnixMillis(expires),
            refresh: format!("refresh {number}"),
        };
        *disk.tokens() = Some(tokens);
        disk
    }

    fn tokens(&self) -> MutexGuard<'_, Option<Tokens>> {
        self.tokens.lock().expect("nobody panics")
    }
}

impl TokenStore for Disk {
    type Error = Failure;
    type Lock = tokio::sync::OwnedMutexGuard<()>;

    async fn lock(&self) -> Result<Self::Lock, Failure> {
        Ok(self.one.clone().lock_owned().await)
    }

    fn load(&self) -> Result<Tokens, Failure> {
        self.tokens().clone().ok_or(Failure::NotSignedIn)
    }

    fn save(&self, session: &Session, asked: UnixMillis) -> Result<(), Failure> {
        *self.tokens() = Some(Tokens::new(session, asked));
        Ok(())
    }

    fn ended(&self, _: CallError) -> Failure {
        Failure::Ended
    }
}

/// Good for as long as a test lasts.
const LONG: i64 = i64::MAX / 2;

async fn me_of<R: Renewal>(calls: &SignedIn<R>) -> Result<Me, R::Error> {
    calls.call(route::GetMe, &(), |call| call).await
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_and_the_call_repeated_once() {
    let (server, api) = start().await;
    let disk = Disk::holding(0, LONG);
    let calls = SignedIn::new(api, disk.clone());
    me_of(&calls).await.expect("signed in");
    assert_eq!(server.refreshes.load(Ordering::SeqCst), 0, "a token that will do is not renewed");

    server.current.store(5, Ordering::SeqCst);
    *disk.tokens() = Disk::holding(5, 0).tokens().take();
    me_of(&calls).await.expect("renewed");
    assert_eq!(server.refreshes.load(Ordering::SeqCst), 1);
    assert_eq!(server.calls.load(Ordering::SeqCst), 3);
    assert_eq!(disk.load().map(|t| t.refresh), Ok("refresh 6".into()), "the new tokens are kept");

    // The server takes none at all any more.
    server.current.store(100, Ordering::SeqCst);
    assert_eq!(me_of(&calls).await.err(), Some(Failure::Ended));
    assert_eq!(server.calls.load(Ordering::SeqCst), 4, "without a new token nothing is repeated");
}

#[tokio::test]
async fn many_calls_and_processes_at_once_renew_once() {
    let (server, api) = start().await;
    let disk = Disk::holding(0, 0);
    let processes = [SignedIn::new(api.clone(), disk.clone()), SignedIn::new(api, disk)];
    let all = processes.each_ref().map(|calls| async move {
        let twice = tokio::join!(me_of(calls), me_of(calls), me_of(calls));
        [twice.0, twice.1, twice.2]
    });
    let [a, b] = all;
    let (a, b) = tokio::join!(a, b);
    assert!(a.iter().chain(&b).all(Result::is_ok), "{a:?} {b:?}");
    assert_eq!(server.refreshes.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_is_signed_out_makes_no_call() {
    let (server, api) = start().await;
    let disk = Disk::holding(0, LONG);
    let calls = SignedIn::new(api, disk.clone());
    me_of(&calls).await.expect("signed in");
    *disk.tokens() = None;
    calls.forget().await;
    assert_eq!(me_of(&calls).await.err(), Some(Failure::NotSignedIn));
    assert_eq!(server.calls.load(Ordering::SeqCst), 1);
}

/// A session without a refresh token, as a seed's.
struct Enrolled(AtomicU32);

impl Renewal for Enrolled {
    type Error = CallError;

    async fn renew(&self, _: &ApiClient, _: Option<&str>) -> Result<AccessToken, CallError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(AccessToken::new(format!("access {number}"), 900, SystemTime::now().into()))
    }
}

#[tokio::test]
async fn what_is_refused_twice_is_refused() {
    let (server, api) = start().await;
    let calls = SignedIn::new(api, Enrolled(AtomicU32::new(0)));
    me_of(&calls).await.expect("the first token is taken");
    server.current.store(1, Ordering::SeqCst);
    me_of(&calls).await.expect("the second one is got and taken");
    server.current.store(7, Ordering::SeqCst);
    let refused = me_of(&calls).await.expect_err("neither");
    assert_eq!(refused.code(), Some("sign_in"));
    assert_eq!(server.calls.load(Ordering::SeqCst), 5);
}
