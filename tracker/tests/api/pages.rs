//! Lists that come in pages.

use std::marker::PhantomData;

use axum::http::Method;
use mist_proto::{
    claims::Scope,
    http::{
        AuditLog, Build, BuildList, Device, DeviceList, Game, GameList, JobList, NewGame, NewUser, Page,
        Seed, SeedList, User, UserList,
    },
};
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

/// A list of which pages are turned while it changes.
struct Turning<'a, L> {
    t: &'a Tracker,
    who: &'a str,
    path: &'a str,
    next: Option<String>,
    list: PhantomData<L>,
}

impl<'a, L: Page + DeserializeOwned> Turning<'a, L> {
    fn over(t: &'a Tracker, who: &'a str, path: &'a str) -> Self {
        Self { t, who, path, next: None, list: PhantomData }
    }

    /// What the next page shows of its entries.
    async fn page(&mut self, limit: u16, shown: impl Fn(&L::Entry) -> String) -> Vec<String> {
        let after = self.next.as_ref().map(|next| format!("&after={next}")).unwrap_or_default();
        let page: L =
            self.t.get(self.who, &format!("{}?limit={limit}{after}", self.path)).await.expect("a page");
        let (entries, next) = page.split();
        self.next = next;
        entries.iter().map(shown).collect()
    }
}

async fn add_user(t: &Tracker, name: &str) {
    let new =
        NewUser { name: name.parse().expect("name"), password: "long enough".into(), scope: Scope::User };
    t.post::<User>("root", "/users", &new).await.expect("an account");
}

async fn remove(t: &Tracker, who: &str, path: &str) {
    t.call::<()>(who, Method::DELETE, path, NOTHING).await.expect("removed");
}

pub(crate) async fn what_comes_and_goes_between_pages_hides_nothing(t: &Tracker) {
    let slug = |g: &Game| g.slug.to_string();
    for name in ["b", "c", "d", "e"] {
        t.add_game(name, false).await;
    }
    let mut games = Turning::<GameList>::over(t, "ann", "/games");
    assert_eq!(games.page(2, slug).await, ["b", "c"]);
    remove(t, "root", "/games/c").await;
    t.add_game("a", false).await;
    t.add_game("cc", false).await;
    assert_eq!(games.page(9, slug).await, ["cc", "d", "e"]);
    assert_eq!(games.next, None);

    // Ann, Bob and the admin are there from the beginning.
    let name = |u: &User| u.name.to_string();
    for user in ["cid", "dan"] {
        add_user(t, user).await;
    }
    let mut users = Turning::<UserList>::over(t, "root", "/users");
    assert_eq!(users.page(3, name).await, ["ann", "bob", "cid"]);
    remove(t, "root", "/users/cid").await;
    add_user(t, "abe").await;
    add_user(t, "coy").await;
    assert_eq!(users.page(9, name).await, ["coy", "dan", "root"]);

    let name = |s: &Seed| s.name.to_string();
    for seed in ["attic", "nas", "seed"] {
        t.add_seed(seed).await;
    }
    let mut seeds = Turning::<SeedList>::over(t, "root", "/seeds");
    assert_eq!(seeds.page(2, name).await, ["attic", "nas"]);
    remove(t, "root", "/seeds/nas").await;
    t.add_seed("a").await;
    t.add_seed("pi").await;
    assert_eq!(seeds.page(9, name).await, ["pi", "seed"]);

    let id = |d: &Device| d.peer.to_string();
    for n in [2, 4, 6] {
        t.add_device("ann", &peer(n)).await;
    }
    // Somebody else's, which must never be seen.
    t.add_device("bob", &peer(5)).await;
    let mut devices = Turning::<DeviceList>::over(t, "ann", "/devices");
    assert_eq!(devices.page(2, id).await, [2, 4].map(|n| peer(n).to_string()));
    remove(t, "ann", &format!("/devices/{}", peer(4))).await;
    t.add_device("ann", &peer(1)).await;
    t.add_device("ann", &peer(7)).await;
    assert_eq!(devices.page(9, id).await, [6, 7].map(|n| peer(n).to_string()));

    t.register_key().await;
    let mut plan = Plan::first("a");
    for version in ["2.0", "3.0"] {
        let id = t.publish(&plan).await;
        plan = plan.next(version, id);
    }
    let version = |b: &Build| b.version.to_string();
    let mut builds = Turning::<BuildList>::over(t, "ann", "/games/a/builds");
    assert_eq!(builds.page(1, version).await, ["1.0"]);
    let third = t.publish(&plan).await;
    assert_eq!(builds.page(1, version).await, ["2.0"]);
    // The newest is not ready: only who pushes may know of it, and it makes no further page for a friend.
    t.push(&plan.next("4.0", third), true).await.expect("admitted");
    assert_eq!(builds.page(1, version).await, ["3.0"]);
    assert_eq!(builds.next, None);
    assert_eq!(by_twos::<BuildList>(t, "root", "/games/a/builds").await.len(), 4);
}

pub(crate) async fn pages_are_in_the_order_of_bytes_and_of_what_one_may_see(t: &Tracker) {
    for (slug, title, is_private) in [
        ("a", "b-side", false),
        ("b", "Zeta", true),
        ("c", "Älg", false),
        ("d", "B side", true),
        ("e", "Zeta", false),
    ] {
        let new = NewGame {
            slug: slug.parse().expect("slug"),
            title: Some(title.parse().expect("a title")),
            app_id: None,
            is_private,
        };
        t.post::<Game>("root", "/games", &new).await.expect("a game");
    }
    t.call::<()>("root", Method::PUT, "/users/ann/grants/d", NOTHING).await.expect("granted");
    for (who, seen) in [("root", "dbeac"), ("ann", "deac"), ("bob", "eac")] {
        let games = by_twos::<GameList>(t, who, "/games").await;
        assert_eq!(games.iter().map(|g| g.slug.as_str()).collect::<String>(), seen, "{who}");
        // Only admins are told what people edited; here each title was given by hand.
        assert!(games.iter().all(|g| g.by_hand.is_empty() == (who != "root")), "{who}: {games:?}");
    }
    t.call::<()>("root", Method::PUT, "/users/ann/grants/b", NOTHING).await.expect("granted");
    let users = by_twos::<UserList>(t, "root", "/users").await;
    let granted: Vec<_> = users.iter().map(|u| (u.name.as_str(), u.grants.len())).collect();
    assert_eq!(granted, [("ann", 2), ("bob", 0), ("root", 0)]);
    remove(t, "root", "/users/ann/grants/d").await;
    let games = by_twos::<GameList>(t, "ann", "/games").await;
    assert_eq!(games.iter().map(|g| g.slug.as_str()).collect::<String>(), "beac");
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
