//! What requests and answers carry.

use std::marker::PhantomData;

use utoipa::{
    ToSchema,
    openapi::{Content, ContentBuilder},
};

use super::openapi::Schemas;
use crate::http::Event;

/// What a request or an answer carries. The types that are one are never made: they stand for what goes over the wire.
pub trait Payload: Send + Sync + 'static {
    /// Its media type and its form, for the description of the API; none if nothing is carried.
    fn content(schemas: &mut Schemas) -> Option<(&'static str, Content)>;
}

/// No body.
#[derive(Debug, Clone, Copy)]
pub enum Nothing {}

impl Payload for Nothing {
    fn content(_: &mut Schemas) -> Option<(&'static str, Content)> {
        None
    }
}

/// A `T` in JSON.
#[derive(Debug, Clone, Copy)]
pub struct AsJson<T>(PhantomData<T>);

impl<T: ToSchema + Send + Sync + 'static> Payload for AsJson<T> {
    fn content(schemas: &mut Schemas) -> Option<(&'static str, Content)> {
        Some(("application/json", Content::new(Some(schemas.refer::<T>()))))
    }
}

/// JSON of a form that others define.
#[derive(Debug, Clone, Copy)]
pub enum AnyJson {}

impl Payload for AnyJson {
    fn content(_: &mut Schemas) -> Option<(&'static str, Content)> {
        Some(("application/json", ContentBuilder::new().build()))
    }
}

/// A `T` in JSON, or no body and status 204.
#[derive(Debug, Clone, Copy)]
pub struct JsonOrNothing<T>(PhantomData<T>);

impl<T: ToSchema + Send + Sync + 'static> Payload for JsonOrNothing<T> {
    fn content(schemas: &mut Schemas) -> Option<(&'static str, Content)> {
        AsJson::<T>::content(schemas)
    }
}

/// Bytes.
#[derive(Debug, Clone, Copy)]
pub enum Octets {}

impl Payload for Octets {
    fn content(_: &mut Schemas) -> Option<(&'static str, Content)> {
        // Without a schema, as OpenAPI 3.1 has it for bytes.
        Some(("application/octet-stream", ContentBuilder::new().build()))
    }
}

/// A picture.
#[derive(Debug, Clone, Copy)]
pub enum Picture {}

impl Payload for Picture {
    fn content(_: &mut Schemas) -> Option<(&'static str, Content)> {
        Some(("image/jpeg", ContentBuilder::new().build()))
    }
}

/// A line for people.
#[derive(Debug, Clone, Copy)]
pub enum Text {}

impl Payload for Text {
    fn content(_: &mut Schemas) -> Option<(&'static str, Content)> {
        Some(("text/plain", Content::new(Some(<String as utoipa::PartialSchema>::schema()))))
    }
}

/// Server-sent events, each one's `data` an [`Event`].
#[derive(Debug, Clone, Copy)]
pub enum Events {}

impl Payload for Events {
    fn content(schemas: &mut Schemas) -> Option<(&'static str, Content)> {
        Some(("text/event-stream", Content::new(Some(schemas.refer::<Event>()))))
    }
}
