//! Joining by a link, and setting a lost password by one.

use axum::http::Method;
use mist_proto::http::{
    AuditLog, Invitation, Invite, InviteCode, InviteList, Join, Joined, LinkKeys, MadeInvite, Me, NewInvite,
    NewReset, ShowInvite, Trust, UpdateUser, User, UserList,
};

use crate::tracker::{NOTHING, PASSWORD, Refusal, Tracker, refusal};

const HOUR: i64 = 60 * 60 * 1000;

async fn invite(t: &Tracker, new: NewInvite) -> Result<MadeInvite, Refusal> {
    t.post("root", "/invites", &new).await
}

/// The code of a link.
fn code(made: &MadeInvite) -> InviteCode {
    let path = made.path.strip_prefix("join/").expect("a path");
    path.split_once('#').expect("keys").0.parse().expect("a code")
}

fn join(code: &InviteCode, name: Option<&str>) -> Join {
    Join {
        code: code.clone(),
        name: name.map(|name| name.parse().expect("a name")),
        password: "my own horse".into(),
        device: Some("laptop".into()),
    }
}

async fn try_join(t: &Tracker, join: &Join, from: &str) -> Result<Joined, Refusal> {
    t.call_from(from, "", Method::POST, "/auth/join", Some(join)).await
}

fn unknown() -> Option<Refusal> {
    Some(refusal(404, "unknown_invite"))
}

pub(crate) async fn a_link_makes_one_account_with_a_password_of_its_own(t: &Tracker) {
    t.register_key().await;
    t.add_game("secret", true).await;
    let games = vec!["secret".parse().expect("slug")];
    let made = invite(t, NewInvite { games, ..NewInvite::default() }).await.expect("made");
    let trust: Trust = t.get("", "/trust").await.expect("keys");
    let (_, keys) = made.path.split_once('#').expect("keys");
    assert_eq!(keys.parse::<LinkKeys>(), Ok(LinkKeys::from(&trust)), "the link carries both keys");
    assert_eq!(made.address.as_deref(), Some("https://mist.example.org/games/"));

    let code = code(&made);
    let shown: Invitation =
        t.post("", "/auth/invitation", &ShowInvite { code: code.clone() }).await.expect("shown");
    assert_eq!((shown.name, shown.reset, shown.made_by.as_str()), (None, false, "root"));
    assert_eq!(shown.games, ["secret"]);
    // Looking uses nothing up. Who chooses no name, or a bad password, or a name that is taken, may try again.
    assert_eq!(try_join(t, &join(&code, None), "192.0.2.9").await.err(), Some(refusal(400, "bad_name")));
    let short = Join { password: "short".into(), ..join(&code, Some("eve")) };
    assert_eq!(try_join(t, &short, "192.0.2.9").await.err(), Some(refusal(400, "bad_password")));
    let taken = try_join(t, &join(&code, Some("bob")), "192.0.2.9").await;
    assert_eq!(taken.err(), Some(refusal(409, "user_exists")));
    t.try_login("bob", PASSWORD, "192.0.2.1").await.expect("bob's password is the old one");

    let joined = try_join(t, &join(&code, Some("eve")), "192.0.2.9").await.expect("joined");
    assert_eq!(joined.name.as_str(), "eve");
    let session = t.try_login("eve", "my own horse", "192.0.2.9").await.expect("signs in");
    t.keep_token("eve", &session.access_token);
    t.get::<serde_json::Value>("eve", "/games/secret").await.expect("sees the game of the invite");
    assert_eq!(
        try_join(t, &join(&code, Some("mallory")), "192.0.2.9").await.err(),
        unknown(),
        "it is used up"
    );

    let list: InviteList = t.get("root", "/invites").await.expect("a list");
    assert_eq!(list.invites.len(), 1);
    assert_eq!(list.invites[0], Invite { used: 1, ..made.invite });
    let log: AuditLog = t.get("root", "/audit").await.expect("the log");
    for (actor, action) in [("root", "invite.add"), ("eve", "user.join"), ("eve", "user.sign_in")] {
        assert!(log.entries.iter().any(|e| e.actor == actor && e.action == action), "{action}: {log:?}");
    }
    let kept = serde_json::to_string(&(log, list.invites)).expect("JSON");
    assert!(!kept.contains(code.as_str()), "the code is nowhere to be read");
}

pub(crate) async fn of_many_who_use_a_link_at_once_as_many_join_as_may(t: &Tracker) {
    let made = invite(t, NewInvite { uses: Some(2), ..NewInvite::default() }).await.expect("made");
    let code = code(&made);
    let tries = (0..8).map(|n| {
        let join = join(&code, Some(&format!("friend{n}")));
        async move { try_join(t, &join, "192.0.2.9").await }
    });
    let ends = futures::future::join_all(tries).await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 2);
    assert!(ends.into_iter().filter_map(Result::err).all(|e| Some(e) == unknown()));
    let users: UserList = t.get("root", "/users").await.expect("a list");
    assert_eq!(users.users.iter().filter(|u| u.name.as_str().starts_with("friend")).count(), 2);
}

