//! Which releases understand each other: the level of the API.
//!
//! The level is a number that a release raises by one when it changes what a request or an answer means. Whoever calls
//! says theirs in the header [`LEVEL_HEADER`], and so does every answer of the tracker. Neighbours understand each other;
//! who is further behind is refused with what to do: see `docs/compatibility.md`.

use super::ErrorBody;

/// Header of requests and answers that says the sender's level.
pub const LEVEL_HEADER: &str = "mist-api-level";
/// The level of this release.
pub const API_LEVEL: u32 = 2;
/// The oldest level that this release understands: its neighbour's.
pub const OLDEST_LEVEL: u32 = API_LEVEL - 1;
/// The first level whose programs read the second version of manifests.
const SECOND_VERSION_LEVEL: u32 = 2;
/// The level of releases that did not say one: 0.1.
const UNSAID: u32 = 1;

/// The level that a header says. One that makes no sense is as good as none.
pub fn level_of(header: Option<&str>) -> u32 {
    header.and_then(|text| text.parse().ok()).unwrap_or(UNSAID)
}

/// Why a server of level `server` and a client of level `client` can't go on, if they can't: the code
/// `client_too_old` or `server_too_old`, and what to do. Either end may ask.
pub fn too_far_apart(client: u32, server: u32) -> Option<ErrorBody> {
    if client.abs_diff(server) <= 1 {
        return None;
    }
    let (code, message) = if client < server {
        let needed = server - 1;
        let message = format!(
            "this program is too old for the server: it speaks level {client} of the API, and the server needs \
             {needed} at least. Nothing was changed; get the release of the program that the server's admin names"
        );
        ("client_too_old", message)
    } else {
        let needed = client - 1;
        let message = format!(
            "the server is too old for this program: it speaks level {server} of the API, and the program needs \
             {needed} at least. Nothing was changed; ask the server's admin to upgrade it, and use the release of the \
             program before this one until then"
        );
        ("server_too_old", message)
    };
    Some(ErrorBody { code: code.into(), message })
}

/// Why a client of that level can't have a build whose manifest is of the second version, if it can't: the code `client_too_old`, and what to do.
pub fn too_old_for_second_version(client: u32) -> Option<ErrorBody> {
    let message = "this build has symbolic links, or names with characters that this program does not know. Nothing was fetched; \
                   get the release of the program that the server's admin names";
    (client < SECOND_VERSION_LEVEL)
        .then(|| ErrorBody { code: "client_too_old".into(), message: message.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_go_on_and_others_are_told_what_to_do() {
        let code = |client, server| too_far_apart(client, server).map(|e| e.code);
        for (client, server) in [(2, 2), (1, 2), (3, 2), (7, 8)] {
            assert_eq!(code(client, server), None, "{client} {server}");
        }
        assert_eq!(code(1, 3).as_deref(), Some("client_too_old"));
        assert_eq!(code(0, u32::MAX).as_deref(), Some("client_too_old"));
        assert_eq!(code(5, 3).as_deref(), Some("server_too_old"));
        assert!(too_far_apart(UNSAID, API_LEVEL).is_none(), "0.1 is a neighbour");
    }

    #[test]
    fn only_the_release_before_does_not_know_the_second_version() {
        assert_eq!(
            too_old_for_second_version(level_of(None)).map(|e| e.code).as_deref(),
            Some("client_too_old")
        );
        assert_eq!(too_old_for_second_version(API_LEVEL), None);
    }

    #[test]
    fn who_says_nothing_is_of_the_first_level() {
        assert_eq!(
            (level_of(Some("7")), level_of(None), level_of(Some("x")), level_of(Some("-1"))),
            (7, 1, 1, 1)
        );
    }
}
