//! `GET /catalogue`.

use axum::http::Method;
use mist_proto::http::{BuildList, BuildState, Catalogue, Game, GameList, UpdateGame};

use crate::tracker::{NOTHING, Plan, Tracker};

async fn whole(t: &Tracker, who: &str) -> Catalogue {
    t.get(who, "/catalogue").await.expect("a catalogue")
}

/// What changed for somebody who has `known`; the two together must be the present catalogue.
async fn since(t: &Tracker, who: &str, known: &Catalogue) -> Catalogue {
    let path = format!("/catalogue?since={}", known.revision);
    let change: Catalogue = t.get(who, &path).await.expect("a catalogue");
    assert!(!change.whole, "{who} gets what changed");
    assert_eq!(known.clone().followed_by(change.clone()), whole(t, who).await);
    change
}

fn slugs(catalogue: &Catalogue) -> Vec<&str> {
    catalogue.games.iter().map(|e| e.game.slug.as_str()).collect()
}

pub(crate) async fn it_comes_in_one_call_and_then_only_what_changed(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    for slug in ["doom", "quake"] {
        t.add_game(slug, false).await;
    }
    let plan = Plan::first("quake");
    let id = t.publish(&plan).await;
    let first = whole(t, "ann").await;
    assert!(first.whole);
    let list: GameList = t.get("ann", "/games").await.expect("a list");
    assert_eq!(first.games.iter().map(|e| e.game.clone()).collect::<Vec<_>>(), list.games);
    for entry in &first.games {
        let path = format!("/games/{}/builds", entry.game.slug);
        let builds: BuildList = t.get("ann", &path).await.expect("a list");
        assert_eq!(entry.builds, builds.builds);
    }
    t.pass(1000);
    let nothing = since(t, "ann", &first).await;
    assert_eq!((&nothing.revision, nothing.games.len(), nothing.gone.len()), (&first.revision, 0, 0));
    assert_eq!(nothing.as_of.since(first.as_of), 1000, "a catalogue that did not change is young again");

    // A push that is under way is for admins and seeds.
    let second = plan.next("2.0", id);
    let at_root = whole(t, "root").await;
    let at_seed = whole(t, "seed").await;
    t.push(&second, true).await.expect("admitted");
    assert_eq!(slugs(&since(t, "ann", &first).await), [""; 0]);
    for (who, known) in [("root", &at_root), ("seed", &at_seed)] {
        let change = since(t, who, known).await;
        assert_eq!(slugs(&change), ["quake"]);
        assert_eq!(change.games[0].builds[1].state, BuildState::Uploading);
    }
    t.publish(&second).await;
    let change = since(t, "ann", &first).await;
    assert_eq!(slugs(&change), ["quake"]);
    assert_eq!(change.games[0].game.live, Some("2.0".parse().expect("version")));
    assert_eq!(change.games[0].builds[1].patches.len(), 1, "the patch is there with its build");

    let title = UpdateGame { title: Some("Doom II".parse().expect("a title")), ..UpdateGame::default() };
    let before = whole(t, "ann").await;
    t.call::<Game>("root", Method::PATCH, "/games/doom", Some(&title)).await.expect("edited");
    assert_eq!(slugs(&since(t, "ann", &before).await), ["doom"]);
    t.call::<()>("root", Method::DELETE, "/games/doom", NOTHING).await.expect("removed");
    let change = since(t, "ann", &before).await;
    assert_eq!((slugs(&change), &change.gone[..]), (vec![], &["doom".parse().expect("slug")][..]));
}

pub(crate) async fn it_follows_grants_and_privacy(t: &Tracker) {
    t.add_game("open", false).await;
    t.add_game("secret", true).await;
    let (ann, bob) = (whole(t, "ann").await, whole(t, "bob").await);
    assert_eq!(slugs(&ann), ["open"]);
    assert!(!ann.revision.contains("secret"), "a private game is not even named");
    t.call::<()>("root", Method::PUT, "/users/bob/grants/secret", NOTHING).await.expect("granted");
    assert_eq!(slugs(&since(t, "bob", &bob).await), ["secret"]);
    assert_eq!(slugs(&since(t, "ann", &ann).await), [""; 0]);

    let granted = whole(t, "bob").await;
    t.call::<()>("root", Method::DELETE, "/users/bob/grants/secret", NOTHING).await.expect("taken back");
    let change = since(t, "bob", &granted).await;
    assert_eq!((slugs(&change), &change.gone[..]), (vec![], &["secret".parse().expect("slug")][..]));

    let private = |is_private| UpdateGame { is_private: Some(is_private), ..UpdateGame::default() };
    for (game, is_private) in [("secret", false), ("open", true)] {
        let path = format!("/games/{game}");
        t.call::<Game>("root", Method::PATCH, &path, Some(&private(is_private))).await.expect("edited");
    }
    let change = since(t, "ann", &ann).await;
    assert_eq!((slugs(&change), &change.gone[..]), (vec!["secret"], &["open".parse().expect("slug")][..]));

    // A revision proves nothing: whoever shows another account's learns no more than their own catalogue.
    let path = format!("/catalogue?since={}", granted.revision);
    t.call::<Game>("root", Method::PATCH, "/games/secret", Some(&private(true))).await.expect("edited");
    let change: Catalogue = t.get("ann", &path).await.expect("a catalogue");
    assert!(change.games.iter().all(|e| e.game.slug.as_str() != "secret"), "{change:?}");
}
