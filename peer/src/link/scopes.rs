//! The scopes that a peer may ask for, and the tickets that open them.

use mist_proto::{UnixMillis, wire::Control};

use super::Link;
use crate::{node::Shared, tls};

/// What opened a scope for the peer.
pub(super) enum Opened {
    /// A ticket, which ends.
    Ticket {
        /// The ticket as it was shown.
        ticket: String,
        /// From when on it no longer counts.
        expires: UnixMillis,
    },
    /// The tracker's word that the peer is a seed.
    Vouched,
}

impl Opened {
    fn expires(&self) -> UnixMillis {
        match self {
            Self::Ticket { expires, .. } => *expires,
            Self::Vouched => UnixMillis(i64::MAX),
        }
    }
}

impl Link {
    /// Whether the peer has shown a ticket for `scope` that is still good.
    pub(crate) fn may_ask(&self, node: &Shared, scope: &str) -> bool {
        self.lock().opened.get(scope).is_some_and(|opened| node.admission.now() < opened.expires())
    }

    /// Lets a peer that the tracker vouches for as a seed know what we have of `scope`.
    pub(crate) fn vouch(&self, scope: &str) {
        self.open_scope(scope.to_owned(), Opened::Vouched);
    }

    /// The peer showed a ticket. Returns the scope that it opens, if it is good.
    pub(crate) fn handle_ticket(&self, node: &Shared, ticket: &str) -> Option<String> {
        let admitted = node.admission.admit(&self.peer, ticket)?;
        let opened = Opened::Ticket { ticket: ticket.to_owned(), expires: admitted.expires };
        self.open_scope(admitted.scope.clone(), opened);
        Some(admitted.scope)
    }

    fn open_scope(&self, scope: String, new: Opened) {
        let mut state = self.lock();
        if state.opened.is_empty() {
            tls::trust(&self.connection);
        }
        let lasts_longer = |opened: &Opened| opened.expires() >= new.expires();
        if !state.opened.get(&scope).is_some_and(lasts_longer) {
            state.opened.insert(scope, new);
        }
    }

    /// Checks again the tickets that the peer has shown. Closes the scopes of those that no longer count, and returns them.
    pub(crate) fn recheck_tickets(&self, node: &Shared) -> Vec<String> {
        let mut closed = Vec::new();
        self.lock().opened.retain(|scope, opened| {
            let counts = match opened {
                Opened::Ticket { ticket, .. } => node.admission.admit(&self.peer, ticket).is_some(),
                Opened::Vouched => true,
            };
            if !counts {
                closed.push(scope.clone());
            }
            counts
        });
        closed
    }

    /// Whether the peer may ask for anything.
    pub(crate) fn has_scopes(&self) -> bool {
        !self.lock().opened.is_empty()
    }

    /// Shows our ticket for `scope` unless the peer has seen it.
    pub(crate) async fn show_ticket(&self, node: &Shared, scope: &str) {
        let Some(ticket) = node.admission.ticket_for(scope) else { return };
        if self.is_news(scope, &ticket) {
            self.send(Control::Ticket(ticket)).await;
        }
    }

    /// As [`Self::show_ticket`], in answer to one; `false` if the peer does not take its frames.
    pub(crate) fn return_ticket(&self, node: &Shared, scope: &str) -> bool {
        match node.admission.ticket_for(scope) {
            Some(ticket) if self.is_news(scope, &ticket) => self.try_send(Control::Ticket(ticket)),
            _ => true,
        }
    }

    fn is_news(&self, scope: &str, ticket: &String) -> bool {
        self.lock().shown.insert(scope.to_owned(), ticket.clone()).as_ref() != Some(ticket)
    }

    /// Shows renewed tickets.
    pub(crate) async fn renew_tickets(&self, node: &Shared) {
        let scopes: Vec<String> = self.lock().shown.keys().cloned().collect();
        for scope in scopes {
            self.show_ticket(node, &scope).await;
        }
    }
}
