//! The events of an operation, as lines of `--json` and progress on a terminal: what changed between two looks at it.

use mist_client_core::{Event, OperationView, Outcome, Remark};

/// What happened between two looks at an operation. `before` is nothing at the first one.
pub(crate) fn events_between(before: Option<&OperationView>, now: &OperationView) -> Vec<Event> {
    let game = now.order.game();
    let mut events = Vec::new();
    if let Some(plan) = &now.plan
        && before.and_then(|b| b.plan.as_ref()) != Some(plan)
    {
        let plan = plan.clone();
        events.push(Event::Planned {
            game: game.clone(),
            from: plan.from,
            to: plan.to,
            route: plan.route,
            patches: plan.patches,
            download: plan.download,
            disk: plan.disk,
            free: plan.free,
        });
    }
    let known = before.map_or(&[][..], |b| &b.remarks);
    // Old remarks fall out at the front once there are very many.
    let seen = known.iter().rev().take_while(|r| now.remarks.contains(r)).count();
    for remark in now.remarks.iter().skip(seen) {
        let game = game.clone();
        events.push(match remark.clone() {
            Remark::Kept { files, folder, names } => Event::Kept { game, files, folder, names },
            Remark::RouteFailed { route, reason } => Event::RouteFailed { game, route, reason },
        });
    }
    if let Some(phase) = now.phase
        && before.and_then(|b| b.phase) != Some(phase)
    {
        events.push(Event::Phase { game: game.clone(), phase });
    }
    if let Some(n) = &now.network
        && before.and_then(|b| b.network.as_ref()) != Some(n)
    {
        events.push(Event::Network {
            game: game.clone(),
            done: n.done,
            total: n.total,
            bytes: n.bytes,
            rate: n.rate,
            eta: n.eta,
            sources: n.sources,
        });
    }
    if let Some(disk) = now.disk
        && before.and_then(|b| b.disk) != Some(disk)
    {
        events.push(Event::Disk { game: game.clone(), done: disk.done, total: disk.total });
    }
    if let Some(Outcome::Present { version, operation, .. }) = &now.outcome
        && before.is_none_or(|b| b.outcome.is_none())
    {
        let (version, operation) = (version.clone(), operation.clone());
        events.push(Event::Finished { game: game.clone(), version, operation });
    }
    events
}

#[cfg(test)]
mod tests {
    use mist_client_core::{OpId, OperationState, Order, Phase, RouteKind};
    use mist_proto::UnixMillis;

    use super::*;

    fn operation() -> OperationView {
        let game = "doom".parse().expect("slug");
        OperationView {
            id: OpId(1),
            order: Order::Update { game },
            state: OperationState::Running,
            ordered: UnixMillis(0),
            ended: None,
            phase: None,
            plan: None,
            network: None,
            disk: None,
            remarks: vec![],
            outcome: None,
            failure: None,
        }
    }

    fn failed(n: u32) -> Remark {
        Remark::RouteFailed { route: RouteKind::Patches, reason: n.to_string() }
    }

    #[test]
    fn everything_is_told_once() {
        let first = OperationView { phase: Some(Phase::Checking), remarks: vec![failed(1)], ..operation() };
        let told = events_between(None, &first);
        assert!(matches!(
            &told[..],
            [Event::RouteFailed { .. }, Event::Phase { phase: Phase::Checking, .. }]
        ));
        assert!(events_between(Some(&first), &first).is_empty());
        let second = OperationView {
            phase: Some(Phase::Downloading),
            remarks: vec![failed(1), failed(2)],
            ..operation()
        };
        let told = events_between(Some(&first), &second);
        assert!(
            matches!(&told[..], [Event::RouteFailed { reason, .. }, Event::Phase { .. }] if reason == "2"),
            "{told:?}"
        );
        let outcome =
            Some(Outcome::Present { version: "1".parse().expect("v"), before: None, operation: None });
        let ended = OperationView { outcome, state: OperationState::Done, ..operation() };
        assert!(matches!(&events_between(Some(&second), &ended)[..], [Event::Finished { .. }]));
    }
}
