//! Bodies of the tracker's HTTP API and of a seed's byte router: one endpoint's request and response together,
//! imported by the server and by every client.

mod error;
mod source;

pub use error::{ApiError, ErrorBody};
pub use source::{BytesBySource, SourceClass};
