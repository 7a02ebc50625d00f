//! Several faces of one home, and what goes wrong between them.
#![cfg(unix)]

use std::{
    os::unix::fs::chown,
    path::{Path, PathBuf},
    time::Duration,
};

use mist_client_core::{Delta, Home, Order, Rev};
use mist_client_view::{Face, Reply, Request, stop};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

fn home(dir: &tempfile::TempDir) -> Home {
    Home::open(dir.path()).expect("home")
}

/// Where the engine of a home says that its socket is.
fn socket(home: &Home) -> PathBuf {
    let bytes = std::fs::read(home.engine_file()).expect("an engine runs");
    let address: Value = serde_json::from_slice(&bytes).expect("json");
    address["socket"].as_str().expect("a path").into()
}

/// Says that an engine is reached at `path`.
fn claim(home: &Home, path: &Path) {
    let address = json!({ "pid": 1, "socket": path, "version": "9.9.9" });
    std::fs::write(home.engine_file(), address.to_string()).expect("written");
}

async fn read_frame(stream: &mut UnixStream) -> Value {
    let len = stream.read_u32_le().await.expect("a length");
    let mut bytes = vec![0; len as usize];
    stream.read_exact(&mut bytes).await.expect("so many bytes");
    serde_json::from_slice(&bytes).expect("json")
}

async fn write_frame(stream: &mut UnixStream, message: &Value) {
    let bytes = message.to_string().into_bytes();
    stream.write_u32_le(u32::try_from(bytes.len()).expect("short")).await.expect("sent");
    stream.write_all(&bytes).await.expect("sent");
}

#[tokio::test]
async fn the_first_runs_the_engine_and_the_second_attaches_and_takes_over() {
    let dir = tempfile::tempdir().expect("dir");
    let first = Face::open(home(&dir), "first").await.expect("opened");
    let second = Face::open(home(&dir), "second").await.expect("attached");
    assert!(first.engine().await.is_some() && second.engine().await.is_none());
    assert_eq!(second.owner().await.program, "first");

    // Nobody is signed in: the order is taken, fails, and both see why.
    let game = "doom".parse().expect("slug");
    let order = Request::Submit { order: Order::Install { game, version: None, dir: None } };
    let Reply::Submitted(id) = second.call(order).await.expect("taken") else { panic!("another answer") };
    let failed = |deltas: &[Delta]| {
        deltas.iter().any(|d| match d {
            Delta::Operation(o) => {
                o.id == id && o.failure.as_ref().is_some_and(|f| f.code == "not_signed_in")
            }
            _ => false,
        })
    };
    let mut rev = Rev::default();
    loop {
        let (now, deltas) = second.next(rev, Duration::from_secs(10)).await.expect("news");
        rev = now;
        if failed(&deltas) {
            break;
        }
    }
    let (_, late) = first.next(Rev::default(), Duration::ZERO).await.expect("news");
    assert!(failed(&late), "a face that comes late sees the same");

    let waiting = tokio::spawn(async move {
        loop {
            let (now, deltas) = second.next(rev, Duration::from_secs(10)).await.expect("news");
            rev = now;
            if deltas.iter().any(|d| matches!(d, Delta::Owner(o) if o.program == "second")) {
                return (second, deltas);
            }
        }
    });
    first.close().await;
    let (second, deltas) = waiting.await.expect("no panic");
    assert!(second.engine().await.is_some());
    assert!(failed(&deltas), "what the first one knew is known to the second");
    let again = Face::open(home(&dir), "third").await.expect("attached");
    assert_eq!(again.owner().await.program, "second");
    second.close().await;
}

#[tokio::test]
async fn a_request_that_is_given_up_does_no_harm() {
    let dir = tempfile::tempdir().expect("dir");
    let first = Face::open(home(&dir), "first").await.expect("opened");
    let second = Face::open(home(&dir), "second").await.expect("attached");
    // Whatever an engine has to say as it starts comes first; then a request waits, and is given up.
    let mut rev = Rev::default();
    let wait =
        |rev| tokio::time::timeout(Duration::from_millis(300), second.next(rev, Duration::from_secs(20)));
    while let Ok(news) = wait(rev).await {
        rev = news.expect("news").0;
    }
    assert!(matches!(second.call(Request::Operations).await, Ok(Reply::Operations(o)) if o.is_empty()));
    first.close().await;
}

