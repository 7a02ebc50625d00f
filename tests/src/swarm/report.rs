//! Tables of what was measured.

use std::fmt::Write;

use mist_proto::http::SourceClass;
use serde_json::{Value, json};

use super::{
    Peer,
    case::Case,
    run::{Figures, Run},
};

const HEAD: &str = "| case | by | last done / bound | finished | copies from the seed | ping, ms: median; 95 % | seed's CPU, s | \
seed's memory, MB | came from, MB |\n|---|---|---|---|---|---|---|---|---|";

/// A table in Markdown: a line for each case and peer, with the medians of its runs and, if there are several, the least and the most.
pub fn table(runs: &[Run]) -> String {
    let mut text = HEAD.to_owned();
    for case in Case::ALL {
        for peer in Peer::ALL {
            let figures = of(runs, &case, peer);
            if !figures.is_empty() {
                text += &format!("\n{}", row(&case, peer, &figures));
            }
        }
    }
    text
}

/// What the cases in the table are, a line each.
pub fn document(runs: &[Run], facts: &str, bytes: u64) -> String {
    let mut text = format!("{facts}\n\n{}\n\n", table(runs));
    for case in Case::ALL.into_iter().filter(|case| runs.iter().any(|run| run.case == *case)) {
        let bound = case.bound(case.content(bytes)).as_secs_f64();
        // Writing to a string does not fail.
        let _ = writeln!(text, "- **{}**: {}; the bound is {bound:.1} s.", case.name, case.describe());
    }
    text
}

/// All runs, for other programs.
pub fn json(runs: &[Run]) -> Value {
    let run = |run: &Run| {
        let f = &run.figures;
        json!({
            "case": run.case.name,
            "by": run.peer.word(),
            "friends": run.case.friends,
            "done_seconds": f.done,
            "bound_seconds": f.bound,
            "last_over_bound": last(&run.case, f),
            "copies": f.copies,
            "ping_ms": f.ping.map(|(median, most)| json!({ "median": median, "p95": most })),
            "seed_cpu_seconds": f.cpu,
            "seed_peak_bytes": f.memory,
            "wire": f.wire,
            "router_cpu_seconds": f.router,
            "lines": f.lines.iter().map(|sample| json!({ "at": sample.at, "sent": sample.sent })).collect::<Value>(),
        })
    };
    runs.iter().map(run).collect()
}

fn of<'a>(runs: &'a [Run], case: &Case, peer: Peer) -> Vec<&'a Figures> {
    let is_it = |run: &&Run| run.case == *case && run.peer == peer;
    runs.iter().filter(is_it).map(|run| &run.figures).collect()
}

/// When the last friend was done, over the bound; none if not all finished.
fn last(case: &Case, figures: &Figures) -> Option<f64> {
    (figures.done.len() == case.friends).then(|| figures.done.last().map(|at| at / figures.bound)).flatten()
}

fn row(case: &Case, peer: Peer, figures: &[&Figures]) -> String {
    let of = |figure: &dyn Fn(&Figures) -> Option<f64>| {
        let values = figures.iter().filter_map(|f| figure(f)).collect::<Vec<_>>();
        // A median over the runs that went well would praise the others.
        if values.len() < figures.len() { vec![] } else { values }
    };
    let finished = figures.iter().map(|f| f.done.len()).sum::<usize>();
    let wire = |class: SourceClass| {
        let values = of(&|f| Some(f.wire?.get(class) as f64 / 1e6));
        median(&values).filter(|mb| *mb >= 0.5).map(|mb| format!("{} {mb:.0}", class.as_str()))
    };
    let sources = SourceClass::ALL.into_iter().filter_map(wire).collect::<Vec<_>>().join(", ");
    let ping = |value: fn((f64, f64)) -> f64| median(&of(&|f| f.ping.map(value)));
    let ping = ping(|(median, _)| median).zip(ping(|(_, most)| most));
    let cells = [
        case.name.to_owned(),
        peer.name().to_owned(),
        spread(&of(&|f| last(case, f)), 2),
        format!("{finished} of {}", case.friends * figures.len()),
        spread(&of(&|f| Some(f.copies)), 2),
        ping.map_or_else(|| "-".into(), |(median, most)| format!("{median:.0}; {most:.0}")),
        spread(&of(&|f| f.cpu), 1),
        spread(&of(&|f| Some(f.memory? as f64 / 1e6)), 0),
        sources,
    ];
    format!("| {} |", cells.join(" | "))
}

/// The median, and the least and the most if there are several.
fn spread(values: &[f64], digits: usize) -> String {
    let Some(median) = median(values) else { return "-".into() };
    let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(l, m), v| (l.min(*v), m.max(*v)));
    if values.len() == 1 {
        return format!("{median:.digits$}");
    }
    format!("{median:.digits$} ({least:.digits$}-{most:.digits$})")
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(done: &[f64], copies: f64) -> Run {
        let case = Case::parse("LAN4").unwrap();
        let figures = Figures { done: done.to_vec(), bound: 16.0, copies, ..Figures::default() };
        Run { case, peer: Peer::Ours, figures }
    }

    #[test]
    fn a_row_has_the_median_and_the_spread() {
        let runs = [run(&[15.0, 16.0, 17.0, 20.0], 1.1), run(&[16.0; 4], 1.5), run(&[24.0; 4], 1.2)];
        let text = table(&runs);
        let row = text.lines().last().unwrap();
        assert_eq!(
            row,
            "| LAN4 | **Mist** | 1.25 (1.00-1.50) | 12 of 12 | 1.20 (1.10-1.50) | - | - | - |  |"
        );
    }

    #[test]
    fn who_did_not_finish_has_no_time() {
        let text = table(&[run(&[15.0, 16.0], 1.1)]);
        assert!(text.ends_with("| LAN4 | **Mist** | - | 2 of 4 | 1.10 | - | - | - |  |"), "{text}");
        assert_eq!(json(&[run(&[15.0, 16.0], 1.1)])[0]["last_over_bound"], Value::Null);
    }

    #[test]
    fn the_document_says_what_the_cases_are() {
        let text = document(&[run(&[16.0; 4], 1.0)], "A machine.", 200_000_000);
        assert!(text.starts_with("A machine.\n\n| case"), "{text}");
        assert!(
            text.ends_with("- **LAN4**: 4 friends in one home with 1 Gbit/s; the bound is 16.0 s.\n"),
            "{text}"
        );
    }
}
