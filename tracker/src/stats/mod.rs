//! The operator's view.

pub mod count;
pub mod handlers;
pub mod stores;
