//! Checks the values that a server sends before the driver reads them.
//!
//! The driver trusts its server. It panics if a value is too short for its type, or if a message ends too early. Only a
//! server that breaks the protocol can cause this. Here both are errors, and the connection is closed. A function whose
//! column types changed is only noticed at the first answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

/// Turns a panic of the driver into an error.
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
    sqlx::Error::Protocol("the answer has not the form of PostgreSQL's protocol".into())
}

/// Checks that every value of a row has the form of its type.
pub(super) fn whole(row: PgRow) -> sqlx::Result<PgRow> {
    for at in 0..row.len() {
        let value = row.try_get_raw(at)?;
        // Statements without parameters answer in text form, which the driver parses without panicking.
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

/// Whether a value in binary form is valid for its type, as far as the driver relies on it.
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

/// Whether this is an empty array, or an array with one dimension whose elements have their lengths in front.
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
    fn a_value_must_be_as_long_as_its_type() {
        assert!(fits("BOOL", &[1]) && !fits("BOOL", &[]) && fits("INT4", &[0; 4]) && !fits("INT4", &[0; 8]));
        assert!(fits("TEXT", b"") && fits("BYTEA", &[0; 99]) && fits("JSONB", b"\x01{}") && !fits("JSONB", b"{}"));
        assert!(fits("TIMESTAMPTZ", &[0xff; 8]) && !fits("TIMESTAMPTZ", &[0; 7]));
    }

    #[test]
    fn an_array_must_have_exactly_the_elements_that_it_announces() {
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
    fn a_panic_of_the_driver_becomes_an_error() {
        let stopped =
            Guarded::new(async { if std::hint::black_box(true) { panic!("a short message") } else { Ok(()) } });
        let outcome = tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(stopped);
        assert!(matches!(outcome, Err(sqlx::Error::Protocol(_))));
    }
}
