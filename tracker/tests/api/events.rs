//! `GET /events`.

use axum::{body::BodyDataStream, http::Method};
use futures::StreamExt;
use mist_proto::http::{Event, MadeInvite, NewInvite, Topic, UpdateUser, User};
use tower::ServiceExt;

use crate::tracker::{NOTHING, Plan, Tracker, refusal, request};

/// An open stream of events.
struct Ear {
    stream: BodyDataStream,
    text: String,
    /// Id of the event that was heard last.
    last: String,
}

impl Ear {
    async fn of(t: &Tracker, who: &str) -> Self {
        Self::after(t, who, "").await
    }

    /// Goes on after the event of that id.
    async fn after(t: &Tracker, who: &str, last: &str) -> Self {
        let mut asked = request(Method::GET, "/events", Some(&t.token(who)), NOTHING, "192.0.2.1");
        if !last.is_empty() {
            asked.headers_mut().insert("last-event-id", last.parse().expect("a header"));
        }
        let response = t.router.clone().oneshot(asked).await.expect("the router answers");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { stream: response.into_body().into_data_stream(), text: String::new(), last: last.into() }
    }

    /// The next event; none once the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let data = field("data: ").map(|d| serde_json::from_str(d).expect("an event"));
                self.last = field("id: ").map_or(std::mem::take(&mut self.last), str::to_owned);
                self.text = rest.to_owned();
                // What has no data keeps the connection alive.
                if data.is_some() {
                    return data;
                }
                continue;
            }
            let bytes = self.stream.next().await?.expect("a piece of the stream");
            self.text += std::str::from_utf8(&bytes).expect("text");
        }
    }
}

pub(crate) async fn listeners_hear_of_what_they_may_see(t: &Tracker) {
    let (mut ann, mut root) = (Ear::of(t, "ann").await, Ear::of(t, "root").await);
    for (slug, is_private) in [("open", false), ("secret", true), ("last", false)] {
        t.add_game(slug, is_private).await;
    }
    let made = |slug: &str| Some(Event::Game { game: slug.parse().expect("slug") });
    for slug in ["open", "last"] {
        assert_eq!(ann.next().await, made(slug));
    }
    for slug in ["open", "secret", "last"] {
        assert_eq!(root.next().await, made(slug));
    }

    t.register_key().await;
    t.add_seed("seed").await;
    t.publish(&Plan::first("open")).await;
    let live = Event::Live { game: "open".parse().expect("slug"), version: "1.0".parse().expect("version") };
    loop {
        let heard = ann.next().await.expect("the build goes live");
        assert!(!matches!(heard, Event::Job { .. }), "jobs are for admins");
        if heard == live {
            break;
        }
    }
    loop {
        if let Event::Job { .. } = root.next().await.expect("a job of the build") {
            break;
        }
    }

    t.app.stopping.cancel();
    while ann.next().await.is_some() {}
}

pub(crate) async fn a_listener_goes_on_after_a_gap(t: &Tracker) {
    let made = |slug: &str| Some(Event::Game { game: slug.parse().expect("slug") });
    let mut ear = Ear::of(t, "ann").await;
    t.add_game("one", false).await;
    assert_eq!(ear.next().await, made("one"));
    let last = ear.last.clone();
    drop(ear);
    for (slug, is_private) in [("two", false), ("secret", true), ("three", false)] {
        t.add_game(slug, is_private).await;
    }
    let mut ear = Ear::after(t, "ann", &last).await;
    for slug in ["two", "three"] {
        assert_eq!(ear.next().await, made(slug));
    }
    let mut ear = Ear::after(t, "ann", "1-1").await;
    assert_eq!(ear.next().await, Some(Event::Missed), "an id of another life of the tracker");
    t.add_game("four", false).await;
    assert_eq!(ear.next().await, made("four"), "and it goes on from there");
}

pub(crate) async fn admins_hear_of_what_they_look_after_and_friends_do_not(t: &Tracker) {
    let (mut ann, mut root) = (Ear::of(t, "ann").await, Ear::of(t, "root").await);
    let heard = |what| Some(Event::Changed { what });
    let joins = NewInvite { note: None, name: None, games: vec![], hours: None, uses: None };
    t.post::<MadeInvite>("root", "/invites", &joins).await.expect("made");
    assert_eq!(root.next().await, heard(Topic::Invites));
    let disabled = UpdateUser { disabled: Some(true), ..UpdateUser::default() };
    t.call::<User>("root", Method::PATCH, "/users/bob", Some(&disabled)).await.expect("changed");
    assert_eq!(root.next().await, heard(Topic::Accounts));
    // What was refused changed nothing.
    let wrong = t.call::<User>("root", Method::PATCH, "/users/nobody", Some(&disabled)).await;
    assert_eq!(wrong.err(), Some(refusal(404, "not_found")));
    t.call::<User>("ann", Method::PATCH, "/users/bob", Some(&disabled)).await.expect_err("a friend may not");
    t.login("ann").await;
    assert_eq!(root.next().await, heard(Topic::Accounts), "somebody signed in");
    t.register_key().await;
    assert_eq!(root.next().await, heard(Topic::Keys));
    t.add_game("open", false).await;
    assert_eq!(
        ann.next().await,
        Some(Event::Game { game: "open".parse().expect("slug") }),
        "and nothing before"
    );
}

pub(crate) async fn who_is_not_signed_in_hears_nothing(t: &Tracker) {
    let asked = request(Method::GET, "/events", None, NOTHING, "192.0.2.1");
    let (status, _) = t.send(asked).await;
    assert_eq!(status, 401);
}
