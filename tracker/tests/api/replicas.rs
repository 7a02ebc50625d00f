//! Several trackers on one database.

use std::sync::Arc;

use mist_proto::{
    claims::Scope,
    http::{AuditLog, NewUser, UserList},
};
use mist_tracker::{
    admin::{Admin, users},
    clock::SystemEntropy,
    data_dir,
};

use crate::tracker::{PASSWORD, Tracker};

pub(crate) async fn those_that_start_at_once_have_one_key(t: &Tracker) {
    let starting = (0..8).map(|_| {
        let db = t.app.records.db.clone();
        tokio::spawn(async move {
            let folder = tempfile::tempdir().expect("a folder");
            let key = data_dir::signing_key(folder.path(), &db, &SystemEntropy).await.expect("a key");
            let copy = data_dir::read_key(folder.path()).expect("read").expect("a copy");
            (key.public(), copy)
        })
    });
    let keys: Vec<_> = futures::future::join_all(starting).await;
    let mut keys: Vec<_> = keys.into_iter().map(|started| started.expect("started")).collect();
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

pub(crate) async fn those_that_start_at_once_make_one_admin(t: &Tracker) {
    let first = |name: String| NewUser {
        name: name.parse().expect("name"),
        password: PASSWORD.into(),
        scope: Scope::Admin,
    };
    let admin = Admin::from(&*t.app);
    let made = users::create_first(&admin, first("late".into())).await.expect("an answer");
    assert!(made.is_none(), "a server with accounts has its first admin");
    for name in ["root", "ann", "bob"] {
        t.forget_user(name).await;
    }
    let admin = Arc::new(admin);
    let starting = (0..8).map(|n| {
        let admin = Arc::clone(&admin);
        tokio::spawn(async move { users::create_first(&admin, first(format!("first{n}"))).await })
    });
    let made = futures::future::join_all(starting).await.into_iter();
    let made: Vec<_> =
        made.filter_map(|started| started.expect("started").expect("an answer")).map(|u| u.name).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    let users: UserList =
        t.at_the_server(axum::http::Method::GET, "/users", crate::tracker::NOTHING).await.expect("a list");
    assert_eq!(users.users.iter().map(|u| u.name.clone()).collect::<Vec<_>>(), made);
    let log: AuditLog =
        t.at_the_server(axum::http::Method::GET, "/audit", crate::tracker::NOTHING).await.expect("a log");
    assert_eq!(log.entries.iter().filter(|e| e.subject.starts_with("first")).count(), 1);
}
