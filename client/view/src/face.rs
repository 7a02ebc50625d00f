//! A face's connection to its home's engine, wherever that runs.

use std::{io, time::Duration};

use mist_client_core::{Delta, Engine, Error, Failure, GivenSettings, Home, Owner, Rev, home::read_json};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

use crate::{
    dispatch::dispatch,
    frame::{self, MAX_MESSAGE},
    host::{Address, Host},
    message::{Answer, Hello, PROTOCOL, Purpose, Reply, Request, Welcome},
    socket::{SocketError, Stream, connect},
};

/// How long a process that runs the engine may take to let another one attach, and one that ends to give the home up.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between looks at whether it does.
const TICK: Duration = Duration::from_millis(20);
/// How long an engine may take to greet.
const GREETING: Duration = Duration::from_secs(5);

/// Whoever shows the engine of a home to a person.
pub struct Face {
    home: Home,
    program: String,
    seat: Mutex<Seat>,
}

enum Seat {
    /// The engine runs in this process.
    Own(Engine, Option<Host>),
    /// It runs in another one.
    Attached(Attached),
}

/// A connection, and nothing while a request is under way on it: a face that gives up waiting for the answer can't use it
/// any more.
struct Attached {
    owner: Owner,
    stream: Option<Stream>,
}

impl Face {
    /// Opens the engine of `home`, or attaches to the process that runs it. `program` tells others what this process is.
    ///
    /// # Errors
    /// If the home can't be read, or the process that owns it can't be attached to.
    pub async fn open(home: Home, program: &str) -> Result<Self, Failure> {
        let seat = Mutex::new(take_seat(&home, program).await?);
        Ok(Self { home, program: program.to_owned(), seat })
    }

    /// The engine, if it runs in this process.
    pub async fn engine(&self) -> Option<Engine> {
        match &*self.seat.lock().await {
            Seat::Own(engine, _) => Some(engine.clone()),
            Seat::Attached(_) => None,
        }
    }

    /// Goes on with what waits, if the engine runs in this process. An engine that only answers questions starts nothing.
    pub async fn start(&self) {
        if let Some(engine) = self.engine().await {
            engine.start();
        }
    }

    /// The process that runs the engine.
    pub async fn owner(&self) -> Owner {
        match &*self.seat.lock().await {
            Seat::Own(engine, _) => engine.owner().clone(),
            Seat::Attached(attached) => attached.owner.clone(),
        }
    }

    /// Has the engine do something. If the process that runs it ends meanwhile, the request goes to whoever runs it then,
    /// this process perhaps: every request may be repeated.
    ///
    /// # Errors
    /// The engine's own, or those of [`Face::open`].
    pub async fn call(&self, request: Request) -> Result<Reply, Failure> {
        let mut seat = self.seat.lock().await;
        loop {
            match &mut *seat {
                Seat::Own(engine, _) => {
                    let engine = engine.clone();
                    // Others may use the face meanwhile: a face that waits for news can still pause an operation.
                    drop(seat);
                    return dispatch(&engine, request).await;
                }
                Seat::Attached(attached) => {
                    match attached.ask(&request).await {
                        // It goes on with whoever runs the engine next.
                        Some(Err(failure)) if failure.code == "closing" => sleep(TICK).await,
                        Some(answer) => return answer,
                        None => {}
                    }
                    *seat = take_seat(&self.home, &self.program).await?;
                }
            }
        }
    }

    /// What changed since `since`, waiting for it at most so long.
    ///
    /// # Errors
    /// As [`Face::call`].
    pub async fn next(&self, since: Rev, wait: Duration) -> Result<(Rev, Vec<Delta>), Failure> {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        match self.call(Request::Next { since, wait }).await? {
            Reply::News(rev, deltas) => Ok((rev, deltas)),
            _ => Err(unexpected()),
        }
    }

