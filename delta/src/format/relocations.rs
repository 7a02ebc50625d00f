//! How old programs are moved, as columns of the header.

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::codec::DecodeError;

use crate::programs::{
    MAX_AREAS, MAX_COVER, MAX_STEPS, Relocation,
    fields::{Area, Form, MAX_STRIDE, Origin},
    rift::{Rift, Step},
};

use super::{
    columns::{ColumnReader, ColumnWriter},
    varint,
};

/// Relocations by the row of the old file.
pub(crate) type Relocations = BTreeMap<usize, Arc<Relocation>>;

/// Columns that they take, from `first` on: of programs, areas, forms, and steps two.
#[derive(Clone, Copy)]
pub(crate) struct RelocationColumns {
    pub(crate) first: usize,
}

// Bits of a form.
const TABLE: u64 = 1;
const WIDE: u64 = 2;
const FROM_ADDRESS: u64 = 4;

impl RelocationColumns {
    /// Number of columns.
    pub(crate) const COUNT: usize = 5;

    /// Writes relocations.
    pub(crate) fn put<const N: usize>(self, w: &mut ColumnWriter<N>, relocations: &Relocations) {
        w.number(self.first, relocations.len() as u64);
        for (&row, Relocation { areas, rift }) in relocations.iter().map(|(row, r)| (row, &**r)) {
            w.number(self.first, row as u64);
            w.number(self.first, areas.len() as u64);
            w.number(self.first, rift.steps().len() as u64);
            for area in areas {
                self.put_area(w, area);
            }
            let mut last = Step { from: 0, by: 0 };
            for step in rift.steps() {
                w.number(self.first + 3, step.from - last.from);
                w.number(self.first + 4, varint::zigzag(step.by.wrapping_sub(last.by).cast_signed()));
                last = *step;
            }
        }
    }

    fn put_area<const N: usize>(self, w: &mut ColumnWriter<N>, area: &Area) {
        let Area { at, len, address, form, targets } = area;
        for n in [*at, *len, *address, targets.start, targets.end - targets.start] {
            w.number(self.first + 1, n);
        }
        match *form {
            Form::Code => w.number(self.first + 2, 0),
            Form::Table { wide, stride, origin } => {
                let wide = if wide { WIDE } else { 0 };
                let (from, address) = match origin {
                    Origin::Own => (0, None),
                    Origin::At(address) => (FROM_ADDRESS, Some(address)),
                };
                w.number(self.first + 2, TABLE | wide | from);
                w.number(self.first + 2, stride);
                address.into_iter().for_each(|address| w.number(self.first + 2, address));
            }
        }
    }

    /// Reads what [`RelocationColumns::put`] wrote; `size_of` tells the length of the old file of a row, if it has one.
    pub(crate) fn take<const N: usize>(
        self,
        r: &mut ColumnReader<'_, N>,
        size_of: impl Fn(usize) -> Option<u64>,
    ) -> Result<Relocations, DecodeError> {
        let mut relocations = Relocations::new();
        let (mut areas_left, mut steps_left) = (MAX_AREAS as u64, MAX_STEPS as u64);
        for _ in 0..r.number(self.first)? {
            let row = usize::try_from(r.number(self.first)?).map_err(|_| DecodeError::OutOfBounds)?;
            let size = size_of(row).ok_or(DecodeError::OutOfBounds)?;
            if relocations.last_key_value().is_some_and(|(&last, _)| last >= row) {
                return Err(DecodeError::Invalid("programs out of order"));
            }
            let areas = r.bounded(self.first, areas_left)?;
            let steps = r.bounded(self.first, steps_left)?;
            (areas_left, steps_left) = (areas_left - areas, steps_left - steps);
            let areas: Vec<Area> = (0..areas).map(|_| self.take_area(r, size)).collect::<Result<_, _>>()?;
            // Each is at most as long as the file, and they are not many.
            if areas.iter().map(|a| u128::from(a.len)).sum::<u128>()
                > u128::from(size) * u128::from(MAX_COVER)
            {
                return Err(DecodeError::Invalid("areas that cover a program too often"));
            }
            let rift = self.take_rift(r, steps)?;
            relocations.insert(row, Arc::new(Relocation { areas, rift }));
        }
        Ok(relocations)
    }