#[tokio::test]
async fn what_a_dead_process_left_is_no_hindrance() {
    let dir = tempfile::tempdir().expect("dir");
    // Its socket is there and nobody listens; its lock went with it.
    let dead = dir.path().join("dead.sock");
    drop(UnixListener::bind(&dead).expect("bound"));
    claim(&home(&dir), &dead);
    let face = Face::open(home(&dir), "alive").await.expect("opened");
    assert!(face.engine().await.is_some());
    face.close().await;
    // The same at the place of the home's own socket.
    let face = Face::open(home(&dir), "alive").await.expect("opened");
    let own = socket(&home(&dir));
    face.close().await;
    drop(UnixListener::bind(&own).expect("bound"));
    let face = Face::open(home(&dir), "alive").await.expect("opened");
    assert!(face.engine().await.is_some());
    let second = Face::open(home(&dir), "second").await.expect("attached");
    assert!(second.engine().await.is_none());
    face.close().await;
}

#[tokio::test]
async fn a_socket_of_another_user_is_not_used() {
    let dir = tempfile::tempdir().expect("dir");
    let _owned = home(&dir).own().expect("io").expect("free");
    let path = dir.path().join("theirs.sock");
    let _listener = UnixListener::bind(&path).expect("bound");
    chown(&path, Some(65534), None).expect("this test runs as root, like those with networks of their own");
    claim(&home(&dir), &path);
    let refused = Face::open(home(&dir), "victim").await.err().expect("refused");
    assert_eq!(refused.code, "engine_of_another_user");
}

#[tokio::test]
async fn another_version_is_told_apart_and_can_be_stopped() {
    let dir = tempfile::tempdir().expect("dir");
    let _owned = home(&dir).own().expect("io").expect("free");
    let path = dir.path().join("newer.sock");
    let listener = UnixListener::bind(&path).expect("bound");
    claim(&home(&dir), &path);
    let newer = tokio::spawn(async move {
        let mut purposes = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.expect("a face");
            purposes.push(read_frame(&mut stream).await["purpose"].clone());
            let owner = json!({ "pid": 77, "program": "mist of tomorrow", "version": "9.9.9" });
            write_frame(&mut stream, &json!({ "protocol": 1000, "owner": owner })).await;
        }
        purposes
    });
    let refused = Face::open(home(&dir), "old").await.err().expect("refused");
    assert_eq!((refused.code.as_str(), refused.params["theirs"].as_str()), ("engine_other_version", "9.9.9"));
    assert_eq!(stop(&home(&dir)).await.expect("told").map(|o| o.pid), Some(77));
    assert_eq!(newer.await.expect("no panic"), [json!("attach"), json!("stop")]);
}

#[tokio::test]
async fn floods_and_nonsense_do_not_shut_others_out_for_long() {
    let dir = tempfile::tempdir().expect("dir");
    let face = Face::open(home(&dir), "first").await.expect("opened");
    let path = socket(&home(&dir));
    // Connections that say nothing take all places, until they are cut for it.
    let mut silent = Vec::new();
    for _ in 0..70 {
        silent.push(UnixStream::connect(&path).await.expect("connected"));
    }
    let attached = Face::open(home(&dir), "patient").await.expect("they were cut");
    assert!(matches!(attached.call(Request::Operations).await, Ok(Reply::Operations(_))));
    // Garbage ends its own connection and nothing else.
    let mut garbage = UnixStream::connect(&path).await.expect("connected");
    garbage.write_all(&[0xff; 64]).await.expect("sent");
    let mut rest = Vec::new();
    garbage.read_to_end(&mut rest).await.ok();
    assert!(rest.is_empty());
    assert!(matches!(attached.call(Request::Operations).await, Ok(Reply::Operations(_))));
    face.close().await;
}

#[tokio::test]
async fn an_engine_can_be_asked_to_end() {
    let dir = tempfile::tempdir().expect("dir");
    assert_eq!(stop(&home(&dir)).await.expect("nobody runs"), None);
    let face = Face::open(home(&dir), "first").await.expect("opened");
    let home = home(&dir);
    let (stopped, ()) = tokio::join!(stop(&home), face.asked_to_end());
    assert_eq!(stopped.expect("told").map(|o| o.program), Some("first".into()));
    face.close().await;
    assert!(!home.engine_file().exists());
}