    /// Resolves when another process asks this one to end; never if the engine runs elsewhere.
    pub async fn asked_to_end(&self) {
        loop {
            {
                let seat = self.seat.lock().await;
                if let Seat::Own(_, Some(host)) = &*seat {
                    let asked = host.asked_to_end();
                    drop(seat);
                    return asked.cancelled().await;
                }
            }
            // It may be taken over later.
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// Leaves. If the engine runs in this process, it ends in order, and whoever is attached takes over.
    pub async fn close(self) {
        self.end().await;
    }

    /// The same for whoever shares the face. Nothing may be asked of it from now on.
    pub(crate) async fn end(&self) {
        if let Seat::Own(engine, host) = &mut *self.seat.lock().await {
            engine.close().await;
            if let Some(host) = host.take() {
                host.close(engine.home()).await;
            }
            // Only now, so that the next owner's socket is not the one that was just closed.
            engine.give_up_home();
        }
    }
}

/// Asks the process that runs the engine of `home` to end. Returns it, or nothing if there is none.
///
/// # Errors
/// If it can't be reached.
pub async fn stop(home: &Home) -> Result<Option<Owner>, Failure> {
    if own(home)?.is_some() {
        return Ok(None);
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some((owner, _)) = or_wait(greet(home, Purpose::Stop).await, deadline).await? {
            return Ok(Some(owner));
        }
    }
}

fn own(home: &Home) -> Result<Option<mist_client_core::Ownership>, Failure> {
    home.own().map_err(|e| Error::from(e).into())
}

/// Runs the engine if nobody else does, or attaches to it.
async fn take_seat(home: &Home, program: &str) -> Result<Seat, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(ownership) = own(home)? {
            let (pid, version) = (std::process::id(), env!("CARGO_PKG_VERSION").to_owned());
            let owner = Owner { pid, program: program.to_owned(), version };
            let given = GivenSettings::read(|variable| std::env::var(variable).ok());
            let engine = Engine::open(ownership, owner, given.map_err(Error::from)?)?;
            let host = match Host::open(engine.clone()) {
                Ok(host) => Some(host),
                Err(error) => {
                    tracing::warn!(%error, "other programs can't attach to this one");
                    None
                }
            };
            return Ok(Seat::Own(engine, host));
        }
        if let Some((owner, stream)) = or_wait(greet(home, Purpose::Attach).await, deadline).await? {
            return Ok(Seat::Attached(Attached { owner, stream: Some(stream) }));
        }
    }
}

/// The owner's greeting; or nothing after a moment, if it may come yet and `deadline` is not over.
async fn or_wait<T>(greeted: Result<T, Greeting>, deadline: Instant) -> Result<Option<T>, Failure> {
    match greeted {
        Ok(greeted) => Ok(Some(greeted)),
        Err(Greeting::NotYet(_)) if Instant::now() <= deadline => {
            sleep(TICK).await;
            Ok(None)
        }
        Err(Greeting::Refused(failure) | Greeting::NotYet(failure)) => Err(failure),
    }
}

/// Why an engine can't be attached to.
enum Greeting {
    /// For good.
    Refused(Failure),
    /// Not just now: it may be starting or ending.
    NotYet(Failure),
}

async fn greet(home: &Home, purpose: Purpose) -> Result<(Owner, Stream), Greeting> {
    let address: Option<Address> =
        read_json(&home.engine_file()).map_err(|e| Greeting::NotYet(Error::from(e).into()))?;
    let unreachable = || {
        let (pid, socket) = address.as_ref().map_or_else(
            || ("unknown".to_owned(), home.engine_file().display().to_string()),
            |a| (a.pid.to_string(), a.socket.display().to_string()),
        );
        Greeting::NotYet(Failure::engine_unreachable(pid, socket))
    };
    let found = address.as_ref().ok_or_else(unreachable)?;
    let mut stream = match timeout(GREETING, connect(&found.socket)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(SocketError::Foreign(socket))) => {
            return Err(Greeting::Refused(Failure::engine_of_another_user(socket)));
        }
        Ok(Err(SocketError::Io(_))) | Err(_) => return Err(unreachable()),
    };
    let ours = env!("CARGO_PKG_VERSION");
    let hello = Hello { protocol: PROTOCOL, version: ours.to_owned(), purpose };
    let greeting = async {
        frame::write(&mut stream, &hello).await?;
        frame::read::<Welcome>(&mut stream, MAX_MESSAGE).await
    };
    let Ok(Ok(welcome)) = timeout(GREETING, greeting).await else { return Err(unreachable()) };
    let pid = welcome.owner.pid;
    if purpose == Purpose::Attach && welcome.full {
        return Err(Greeting::NotYet(Failure::engine_full(pid)));
    }
    if purpose == Purpose::Attach && welcome.protocol != PROTOCOL {
        let theirs = &welcome.owner.version;
        return Err(Greeting::Refused(Failure::engine_other_version(pid, ours, theirs)));
    }
    Ok((welcome.owner, stream))
}

impl Attached {
    /// The answer, or nothing if the connection is no longer there.
    async fn ask(&mut self, request: &Request) -> Option<Answer> {
        let mut stream = self.stream.take()?;
        let exchange = async {
            frame::write(&mut stream, request).await?;
            frame::read::<Answer>(&mut stream, MAX_MESSAGE).await
        };
        match exchange.await {
            Ok(answer) => {
                self.stream = Some(stream);
                Some(answer)
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Some(Err(Failure::bad_message(error)))
            }
            Err(error) => {
                tracing::debug!(%error, "the process with the engine is gone");
                None
            }
        }
    }
}

fn unexpected() -> Failure {
    Failure::bad_message("an answer to another request")
}
