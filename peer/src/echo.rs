//! Looks after the sending side of a connection to a peer that is not on the local network: streams take as much as its congestion control
//! says, and while an answer is under way the peer is asked for its clock, which that control needs: see [`crate::congestion`]. A peer's
//! own questions are answered.
//!
//! Datagrams go before what waits on streams, and of those that could not leave yet the newest replaces the others, so that what is
//! measured is the network.

use std::time::{Duration, Instant};

use mist_proto::wire::Clock;
use quinn::{Connection, ConnectionError};
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval},
};

use crate::congestion::Steering;

/// Time between questions. They cost 0.5 kB/s each way.
const EVERY: Duration = Duration::from_millis(20);
/// For so long after an answer began, questions are asked.
const ASK_FOR: Duration = Duration::from_secs(1);

/// Runs until the connection ends; asks for a while from each notice of `answering` on.
pub(crate) async fn run(connection: &Connection, answering: &Notify) -> Result<(), ConnectionError> {
    let Some(mut steering) = Steering::of(connection) else {
        // On the local network nothing is asked and nothing steered.
        return Err(connection.closed().await);
    };
    let began = Instant::now();
    let now = || u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut until = began;
    loop {
        connection.set_send_window(steering.window());
        tokio::select! {
            () = steering.changed() => {}
            datagram = connection.read_datagram() => match Clock::decode(&datagram?) {
                Ok(Clock::Ask { sent }) => send(connection, Clock::Tell { sent, here: now() }),
                Ok(Clock::Tell { sent, here }) => steering.told.note(sent, here),
                // One of a later version. Nothing depends on it.
                Err(_) => {}
            },
            () = answering.notified() => until = Instant::now() + ASK_FOR,
            _ = ticks.tick(), if Instant::now() < until => {
                // Another path, e.g. after the peer's address changed, has another control.
                steering = Steering::of(connection).unwrap_or(steering);
                send(connection, Clock::Ask { sent: now() });
            }
        }
    }
}

fn send(connection: &Connection, clock: Clock) {
    // A peer that takes no datagrams is not asked; its round trips have to do.
    let _ = connection.send_datagram(clock.encode().into());
}
