//! Rows as structs, read alike from both engines.

use sqlx::{ColumnIndex, Decode, Row, Type};

/// A struct of which each field is read from the column of its name; `field: Type as Column` is read as a column of the second
/// type and converted, which may fail.
macro_rules! row {
    (
        $(#[$about:meta])*
        $sight:vis struct $name:ident {
            $($(#[$field_about:meta])* $field_sight:vis $field:ident: $ty:ty $(as $column:ty)?),* $(,)?
        }
    ) => {
        $(#[$about])*
        $sight struct $name {
            $($(#[$field_about])* $field_sight $field: $ty,)*
        }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $(row!(@column $ty $(as $column)?): sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
        {
            fn from_row(row: &'r R) -> sqlx::Result<Self> {
                Ok(Self {
                    $($field: $crate::db::row::field::<row!(@column $ty $(as $column)?), _, _>(row, stringify!($field))?,)*
                })
            }
        }
    };
    (@column $ty:ty as $column:ty) => { $column };
    (@column $ty:ty) => { $ty };
}

/// The column of this name, read as a `C` and converted.
pub(super) fn field<'r, C, T, R>(row: &'r R, name: &'static str) -> sqlx::Result<T>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    C: Decode<'r, R::Database> + Type<R::Database>,
    T: TryFrom<C>,
    T::Error: std::error::Error + Send + Sync + 'static,
{
    let column: C = row.try_get(name)?;
    T::try_from(column)
        .map_err(|source| sqlx::Error::ColumnDecode { index: name.to_owned(), source: Box::new(source) })
}
