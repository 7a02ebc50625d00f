//! Neighbouring releases understand each other: bodies as the release before wrote them are read, and what this release
//! writes has everything in it that the one before reads. `docs/compatibility.md` says which releases are neighbours.
//!
//! The bodies of a level of the API are in `testdata/api-LEVEL/` and never change; those of levels that are no
//! neighbours any more are deleted.

use std::collections::BTreeMap;

use mist_proto::http;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

type Bodies = BTreeMap<String, Vec<Value>>;

/// What this release no longer writes although the one before reads it: `docs/compatibility.md` says what that means.
const GONE: &[(&str, &str)] = &[("Announce", "uploaded")];

/// Whether whoever reads `old` finds all of it in `new`.
fn holds(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            // What is left away is null for whoever asks for it.
            old.iter().all(|(key, old)| holds(new.get(key).unwrap_or(&Value::Null), old))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| holds(new, old))
        }
        _ => new == old,
    }
}

/// Reads every body of one type, and writes it again.
fn check<T: Serialize + DeserializeOwned>(bodies: &mut Bodies, name: &str) {
    for mut old in bodies.remove(name).unwrap_or_else(|| panic!("there is no body of {name}")) {
        let read: T = serde_json::from_value(old.clone()).unwrap_or_else(|e| panic!("{name} {old}: {e}"));
        let new = serde_json::to_value(&read).expect("plain data");
        for (_, field) in GONE.iter().filter(|(body, _)| *body == name) {
            old.as_object_mut().and_then(|body| body.remove(*field));
        }
        assert!(holds(&new, &old), "{name}: {new} lacks some of {old}");
    }
}

macro_rules! check {
    ($file:literal: $($body:ident)*) => {{
        let mut bodies: Bodies = serde_json::from_str(include_str!($file)).expect("bodies");
        $(check::<http::$body>(&mut bodies, stringify!($body));)*
        assert!(bodies.is_empty(), "nobody reads {:?}", bodies.keys());
    }};
}

#[test]
fn requests_of_the_release_before_are_read() {
    check!("../testdata/api-1/requests.json":
        Login RefreshRequest SeedLogin RegisterReleaseKey NewUser UpdateUser NewSeed NewGame UpdateGame SetLive
        JumpRequest PatchRequest ClaimRequest JobProgress JobResult JobFailed StoreStats NewDevice Announce
        SourcesRequest TicketsRequest TransferReport);
}

#[test]
fn answers_of_the_release_before_are_read() {
    check!("../testdata/api-1/answers.json":
        ProblemDetails Session Me SeedSession Trust User UserList Seed SeedList EnrolledSeed AuditLog Game GameList BuildList
        Push UploadState PartAccepted Jump Job JobList ClaimedJob LeaseState Device DeviceList Announced Sources
        TicketList DenyList Event Stats);
}

#[test]
fn what_is_new_is_known_to_be_new() {
    let json = |text| serde_json::from_str::<Value>(text).expect("JSON");
    assert!(holds(&json(r#"{"a": 1, "new": 2}"#), &json(r#"{"a": 1, "b": null}"#)));
    for (new, old) in [(r#"{"a": 1}"#, r#"{"a": 2}"#), (r#"{}"#, r#"{"a": 1}"#), ("[1]", "[1, 2]")] {
        assert!(!holds(&json(new), &json(old)), "{new} {old}");
    }
}
