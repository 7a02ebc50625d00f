//! How the tracker is, in figures for Prometheus.
//!
//! What happens is counted while it happens ([`Metrics`]); how things are is read when somebody asks ([`snapshot`]). Labels
//! have few values, whatever comes from outside: routes by their template in the table, known methods, kinds and states.
//! Nothing here names a friend, an address or a game.

mod answer;
mod counted;
mod snapshot;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

pub(crate) use answer::observe;
pub use answer::router;
pub use counted::CountedEvents;

/// What a request counts for that is none of the table's and no page's.
const NO_ROUTE: &str = "none";

/// Bounds of the times, in seconds. A seed that waits for a job takes up to 25 s.
const TIMES: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What a request is counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

/// What its time is counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    route: String,
}

/// What an event is counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Posted {
    kind: &'static str,
}

/// What is counted while this process runs.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    times: Family<Timed, Histogram>,
    events: Family<Posted, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::default();
        let times: Family<Timed, Histogram> = Family::new_with_constructor(|| Histogram::new(TIMES));
        let events = Family::default();
        let mut registry = Registry::with_prefix("mist");
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register_with_unit(
            "http_request",
            "Time from a request's head to that of its answer",
            Unit::Seconds,
            times.clone(),
        );
        registry.register("events", "Events that were posted to listeners", events.clone());
        Self { registry, requests, times, events }
    }
}

impl Metrics {
    /// Counts a request. `route` is the template that it matched.
    pub(crate) fn answered(&self, method: &Method, route: Option<&str>, status: StatusCode, took: Duration) {
        let route = route.unwrap_or(NO_ROUTE).to_owned();
        let request = Request { method: known(method), route: route.clone(), status: status.as_u16() };
        self.requests.get_or_create(&request).inc();
        self.times.get_or_create(&Timed { route }).observe(took.as_secs_f64());
    }

    /// Counts an event.
    pub(crate) fn posted(&self, kind: &'static str) {
        self.events.get_or_create(&Posted { kind }).inc();
    }

    /// All that was counted, and `now` after it, as text.
    fn text(&self, now: &Registry) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        text::encode_registry(&mut out, &self.registry)?;
        text::encode_registry(&mut out, now)?;
        text::encode_eof(&mut out)?;
        Ok(out)
    }
}

/// The methods that there are; anybody can make up others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_makes_no_labels() {
        let metrics = Metrics::default();
        for n in 0..100 {
            let method = Method::from_bytes(format!("M{n}").as_bytes()).expect("a method");
            metrics.answered(&method, None, StatusCode::NOT_FOUND, Duration::from_millis(3));
        }
        let text = metrics.text(&Registry::default()).expect("written");
        let requests: Vec<&str> =
            text.lines().filter(|l| l.starts_with("mist_http_requests_total")).collect();
        assert_eq!(requests, [r#"mist_http_requests_total{method="other",route="none",status="404"} 100"#]);
        let last = r#"mist_http_request_seconds_bucket{le="0.005",route="none"} 100"#;
        assert!(text.contains(last), "{text}");
        assert!(text.contains(r#"mist_http_request_seconds_bucket{le="0.0025",route="none"} 0"#), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
