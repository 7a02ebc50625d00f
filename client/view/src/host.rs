//! Lets other processes attach to the engine that runs in this one.

use std::{io, sync::Arc, time::Duration};

use mist_client_core::{Engine, Home, home::write_json};
use serde::{Deserialize, Serialize};
use tokio::{sync::Semaphore, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    dispatch::{LONGEST_WAIT, dispatch},
    frame::{self, MAX_REQUEST},
    message::{Answer, Hello, PROTOCOL, Purpose, Request, Welcome},
    socket::{Listener, SocketError, Stream},
};

/// Connections at the same time. A face uses one or two.
const MAX_CONNECTIONS: usize = 64;
/// How long the other side may take to say who it is, and to take an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// After accepting a connection failed, for want of file handles perhaps.
const PAUSE: Duration = Duration::from_millis(200);

/// `engine.json`: how the engine of a home is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    /// The process.
    pub(crate) pid: u32,
    /// Its socket.
    pub(crate) socket: std::path::PathBuf,
    /// Its version.
    pub(crate) version: String,
}

/// The open socket of an engine. Close it with [`Host::close`].
pub(crate) struct Host {
    stop: CancellationToken,
    /// Cancelled when another process asks this one to end.
    asked_to_end: CancellationToken,
    task: JoinHandle<()>,
}

impl Host {
    /// Opens the socket and says in the home where it is.
    pub(crate) fn open(engine: Engine) -> Result<Self, SocketError> {
        let listener = Listener::bind(engine.home().root())?;
        let owner = engine.owner();
        let address =
            Address { pid: owner.pid, socket: listener.path().to_owned(), version: owner.version.clone() };
        write_json(&engine.home().engine_file(), &address, true).map_err(|e| SocketError::Io(e.source))?;
        let (stop, asked_to_end) = (CancellationToken::new(), CancellationToken::new());
        let task = tokio::spawn(serve(listener, engine, stop.clone(), asked_to_end.clone()));
        Ok(Self { stop, asked_to_end, task })
    }

    /// Cancelled when another process asks this one to end.
    pub(crate) fn asked_to_end(&self) -> CancellationToken {
        self.asked_to_end.clone()
    }

    /// Ends all connections and closes the socket.
    pub(crate) async fn close(self, home: &Home) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "serving other processes failed");
        }
        if let Err(error) = mist_client_core::home::remove_file(&home.engine_file()) {
            tracing::debug!(%error, "it is left behind, and harmless");
        }
    }
}

async fn serve(listener: Listener, engine: Engine, stop: CancellationToken, asked_to_end: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let place = places.clone().try_acquire_owned().ok();
        let (engine, stop, asked_to_end) = (engine.clone(), stop.clone(), asked_to_end.clone());
        connections.spawn(async move {
            let conversation = converse(stream, &engine, place.is_none(), &asked_to_end);
            tokio::select! {
                ended = conversation => if let Err(error) = ended {
                    tracing::debug!(%error, "a face is gone");
                },
                () = stop.cancelled() => {}
            }
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// One connection: who it is, then requests and answers by turns.
async fn converse(
    mut stream: Stream,
    engine: &Engine,
    full: bool,
    asked_to_end: &CancellationToken,
) -> io::Result<()> {
    let hello: Hello = timeout(PATIENCE, frame::read(&mut stream, MAX_REQUEST)).await??;
    let welcome = Welcome { protocol: PROTOCOL, owner: engine.owner().clone(), full };
    answer(&mut stream, &welcome).await?;
    match hello.purpose {
        Purpose::Stop => asked_to_end.cancel(),
        Purpose::Attach if full || hello.protocol != PROTOCOL => {}
        Purpose::Attach => loop {
            let request: Request = frame::read(&mut stream, MAX_REQUEST).await?;
            let reply: Answer = dispatch(engine, request).await;
            answer(&mut stream, &reply).await?;
        },
    }
    Ok(())
}

/// Whoever does not take its answers gets no more.
async fn answer(stream: &mut Stream, message: &impl Serialize) -> io::Result<()> {
    timeout(PATIENCE + LONGEST_WAIT, frame::write(stream, message)).await?
}
