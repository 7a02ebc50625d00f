//! Bodies, paths and queries whose refusals have the one shape of every refused request.

use std::{borrow::Cow, fmt, marker::PhantomData};

use anyhow::Context;
use axum::{
    Json,
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{
    Deserializer, Serialize,
    de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::error::Problem;

/// A JSON answer that is written once and given often.
#[derive(Debug)]
pub struct Encoded<T> {
    bytes: Bytes,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize> Encoded<T> {
    /// Writes it.
    ///
    /// # Errors
    /// It can't be written as JSON.
    pub fn new(value: &T) -> Result<Self, Problem> {
        let bytes = serde_json::to_vec(value).context("writing an answer").map_err(Problem::Internal)?;
        Ok(Self { bytes: bytes.into(), of: PhantomData })
    }
}

impl<T> Clone for Encoded<T> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), of: PhantomData }
    }
}

impl<T> IntoResponse for Encoded<T> {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], self.bytes).into_response()
    }
}

/// A JSON body, of the shape that the description of the API says.
pub struct Body<T>(
    /// What it says.
    pub T,
);

impl<S: Send + Sync, T: DeserializeOwned + Serialize> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::invalid("bad_request", "the body is no application/json"));
        }
        let bytes = Bytes::from_request(request, state).await?;
        let Json(body) = Json::<T>::from_bytes(&bytes)?;
        // Our types read an array in place of an object, field by field; the description knows objects only.
        if bytes.contains(&b'[') {
            let meant =
                serde_json::to_value(&body).context("writing a body again").map_err(Problem::Internal)?;
            let mut given = serde_json::Deserializer::from_slice(&bytes);
            let fits = Shape(Some(&meant)).deserialize(&mut given);
            fits.map_err(|e| Problem::invalid("bad_request", e.to_string()))?;
        }
        Ok(Self(body))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Reads JSON and compares it with what it was taken for: no array may stand where that has an object.
#[derive(Clone, Copy)]
struct Shape<'a>(Option<&'a Value>);

impl<'de> DeserializeSeed<'de> for Shape<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, given: D) -> Result<(), D::Error> {
        given.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut given: A) -> Result<(), A::Error> {
        if self.0.is_some_and(Value::is_object) {
            return Err(de::Error::custom("an array stands where an object must be"));
        }
        let mut place = 0;
        while given.next_element_seed(Shape(self.0.and_then(|meant| meant.get(place))))?.is_some() {
            place += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut given: A) -> Result<(), A::Error> {
        while let Some(key) = given.next_key::<Cow<'_, str>>()? {
            given.next_value_seed(Shape(self.0.and_then(|meant| meant.get(&*key))))?;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// A body of bytes.
pub struct RawBody(
    /// The bytes.
    pub Bytes,
);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Ok(Self(Bytes::from_request(request, state).await?))
    }
}

/// The variable parts of a path. A name that can't exist is not found.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct InPath<T>(
    /// The parts.
    pub T,
);

/// The query.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct InQuery<T>(
    /// The parameters.
    pub T,
);

impl From<JsonRejection> for Problem {
    fn from(r: JsonRejection) -> Self {
        if r.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge;
        }
        Self::invalid("bad_request", r.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(r: BytesRejection) -> Self {
        if r.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge;
        }
        Self::invalid("bad_request", r.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}

impl From<QueryRejection> for Problem {
    fn from(r: QueryRejection) -> Self {
        Self::invalid("bad_request", r.body_text())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body as Bytes_;
    use mist_proto::http::{JobResult, NewGame};

    use super::*;

    async fn read<T: DeserializeOwned + Serialize>(body: &str) -> Result<T, Problem> {
        let request =
            Request::post("/").header(CONTENT_TYPE, "application/json").body(Bytes_::from(body.to_owned()));
        Body::<T>::from_request(request.expect("a request"), &()).await.map(|body| body.0)
    }

    #[tokio::test]
    async fn an_array_is_no_object_at_any_depth() {
        assert!(read::<NewGame>(r#"{"slug":"a","title":"A [x]"}"#).await.is_ok());
        assert!(read::<NewGame>(r#"["a",null,null,false]"#).await.is_err());
        let blob = format!(r#"{{"hash":"{}","size":1}}"#, "0".repeat(64));
        let list = format!(r#"["{}",1]"#, "0".repeat(64));
        let result =
            |blob: &str| format!(r#"{{"lease":"l","blob":{blob},"kept":[],"unknown":[[1.5,-1,true]]}}"#);
        assert!(read::<JobResult>(&result(&blob)).await.is_ok());
        assert!(read::<JobResult>(&result(&list)).await.is_err());
    }
}
