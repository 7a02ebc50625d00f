//! `tracker history`.

use std::time::Duration;

use axum::http::Method;
use mist_proto::http::{History, HistoryBy, Resolution};
use mist_readable::{Align, Table, bytes, duration};
use mist_tracker::{config::Config, control::Operator};

use super::{Ending, say};

/// Columns that a terminal has room for; the rest is one more.
const SHOWN: usize = 6;

pub(super) async fn run(
    config: &Config,
    by: HistoryBy,
    resolution: Resolution,
    json: bool,
) -> anyhow::Result<Ending> {
    let operator = Operator::reach(config).await?;
    let path = format!("/history?by={}&resolution={}", by.as_str(), resolution.as_str());
    let told: History = operator.call(Method::GET, &path, None::<&()>).await?;
    match json {
        true => say(serde_json::to_string(&told)?)?,
        false => say(page(&told))?,
    }
    Ok(Ending::Good)
}

/// A row for each point in which something was, the newest first.
fn page(told: &History) -> String {
    let (shown, rest) = told.series.split_at(told.series.len().min(SHOWN));
    let more = rest.len() as u64 + told.others.as_ref().map_or(0, |others| others.count);
    let is_count = told.by == HistoryBy::Online;
    let figure = |value: Option<u64>| match value {
        None => "?".into(),
        Some(n) if is_count => n.to_string(),
        Some(0) => "-".into(),
        Some(n) => bytes(n),
    };
    let others = (more > 0).then(|| format!("{more} OTHERS"));
    let mut columns = vec![("AGO", Align::Left)];
    columns.extend(shown.iter().map(|series| (series.name.as_str(), Align::Right)));
    columns.extend(others.as_deref().map(|name| (name, Align::Right)));
    let mut table = Table::new(&columns);
    let mut rows = 0;
    let points = usize::try_from(told.points).unwrap_or(0);
    for point in (0..points).rev() {
        let at = |values: &Vec<Option<u64>>| values.get(point).copied().flatten();
        let of_rest = rest.iter().filter_map(|series| at(&series.values)).sum::<u64>();
        let of_others =
            told.others.as_ref().and_then(|others| others.values.get(point)).copied().unwrap_or(0);
        let values: Vec<Option<u64>> = shown.iter().map(|series| at(&series.values)).collect();
        let sum = of_rest.saturating_add(of_others);
        let is_something = |value: &Option<u64>| value.is_some_and(|value| is_count || value > 0);
        if sum == 0 && !values.iter().any(is_something) {
            continue;
        }
        let ago = (points - point) as u64 * told.step.unsigned_abs();
        let mut row = vec![duration(Duration::from_millis(ago))];
        row.extend(values.into_iter().map(figure));
        row.extend(others.as_ref().map(|_| figure(Some(sum))));
        table.row(row);
        rows += 1;
    }
    match rows {
        0 => "Nothing was counted in this time.".into(),
        _ => table.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{
        UnixMillis,
        http::{Others, Series},
    };

    use super::*;

    fn told(by: HistoryBy, series: &[(&str, [Option<u64>; 3])], others: Option<Others>) -> History {
        let series =
            series.iter().map(|(name, values)| Series { name: (*name).into(), values: values.to_vec() });
        History {
            by,
            resolution: Resolution::Hour,
            since: UnixMillis(0),
            step: Resolution::Hour.step(),
            points: 3,
            kept: 0,
            series: series.collect(),
            others,
        }
    }

    #[test]
    fn what_was_is_told_newest_first_and_nothing_is_left_out() {
        let many = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, [Some(0), Some(0), Some(1000)]));
        let others = Others { count: 2, values: vec![500, 0, 0] };
        let page = page(&told(HistoryBy::Game, &many, Some(others)));
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(lines.len(), 3, "the point of which there is nothing is left out\n{page}");
        assert!(lines[0].contains("3 OTHERS") && !lines[0].contains(" g "), "{page}");
        assert!(lines[1].starts_with("1 h 0 min") && lines[1].ends_with("1.00 kB"), "{page}");
        assert!(lines[2].starts_with("3 h 0 min") && lines[2].ends_with("500 B"), "{page}");
    }

    #[test]
    fn nobody_is_told_apart_from_nobody_knows() {
        let all = [("friends", [Some(2), None, Some(0)])];
        let page = page(&told(HistoryBy::Online, &all, None));
        let values: Vec<_> = page.lines().skip(1).map(|line| line.split_whitespace().last()).collect();
        assert_eq!(values, [Some("0"), Some("2")]);
        assert_eq!(super::page(&told(HistoryBy::Store, &[], None)), "Nothing was counted in this time.");
    }
}
