//! The variable parts of addresses.

use serde::Serialize;
use utoipa::{
    IntoParams, PartialSchema,
    openapi::{
        RefOr, Schema,
        path::{Parameter, ParameterIn},
    },
};

use crate::{
    Hash, Slug, Version,
    http::GameField,
    ids::{PeerName, UserName},
};

/// The variable parts of a path.
pub trait Place: Send + Sync + 'static {
    /// Their text, in the order of the path.
    fn parts(&self) -> Vec<String>;
    /// Their forms, in the order of the path.
    fn schemas() -> Vec<RefOr<Schema>>;
}

impl Place for () {
    fn parts(&self) -> Vec<String> {
        vec![]
    }

    fn schemas() -> Vec<RefOr<Schema>> {
        vec![]
    }
}

macro_rules! single {
    ($($part:ty),*) => {
        $(
            impl Place for $part {
                fn parts(&self) -> Vec<String> {
                    vec![self.to_string()]
                }

                fn schemas() -> Vec<RefOr<Schema>> {
                    vec![<$part as PartialSchema>::schema()]
                }
            }
        )*
    };
}

single!(Slug, Version, UserName, PeerName, Hash, String, GameField, u32);

impl<A: Place, B: Place> Place for (A, B) {
    fn parts(&self) -> Vec<String> {
        [self.0.parts(), self.1.parts()].concat()
    }

    fn schemas() -> Vec<RefOr<Schema>> {
        [A::schemas(), B::schemas()].concat()
    }
}

/// What may stand behind the question mark.
pub trait Query: Serialize + Send + Sync + 'static {
    /// The parameters, for the description of the API.
    fn parameters() -> Vec<Parameter>;
}

/// Nothing stands behind the question mark.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct NoQuery {}

impl IntoParams for NoQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![]
    }
}

/// Every struct of parameters is one.
impl<Q: IntoParams + Serialize + Send + Sync + 'static> Query for Q {
    fn parameters() -> Vec<Parameter> {
        Q::into_params(|| Some(ParameterIn::Query))
    }
}
