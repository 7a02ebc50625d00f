//! Looking back.

use mist_proto::http::{History, HistoryBy, HistoryQuery, Series, SourceClass};

use super::{
    LookingBack,
    rollup::{self, Range, Value},
};
use crate::{
    db::{
        self, Tx,
        history::{Dimension, MovedRow, Peak, PeakRow},
    },
    error::Problem,
};

/// The series that are asked for.
///
/// # Errors
/// 400 `bad_range` if nothing of that time can be known.
pub(super) async fn read(looking: &LookingBack, query: &HistoryQuery) -> Result<History, Problem> {
    let HistoryQuery { by, resolution, since, until } = *query;
    let range = Range::asked(resolution, looking.days, since, until, looking.records.now());
    let range = range.ok_or_else(|| {
        Problem::invalid("bad_range", "nothing is kept of that time, or it ends before it begins")
    })?;
    let mut tx = looking.records.read().await?;
    let (series, others) = match by {
        HistoryBy::Source => (by_source(&mut tx, &range).await?, None),
        HistoryBy::Game => rollup::largest(moved(&mut tx, &range, Dimension::Game).await?),
        HistoryBy::Friend => rollup::largest(moved(&mut tx, &range, Dimension::Friend).await?),
        HistoryBy::Online => {
            let mut series = peaks(&mut tx, &range, &[Peak::Friends, Peak::Seeds]).await?;
            series.sort_by(|a, b| a.name.cmp(&b.name));
            (series, None)
        }
        HistoryBy::Store => rollup::largest(peaks(&mut tx, &range, &[Peak::Store]).await?),
    };
    Ok(History {
        by,
        resolution,
        since: range.since,
        step: resolution.step(),
        points: range.points as u64,
        kept: rollup::kept(resolution, looking.days),
        series,
        others,
    })
}

/// All classes, also those that nothing came from.
async fn by_source(tx: &mut Tx, range: &Range) -> Result<Vec<Series>, Problem> {
    let rows = db::history::moved(tx, range, Dimension::All).await?;
    let of = |class: SourceClass| {
        let rows = rows.iter().map(|row| Value {
            name: class.as_str().into(),
            begins: row.begins,
            value: row.bytes.get(class),
        });
        let nothing = || Series { name: class.as_str().into(), values: vec![Some(0); range.points] };
        rollup::series(range, rows, Some(0)).pop().unwrap_or_else(nothing)
    };
    Ok(SourceClass::ALL.map(of).into())
}

async fn moved(tx: &mut Tx, range: &Range, dimension: Dimension) -> Result<Vec<Series>, Problem> {
    let rows = db::history::moved(tx, range, dimension).await?;
    let value = |MovedRow { name, begins, bytes }| Value { name, begins, value: bytes.total() };
    Ok(rollup::series(range, rows.into_iter().map(value), Some(0)))
}

async fn peaks(tx: &mut Tx, range: &Range, of: &[Peak]) -> Result<Vec<Series>, Problem> {
    let mut all = Vec::new();
    for peak in of {
        let rows = db::history::peaks(tx, range, *peak).await?;
        let value = |PeakRow { name, begins, most }| Value { name, begins, value: most };
        all.extend(rollup::series(range, rows.into_iter().map(value), None));
    }
    Ok(all)
}
