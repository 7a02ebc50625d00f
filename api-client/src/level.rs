//! Tells the server our level of the API, and notices when its own is too far from it.

use mist_proto::http::{API_LEVEL, LEVEL_HEADER, level_of, too_far_apart};
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use crate::CallError;

static LEVEL: HeaderName = HeaderName::from_static(LEVEL_HEADER);

/// What every call says.
pub(crate) fn ours() -> HeaderMap {
    HeaderMap::from_iter([(LEVEL.clone(), HeaderValue::from(API_LEVEL))])
}

/// Refuses an answer of a server that is too far from us, in the form in which it would refuse us.
pub(crate) fn check(answered: &HeaderMap) -> Result<(), CallError> {
    let said = answered.get(&LEVEL).and_then(|level| level.to_str().ok());
    match too_far_apart(API_LEVEL, level_of(said)) {
        None => Ok(()),
        Some(body) => {
            let status = StatusCode::UPGRADE_REQUIRED.as_u16();
            Err(CallError::Refused { status, body, retry_after: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(level: &str) -> HeaderMap {
        HeaderMap::from_iter([(LEVEL.clone(), level.parse().expect("a header"))])
    }

    #[test]
    fn a_server_that_is_far_behind_is_noticed() {
        assert_eq!(check(&ours()), Ok(()));
        assert_eq!(check(&HeaderMap::new()), Ok(()), "a server of 0.1 does not say");
        let behind = check(&answer("0")).expect_err("too old");
        assert_eq!((behind.code(), behind.status()), (Some("server_too_old"), Some(426)));
        let ahead = check(&answer("99")).expect_err("too new");
        assert_eq!(ahead.code(), Some("client_too_old"));
        assert!(!ahead.is_outage(), "going on with what is known would hide it");
    }
}
