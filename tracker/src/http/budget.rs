//! Counts each request, and refuses those that are too many: see [`crate::shared::budget`].

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use mist_listener::observed::Observed;

use crate::{
    clock::Clock,
    error::Problem,
    live::LiveSettings,
    shared::budget::{Party, RequestBudget},
};

/// What counting requests takes.
#[derive(Clone)]
pub struct Meter {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) budget: Arc<dyn RequestBudget>,
    pub(crate) live: Arc<LiveSettings>,
}

impl Meter {
    /// Refuses a request of a party that has made too many. While nobody can count, everybody is let in: the budget
    /// keeps order among friends, and it must not be what stops them.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`].
    pub(crate) async fn spend(&self, party: Party) -> Result<(), Problem> {
        match self.budget.take(party, self.live.now().requests_per_minute, self.clock.now()).await {
            Ok(None) => Ok(()),
            // Rounded up: who comes back at that second is let in.
            Ok(Some(wait)) => Err(Problem::TooManyRequests { seconds: wait.as_secs() + 1 }),
            Err(e) => {
                tracing::warn!(error = %e, "requests are not counted");
                Ok(())
            }
        }
    }
}

/// Counts each request for the network that it comes from. What comes by the control socket counts for this host.
pub(crate) async fn limit(State(meter): State<Meter>, request: Request, next: Next) -> Response {
    let here = IpAddr::from([127, 0, 0, 1]);
    let caller = request.extensions().get::<Observed>().map_or(here, |observed| observed.caller);
    match meter.spend(Party::Network(caller.into())).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
