//! What goes wrong between a face and the engine, and how operations end that did not do what was ordered.

use std::fmt::Display;

use mist_proto::Slug;

use super::Failure;

impl Failure {
    /// The process that runs the engine does not answer. `pid` is a number, or a word where none is known.
    pub fn engine_unreachable(pid: impl Display, socket: impl Display) -> Self {
        Self::new("engine_unreachable").with("pid", pid).with("socket", socket)
    }

    /// Another user's process holds the socket of this home.
    pub fn engine_of_another_user(socket: impl Display) -> Self {
        Self::new("engine_of_another_user").with("socket", socket)
    }

    /// The engine has as many faces as it takes.
    pub fn engine_full(pid: u32) -> Self {
        Self::new("engine_full").with("pid", pid)
    }

    /// The engine has another version than the face.
    pub fn engine_other_version(pid: u32, ours: &str, theirs: &str) -> Self {
        Self::new("engine_other_version").with("pid", pid).with("ours", ours).with("theirs", theirs)
    }

    /// A face and the engine did not understand each other.
    pub fn bad_message(detail: impl Display) -> Self {
        Self::new("bad_message").with("detail", detail)
    }

    /// A mistake in the program.
    pub fn internal(detail: impl Display) -> Self {
        Self::new("internal").with("detail", detail)
    }

    /// Somebody paused the operation.
    pub fn paused(game: &Slug) -> Self {
        Self::new("paused").with("game", game)
    }

    /// Somebody cancelled the operation.
    pub fn cancelled(game: &Slug) -> Self {
        Self::new("cancelled").with("game", game)
    }
}
