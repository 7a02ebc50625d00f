//! Calls of the routes in the table of [`mist_proto::http::route`]: what is sent and what is read is of the types that
//! stand there.

use std::{future::Future, marker::PhantomData, time::Duration};

use mist_proto::http::{
    Page, PageQuery,
    route::{AsJson, JsonOrNothing, Nothing, Octets, Payload, Route},
};
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Answer, ApiClient, Call, CallError, Renewal, SignedIn};

impl ApiClient {
    /// A call of `route`, whose path has these variable parts.
    pub fn to<R: Route>(&self, _: R, place: &R::Place) -> CallTo<R> {
        let method = match R::INFO.method {
            mist_proto::http::route::Method::Get => Method::GET,
            mist_proto::http::route::Method::Post => Method::POST,
            mist_proto::http::route::Method::Put => Method::PUT,
            mist_proto::http::route::Method::Patch => Method::PATCH,
            mist_proto::http::route::Method::Delete => Method::DELETE,
        };
        let call = self.call_url(method, self.server().route::<R>(place));
        CallTo { call: call.of_api(R::INFO.path.starts_with("/api/")), route: PhantomData }
    }
}

/// A call of a route that was not made yet.
#[must_use = "a call is made by `send` or `read`"]
#[derive(Debug)]
pub struct CallTo<R> {
    call: Call,
    route: PhantomData<R>,
}

impl<R: Route> CallTo<R> {
    fn with(self, change: impl FnOnce(Call) -> Call) -> Self {
        Self { call: change(self.call), ..self }
    }

    /// Shows an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.with(|call| call.bearer(token))
    }

    /// Asks with what stands behind the question mark.
    pub fn query(self, query: &R::Query) -> Self {
        self.with(|call| call.query(query))
    }

    /// Sends `body`.
    pub fn json<T: Serialize>(self, body: &T) -> Self
    where
        R: Route<Body = AsJson<T>>,
    {
        self.with(|call| call.json(body))
    }

    /// Sends bytes.
    pub fn body(self, body: impl Into<reqwest::Body>) -> Self
    where
        R: Route<Body = Octets>,
    {
        self.with(|call| call.body(body))
    }

    /// See [`Call::within`].
    pub fn within(self, time: Duration) -> Self {
        self.with(|call| call.within(time))
    }

    pub(crate) fn resuming(self, last: Option<&str>) -> Self {
        self.with(|call| call.resuming(last))
    }

    /// Makes the call.
    ///
    /// # Errors
    /// See [`Call::send`].
    pub async fn send(self) -> Result<Answer, CallError> {
        self.call.send().await
    }

    /// Makes the call and reads the answer.
    ///
    /// # Errors
    /// See [`Call::send`] and [`Answer::json`].
    pub async fn read(self) -> Result<<R::Answer as Read>::Value, CallError>
    where
        R::Answer: Read,
    {
        R::Answer::read(self.send().await?).await
    }
}

/// What an answer is read as.
pub trait Read: Payload {
    /// What is in it.
    type Value: Send;
    /// Reads it.
    fn read(answer: Answer) -> impl Future<Output = Result<Self::Value, CallError>> + Send;
}

impl<T: DeserializeOwned + Send> Read for AsJson<T>
where
    Self: Payload,
{
    type Value = T;

    async fn read(answer: Answer) -> Result<T, CallError> {
        answer.json().await
    }
}

impl<T: DeserializeOwned + Send> Read for JsonOrNothing<T>
where
    Self: Payload,
{
    type Value = Option<T>;

    async fn read(answer: Answer) -> Result<Option<T>, CallError> {
        answer.json().await
    }
}

/// Whatever a later version says there is left unread.
impl Read for Nothing {
    type Value = ();

    async fn read(_: Answer) -> Result<(), CallError> {
        Ok(())
    }
}

/// Pages of one list that are read.
const MAX_PAGES: usize = 5_000;

/// The entries of all pages, each of which `fetch` brings.
///
/// # Errors
/// What `fetch` fails by, and [`CallError::Malformed`] for a list that does not end.
pub async fn every_page<P: Page, E: From<CallError>, F>(
    fetch: impl Fn(PageQuery) -> F,
) -> Result<Vec<P::Entry>, E>
where
    F: Future<Output = Result<P, E>>,
{
    let mut all = Vec::new();
    let mut query = PageQuery::default();
    for _ in 0..MAX_PAGES {
        let (entries, next) = fetch(query).await?.split();
        all.extend(entries);
        if next.is_none() {
            return Ok(all);
        }
        query = PageQuery { after: next, limit: None };
    }
    let why = format!("it has more than {MAX_PAGES} pages");
    Err(CallError::Malformed { server: "the server".into(), path: "a list".into(), why }.into())
}

/// An entry of the list that a route answers.
pub type EntryOf<R> = <<<R as Route>::Answer as Read>::Value as Page>::Entry;

impl<R: Renewal> SignedIn<R> {
    /// Calls `route` with what `shape` adds, and reads the answer; once more with a new token if the server no longer
    /// takes the one in use.
    ///
    /// # Errors
    /// What the call or the renewal fails by.
    pub async fn call<T: Route>(
        &self,
        route: T,
        place: &T::Place,
        shape: impl Fn(CallTo<T>) -> CallTo<T> + Send + Sync,
    ) -> Result<<T::Answer as Read>::Value, R::Error>
    where
        T::Answer: Read,
    {
        Ok(T::Answer::read(self.answer(route, place, shape).await?).await?)
    }

    /// Every entry of a list, page by page.
    ///
    /// # Errors
    /// What a call or the renewal fails by.
    pub async fn list<T>(&self, route: T, place: &T::Place) -> Result<Vec<EntryOf<T>>, R::Error>
    where
        T: Route<Query = PageQuery>,
        T::Answer: Read<Value: Page>,
    {
        every_page(|query| async move { self.call(route, place, |call| call.query(&query)).await }).await
    }

    /// As [`SignedIn::call`], with the body of the answer still on its way.
    ///
    /// # Errors
    /// What the call or the renewal fails by.
    pub async fn answer<T: Route>(
        &self,
        route: T,
        place: &T::Place,
        shape: impl Fn(CallTo<T>) -> CallTo<T> + Send + Sync,
    ) -> Result<Answer, R::Error> {
        self.attempt(|token| shape(self.api().to(route, place)).bearer(&token).send()).await
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{UnixMillis, http::GameList};

    use super::*;

    #[tokio::test]
    async fn a_list_without_an_end_is_refused() {
        let endless = |_| async {
            let next = Some("more".to_owned());
            Ok::<_, CallError>(GameList { games: vec![], as_of: UnixMillis(0), next })
        };
        let refused = every_page(endless).await.expect_err("it has no end");
        assert!(matches!(refused, CallError::Malformed { .. }), "{refused}");
    }
}