pub(crate) async fn links_that_do_not_count_look_alike(t: &Tracker) {
    let over = invite(t, NewInvite { hours: Some(1), ..NewInvite::default() }).await.expect("made");
    t.pass(HOUR);
    t.login("root").await;
    let back = invite(t, NewInvite::default()).await.expect("made");
    let path = format!("/invites/{}", back.invite.id);
    t.call::<()>("root", Method::DELETE, &path, NOTHING).await.expect("taken back");
    assert_eq!(
        t.call::<()>("root", Method::DELETE, &path, NOTHING).await.err(),
        Some(refusal(404, "not_found"))
    );
    let never: InviteCode = "aaaaaaaaaaaaaaaaaaaaaaaa".parse().expect("a code");
    for code in [code(&over), code(&back), never] {
        let shown = t.post::<Invitation>("", "/auth/invitation", &ShowInvite { code: code.clone() }).await;
        assert_eq!(shown.err(), unknown());
        assert_eq!(try_join(t, &join(&code, Some("eve")), "192.0.2.9").await.err(), unknown());
    }
}

pub(crate) async fn guessing_codes_is_slowed_down_for_whom_it_comes_from(t: &Tracker) {
    let made = invite(t, NewInvite::default()).await.expect("made");
    let look = async |code: &InviteCode, from: &str| {
        let body = ShowInvite { code: code.clone() };
        t.call_from::<Invitation>(from, "", Method::POST, "/auth/invitation", Some(&body)).await
    };
    for n in 0..30 {
        let guess = format!("{n:024}").parse().expect("a code");
        assert_eq!(look(&guess, "203.0.113.7").await.err(), unknown());
    }
    let slowed = Some(refusal(429, "too_many_attempts"));
    assert_eq!(look(&code(&made), "203.0.113.7").await.err(), slowed, "a right one too");
    assert_eq!(try_join(t, &join(&code(&made), Some("eve")), "203.0.113.7").await.err(), slowed);
    look(&code(&made), "198.51.100.1").await.expect("nobody else waits");
    t.try_login("ann", PASSWORD, "198.51.100.1").await.expect("and accounts are not locked");
}

pub(crate) async fn an_invite_is_bounded_and_for_admins_to_make(t: &Tracker) {
    let bad = Some(refusal(400, "bad_invite"));
    let some = |name: &str| Some(name.parse().expect("a name"));
    for new in [
        NewInvite { uses: Some(0), ..NewInvite::default() },
        NewInvite { uses: Some(101), ..NewInvite::default() },
        NewInvite { uses: Some(2), name: some("eve"), ..NewInvite::default() },
        NewInvite { hours: Some(0), ..NewInvite::default() },
        NewInvite { hours: Some(2161), ..NewInvite::default() },
    ] {
        assert_eq!(invite(t, new).await.err(), bad);
    }
    let taken = invite(t, NewInvite { name: some("bob"), ..NewInvite::default() }).await;
    assert_eq!(taken.err(), Some(refusal(409, "user_exists")));
    let games = vec!["nothing".parse().expect("slug")];
    let unknown = invite(t, NewInvite { games, ..NewInvite::default() }).await;
    assert_eq!(unknown.err(), Some(refusal(404, "not_found")));
    let by_friend = t.post::<MadeInvite>("ann", "/invites", &NewInvite::default()).await;
    assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")));

    // The name of an invite may be taken before it is used; whoever has it can't use it for another one.
    let made = invite(t, NewInvite { name: some("eve"), ..NewInvite::default() }).await.expect("made");
    let other = try_join(t, &join(&code(&made), Some("mallory")), "192.0.2.9").await;
    assert_eq!(other.err(), Some(refusal(400, "bad_name")));
    try_join(t, &join(&code(&made), None), "192.0.2.9").await.expect("as eve");
}

pub(crate) async fn a_lost_password_is_set_anew_by_a_link(t: &Tracker) {
    let reset = async |name: &str| -> Result<MadeInvite, Refusal> {
        t.post("root", &format!("/users/{name}/reset"), &NewReset::default()).await
    };
    assert_eq!(reset("nobody").await.err(), Some(refusal(404, "not_found")));
    let by_friend = t.post::<MadeInvite>("bob", "/users/ann/reset", &NewReset::default()).await;
    assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")));
    let (first, second) = (reset("ann").await.expect("a link"), reset("ann").await.expect("a link"));
    assert_eq!(try_join(t, &join(&code(&first), None), "192.0.2.9").await.err(), unknown(), "one at a time");

    t.get::<Me>("ann", "/me").await.expect("signed in until then");
    let joined = try_join(t, &join(&code(&second), None), "192.0.2.9").await.expect("set");
    assert_eq!(joined.name.as_str(), "ann");
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")), "signed out everywhere");
    assert!(t.try_login("ann", PASSWORD, "192.0.2.1").await.is_err());
    t.try_login("ann", "my own horse", "192.0.2.1").await.expect("by the new one");
    assert_eq!(try_join(t, &join(&code(&second), None), "192.0.2.9").await.err(), unknown(), "once");

    // Neither a new password nor disabling leaves a link behind that counts.
    let link = reset("ann").await.expect("a link");
    let password = Some("set by the admin".to_owned());
    let change = UpdateUser { password, ..UpdateUser::default() };
    t.call::<User>("root", Method::PATCH, "/users/ann", Some(&change)).await.expect("changed");
    assert_eq!(try_join(t, &join(&code(&link), None), "192.0.2.9").await.err(), unknown());
    let link = reset("ann").await.expect("a link");
    let off = UpdateUser { disabled: Some(true), ..UpdateUser::default() };
    t.call::<User>("root", Method::PATCH, "/users/ann", Some(&off)).await.expect("disabled");
    assert_eq!(try_join(t, &join(&code(&link), None), "192.0.2.9").await.err(), unknown());
}
