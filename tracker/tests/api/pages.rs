//! Lists that come in pages.

use axum::http::Method;
use mist_proto::http::{AuditLog, BuildList, DeviceList, Game, GameList, JobList, Page, SeedList, UserList};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, peer, refusal};

/// All entries by pages of two, which must be those of one page.
async fn by_twos<L>(t: &Tracker, who: &str, path: &str) -> Vec<L::Entry>
where
    L: Page + DeserializeOwned,
    L::Entry: PartialEq + std::fmt::Debug,
{
    let (whole, next) = t.get::<L>(who, path).await.expect("a list").split();
    assert_eq!(next, None, "{path} fits one page");
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page: L = t.get(who, &format!("{path}?limit=2{after}")).await.expect("a page");
        let (entries, next) = page.split();
        assert!(entries.len() <= 2);
        all.extend(entries);
        match next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(all, whole, "{path}");
    all
}

pub(crate) async fn pages_together_are_the_list(t: &Tracker) {
    t.register_key().await;
    for name in ["seed", "nas", "attic"] {
        t.add_seed(name).await;
    }
    for slug in ["e", "d", "c", "b", "a"] {
        t.add_game(slug, slug == "c").await;
        t.pass(1);
    }
    let mut plan = Plan::first("a");
    for version in ["2.0", "3.0", "4.0"] {
        let id = t.publish(&plan).await;
        plan = plan.next(version, id);
    }
    for n in 1..=5 {
        t.add_device("ann", &peer(n)).await;
    }

    assert_eq!(by_twos::<UserList>(t, "root", "/users").await.len(), 3);
    assert_eq!(by_twos::<SeedList>(t, "root", "/seeds").await.len(), 3);
    assert_eq!(by_twos::<GameList>(t, "root", "/games").await.len(), 5);
    let games = by_twos::<GameList>(t, "ann", "/games").await;
    assert_eq!(games.iter().map(|g| g.slug.as_str()).collect::<Vec<_>>(), ["a", "b", "d", "e"]);
    assert_eq!(by_twos::<BuildList>(t, "ann", "/games/a/builds").await.len(), 3);
    assert_eq!(by_twos::<DeviceList>(t, "ann", "/devices").await.len(), 5);
    assert!(by_twos::<JobList>(t, "root", "/jobs").await.is_sorted_by(|a, b| a.id > b.id));
    let entries = by_twos::<AuditLog>(t, "root", "/audit").await;
    assert!(entries.len() > 10 && entries.is_sorted_by(|a, b| a.at >= b.at));
}

pub(crate) async fn what_comes_and_goes_between_pages_hides_nothing(t: &Tracker) {
    for slug in ["b", "c", "d", "e"] {
        t.add_game(slug, false).await;
    }
    let first: GameList = t.get("ann", "/games?limit=2").await.expect("a page");
    let (shown, next) = first.split();
    assert_eq!(shown.iter().map(|g| g.slug.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    t.call::<()>("root", Method::DELETE, "/games/c", NOTHING).await.expect("removed");
    t.add_game("a", false).await;
    let path = format!("/games?after={}", next.expect("a cursor"));
    let (rest, next): (Vec<Game>, _) = t.get::<GameList>("ann", &path).await.expect("a page").split();
    assert_eq!(rest.iter().map(|g| g.slug.as_str()).collect::<Vec<_>>(), ["d", "e"]);
    assert_eq!(next, None);
}

pub(crate) async fn a_bad_page_is_refused(t: &Tracker) {
    for (path, code) in [
        ("/games?limit=0", "bad_limit"),
        ("/games?limit=501", "bad_limit"),
        ("/games?limit=x", "bad_request"),
        ("/games?after=x", "bad_cursor"),
        ("/jobs?after=AAAA", "bad_cursor"),
    ] {
        let refused: Result<Value, Refusal> = t.get("root", path).await;
        assert_eq!(refused.err(), Some(refusal(400, code)), "{path}");
    }
}
