//! What a server sends is held to the form that it has to have, before anybody relies on it.
//!
//! The driver trusts its server: a value that is too short for its type, or a message that ends too early, stops the thread.
//! It takes a server, or somebody in its place, that breaks the protocol. Here both are errors, and the connection is closed.
//! Column types other than a function has are noticed in the first answer alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

/// A future of the driver, which ends with an error where the driver would stop the thread.
pub(super) struct Guarded<F>(Pin<Box<F>>);

impl<F> Guarded<F> {
    pub(super) fn new(driver: F) -> Self {
        Self(Box::pin(driver))
    }
}

impl<T, F: Future<Output = sqlx::Result<T>>> Future for Guarded<F> {
    type Output = sqlx::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<sqlx::Result<T>> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(broken())))
    }
}

fn broken() -> sqlx::Error {
    sqlx::Error::Protocol("what the server sent has not the form that PostgreSQL gives it".into())
}

/// A row of which every value has the form of its type.
pub(super) fn whole(row: PgRow) -> sqlx::Result<PgRow> {
    for at in 0..row.len() {
        let value = row.try_get_raw(at)?;
        // Text is what statements without parameters answer, and the driver reads that with care.
        if value.is_null() || value.format() == PgValueFormat::Text {
            continue;
        }
        let bytes = value.as_bytes().map_err(sqlx::Error::Decode)?;
        if !fits(value.type_info().name(), bytes) {
            let column = row.column(at);
            return Err(sqlx::Error::ColumnDecode {
                index: sqlx::Column::name(column).to_owned(),
                source: broken().into(),
            });
        }
    }
    Ok(row)
}

/// Whether a value in binary form is one of that type, as far as the driver relies on it.
fn fits(kind: &str, bytes: &[u8]) -> bool {
    match kind {
        "BOOL" => bytes.len() == 1,
        "INT4" | "OID" => bytes.len() == 4,
        "INT8" | "TIMESTAMPTZ" => bytes.len() == 8,
        // Its first byte is the version of the format.
        "JSONB" => bytes.first() == Some(&1),
        "INT4[]" | "TEXT[]" | "BYTEA[]" => is_array(bytes, &kind[..kind.len() - 2]),
        _ => true,
    }
}

/// No elements at all, or those of one dimension, each with its length in front.
fn is_array(bytes: &[u8], element: &str) -> bool {
    let Some((head, rest)) = bytes.split_first_chunk::<12>() else { return false };
    let dimensions = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    if dimensions != 1 {
        return dimensions == 0 && rest.is_empty();
    }
    let Some((count, mut rest)) = rest.split_first_chunk::<8>() else { return false };
    let count = u32::from_be_bytes([count[0], count[1], count[2], count[3]]);
    for _ in 0..count {
        let Some((length, after)) = rest.split_first_chunk() else { return false };
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else { return false };
        let Some((value, after)) = after.split_at_checked(length) else { return false };
        if !fits(element, value) {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(dimensions: u32, count: u32, elements: &[&[u8]]) -> Vec<u8> {
        let mut bytes = [dimensions, 0, 25, count, 1].map(u32::to_be_bytes).concat();
        for element in elements {
            bytes.extend_from_slice(&u32::try_from(element.len()).expect("short").to_be_bytes());
            bytes.extend_from_slice(element);
        }
        bytes
    }

    #[test]
    fn a_value_is_as_long_as_its_type() {
        assert!(fits("BOOL", &[1]) && !fits("BOOL", &[]) && fits("INT4", &[0; 4]) && !fits("INT4", &[0; 8]));
        assert!(fits("TEXT", b"") && fits("BYTEA", &[0; 99]) && fits("JSONB", b"\x01{}") && !fits("JSONB", b"{}"));
        assert!(fits("TIMESTAMPTZ", &[0xff; 8]) && !fits("TIMESTAMPTZ", &[0; 7]));
    }

    #[test]
    fn an_array_has_the_elements_that_it_says_and_nothing_behind_them() {
        assert!(fits("TEXT[]", &[0; 12]) && fits("TEXT[]", &array(1, 2, &[b"a", b""])));
        assert!(fits("INT4[]", &array(1, 1, &[&[0; 4]])) && !fits("INT4[]", &array(1, 1, &[&[0; 3]])));
        for bad in [
            vec![],
            vec![0; 11],
            array(1, 3, &[b"a", b"b"]),
            array(1, 1, &[b"a", b"b"]),
            array(2, 1, &[b"a"]),
            array(1, u32::MAX, &[b"a"]),
            [array(1, 1, &[]), u32::MAX.to_be_bytes().to_vec()].concat(),
        ] {
            assert!(!fits("TEXT[]", &bad), "{bad:?}");
        }
    }

    #[test]
    fn a_driver_that_stops_is_an_error() {
        let stopped =
            Guarded::new(async { if std::hint::black_box(true) { panic!("a short message") } else { Ok(()) } });
        let outcome = tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(stopped);
        assert!(matches!(outcome, Err(sqlx::Error::Protocol(_))));
    }
}
