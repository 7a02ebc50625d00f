//! The second factor.

use axum::http::Method;
use mist_proto::{
    UnixMillis,
    http::{AuditLog, FactorCode, Login, NewSecondFactor, RecoveryCodes, SecondFactor, Session, UserList},
};
use mist_tracker::auth::totp;
use totp_rs::Totp;

use crate::tracker::{NOTHING, PASSWORD, Refusal, Tracker, refusal};

const STEP: i64 = totp::STEP_SECS * 1000;

async fn sign_in(t: &Tracker, code: Option<&str>) -> Result<Session, Refusal> {
    let login = Login {
        user: "root".parse().expect("name"),
        password: PASSWORD.into(),
        device: None,
        code: code.map(str::to_owned),
    };
    t.post("", "/auth/login", &login).await
}

/// What an authenticator shows now.
fn code_at(authenticator: &Totp, now: UnixMillis) -> String {
    authenticator.generate(now.secs().unsigned_abs()).to_string()
}

/// Enrols root; the authenticator and the recovery codes.
async fn enrol(t: &Tracker) -> (Totp, Vec<String>) {
    let new: NewSecondFactor =
        t.call("root", Method::POST, "/me/second-factor", NOTHING).await.expect("begun");
    assert!(new.uri.contains(&new.secret) && new.qr.len() == new.qr[0].len());
    let authenticator = Totp::from_url(&new.uri).expect("an address that authenticators read");
    sign_in(t, None).await.expect("nothing is asked for before a code was shown");
    let put = async |code: String| -> Result<RecoveryCodes, Refusal> {
        t.call("root", Method::PUT, "/me/second-factor", Some(&FactorCode { code })).await
    };
    assert_eq!(put("000000".into()).await.err(), Some(refusal(403, "wrong_code")));
    let codes = put(code_at(&authenticator, t.app.records.now())).await.expect("enrolled").codes;
    (authenticator, codes)
}

pub(crate) async fn a_code_is_asked_for_and_counts_once(t: &Tracker) {
    let (authenticator, _) = enrol(t).await;
    let now = || t.app.records.now();
    assert_eq!(sign_in(t, None).await.err(), Some(refusal(401, "second_factor")));
    let wrong = Some(refusal(401, "wrong_code"));
    assert_eq!(sign_in(t, Some(&code_at(&authenticator, now()))).await.err(), wrong, "the enrolment used it");
    t.pass(STEP);
    let code = code_at(&authenticator, now());
    sign_in(t, Some(&code)).await.expect("signs in");
    assert_eq!(sign_in(t, Some(&code)).await.err(), wrong, "a code that somebody looked at is worth nothing");
    let users: UserList = t.get("root", "/users").await.expect("a list");
    assert!(users.users.iter().all(|u| u.second_factor == (u.name.as_str() == "root")));
    let log: AuditLog = t.get("root", "/audit?actor=root&action=user.wrong_code").await.expect("the log");
    assert_eq!(log.entries.len(), 2);
    // Without the right password nobody learns that there is a second factor.
    let blind = t.try_login("root", "wrong horse", "192.0.2.77").await;
    assert_eq!(blind.err(), Some(refusal(401, "not_signed_in")));
    // The right password that comes with each guess does not make it free.
    for _ in 0..5 {
        let _ = sign_in(t, Some("000000")).await;
    }
    let slowed = sign_in(t, Some("000000")).await;
    assert_eq!(slowed.err(), Some(refusal(429, "too_many_attempts")), "six digits are not to be guessed");
}

pub(crate) async fn a_recovery_code_counts_once(t: &Tracker) {
    let (_, codes) = enrol(t).await;
    assert_eq!(codes.len(), 10);
    sign_in(t, Some(&codes[0].to_uppercase())).await.expect("signs in");
    assert_eq!(sign_in(t, Some(&codes[0])).await.err(), Some(refusal(401, "wrong_code")));
    let left: SecondFactor = t.get("root", "/me/second-factor").await.expect("read");
    assert_eq!(left, SecondFactor { enrolled: true, recovery_codes: 9 });
    let by_friend = t.call::<()>("ann", Method::DELETE, "/users/root/second-factor", NOTHING).await;
    assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")));
    t.at_the_server::<()>(Method::DELETE, "/users/root/second-factor", NOTHING).await.expect("removed");
    sign_in(t, None).await.expect("by the password alone");
}

pub(crate) async fn the_log_is_looked_through(t: &Tracker) {
    t.add_game("quake", false).await;
    t.add_game("quake-2", false).await;
    let find = async |filter: &str| -> Vec<(String, String)> {
        let log: AuditLog = t.get("root", &format!("/audit?{filter}")).await.expect("the log");
        log.entries.into_iter().map(|e| (e.action, e.subject)).collect()
    };
    assert_eq!(find("action=game").await.len(), 2);
    assert_eq!(find("action=game&subject=QUAKE-").await.len(), 1);
    assert_eq!(find("action=game&subject=quak_").await.len(), 0, "no letter stands for others");
    assert_eq!(find("action=gam").await.len(), 0, "kinds are whole words");
    assert_eq!(find("actor=ann").await, [("user.sign_in".into(), "test".into())]);
    let now = t.app.records.now().0;
    assert_eq!(find(&format!("until={now}")).await.len(), 0);
    assert!(find(&format!("since={now}&limit=2")).await.len() == 2);
    let long = t.get::<AuditLog>("root", &format!("/audit?actor={}", "x".repeat(201))).await;
    assert_eq!(long.err(), Some(refusal(400, "bad_request")));
}