    fn take_area<const N: usize>(self, r: &mut ColumnReader<'_, N>, size: u64) -> Result<Area, DecodeError> {
        let at = r.bounded(self.first + 1, size)?;
        let len = r.bounded(self.first + 1, size - at)?;
        let address = r.number(self.first + 1)?;
        let start = r.number(self.first + 1)?;
        let end = start.checked_add(r.number(self.first + 1)?).ok_or(DecodeError::OutOfBounds)?;
        let tag = r.bounded(self.first + 2, TABLE | WIDE | FROM_ADDRESS)?;
        let form = if tag == 0 {
            Form::Code
        } else if tag & TABLE == 0 {
            return Err(DecodeError::UnknownTag);
        } else {
            let wide = tag & WIDE != 0;
            let stride = r.bounded(self.first + 2, MAX_STRIDE)?;
            if stride < if wide { 8 } else { 4 } {
                return Err(DecodeError::OutOfBounds);
            }
            let origin =
                if tag & FROM_ADDRESS == 0 { Origin::Own } else { Origin::At(r.number(self.first + 2)?) };
            Form::Table { wide, stride, origin }
        };
        Ok(Area { at, len, address, form, targets: start..end })
    }

    fn take_rift<const N: usize>(self, r: &mut ColumnReader<'_, N>, steps: u64) -> Result<Rift, DecodeError> {
        let mut last = Step { from: 0, by: 0 };
        let mut taken = Vec::new();
        for _ in 0..steps {
            let from = last.from.checked_add(r.number(self.first + 3)?).ok_or(DecodeError::OutOfBounds)?;
            let by = varint::unzigzag(r.number(self.first + 4)?).cast_unsigned();
            last = Step { from, by: last.by.wrapping_add(by) };
            taken.push(last);
        }
        Rift::new(taken).ok_or(DecodeError::Invalid("steps out of order"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: RelocationColumns = RelocationColumns { first: 0 };
    const N: usize = RelocationColumns::COUNT;

    fn table(stride: u64) -> Area {
        let form = Form::Table { wide: true, stride, origin: Origin::At(0x40_0000) };
        Area { at: 100, len: 900, address: 0x40_1000, form, targets: 0x40_0000..0x50_0000 }
    }

    fn written(areas: Vec<Area>, steps: &[(u64, u64)]) -> Vec<u8> {
        let steps = steps.iter().map(|&(from, by)| Step { from, by }).collect();
        let relocation = Relocation { areas, rift: Rift::new(steps).unwrap() };
        let mut w = ColumnWriter::<N>::new();
        COLUMNS.put(&mut w, &[(3, Arc::new(relocation))].into());
        w.finish(N)
    }

    fn read(bytes: &[u8], size: u64) -> Result<Relocations, DecodeError> {
        let mut r = ColumnReader::<N>::new(bytes, N)?;
        let relocations = COLUMNS.take(&mut r, |row| (row == 3).then_some(size))?;
        r.end().map(|()| relocations)
    }

    #[test]
    fn relocations_come_back() {
        let code = Area { form: Form::Code, ..table(8) };
        let own = Form::Table { wide: false, stride: 4, origin: Origin::Own };
        let areas = vec![code, table(24), Area { form: own, ..table(4) }];
        let bytes = written(areas.clone(), &[(0, 7), (5, 7u64.wrapping_neg()), (u64::MAX, 0)]);
        let relocation = &read(&bytes, 1000).unwrap()[&3];
        assert_eq!(relocation.areas, areas);
        assert_eq!(relocation.rift.moved(5), 7u64.wrapping_neg().wrapping_add(5));
    }

    #[test]
    fn what_would_take_too_long_or_lies_outside_is_refused() {
        let with = |areas, size| read(&written(areas, &[(1, 1)]), size).is_ok();
        assert!(with(vec![table(8)], 1000));
        assert!(!with(vec![table(8)], 999), "over the end");
        assert!(!with(vec![table(7)], 1000), "addresses over each other");
        assert!(with(vec![table(MAX_STRIDE)], 1000));
        assert!(!with(vec![table(MAX_STRIDE + 1)], 1000));
        assert!(with(vec![table(8); 4], 1000));
        assert!(!with(vec![table(8); 5], 1000), "covered too often");
        let tiny = Area { len: 0, ..table(8) };
        assert!(with(vec![tiny.clone(); MAX_AREAS], 1000));
        assert!(!with(vec![tiny; MAX_AREAS + 1], 1000));
        let steps = |n: u64| (1..=n).map(|i| (i, i)).collect::<Vec<_>>();
        assert!(read(&written(Vec::new(), &steps(MAX_STEPS as u64)), 0).is_ok());
        assert!(read(&written(Vec::new(), &steps(MAX_STEPS as u64 + 1)), 0).is_err());
    }
}
