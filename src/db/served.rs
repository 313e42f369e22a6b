//! Which programs a database serves. A newer `byok` may have upgraded it while older servers still run.

use super::Hello;
use super::schema::{FUNCTIONS_ID, INTERFACE, OWN_VERSION, is_newer, latest_schema};
use crate::error::{Error, Result, SchemaError};

impl Hello {
    /// Whether this program can use the database.
    pub(super) fn serves(&self) -> Result<()> {
        let known = latest_schema();
        let newer = self.interface > INTERFACE || self.schema_version > known;
        if self.schema_version == known && self.functions == FUNCTIONS_ID {
            return Ok(());
        }
        if newer || is_newer(&self.byok_version, OWN_VERSION)? {
            if self.oldest_served <= INTERFACE {
                return Ok(());
            }
            return Err(Error::Schema(SchemaError::NotServed { by: self.byok_version.clone(), own: OWN_VERSION }));
        }
        if self.schema_version < known {
            return Err(Error::Schema(SchemaError::SchemaOlder { found: self.schema_version, wanted: known }));
        }
        Err(Error::Schema(SchemaError::OtherFunctions { found: self.byok_version.clone(), own: OWN_VERSION }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(interface: i32, oldest_served: i32, schema_version: i64, byok_version: &str) -> Hello {
        Hello {
            way: super::super::hello::Way::Direct,
            schema_version,
            byok_version: byok_version.into(),
            functions: "others".into(),
            interface,
            oldest_served,
            login: "ada".into(),
            admin: false,
            resolver: true,
            auditor: false,
            server: 150_000,
            active_epoch: None,
            master_keys: Vec::new(),
        }
    }

    #[test]
    fn a_newer_database_serves_whom_it_says_that_it_serves() {
        let known = latest_schema();
        for newer in [
            of(INTERFACE + 1, INTERFACE, known, OWN_VERSION),
            of(INTERFACE, INTERFACE, known + 1, OWN_VERSION),
            of(INTERFACE, INTERFACE, known, "999.0.0"),
        ] {
            assert!(newer.serves().is_ok(), "{newer:?}");
            let refused = Hello { oldest_served: INTERFACE + 1, ..newer };
            assert!(matches!(refused.serves(), Err(Error::Schema(SchemaError::NotServed { .. }))), "{refused:?}");
        }
    }

    #[test]
    fn an_older_database_or_one_of_another_build_is_brought_up_to_date_first() {
        let known = latest_schema();
        let serves = |hello: Hello| hello.serves();
        assert!(matches!(serves(of(0, 0, known - 1, "0.0.1")), Err(Error::Schema(SchemaError::SchemaOlder { .. }))));
        assert!(matches!(serves(of(0, 0, known, "0.0.1")), Err(Error::Schema(SchemaError::OtherFunctions { .. }))));
        assert!(matches!(
            serves(of(INTERFACE, 0, known, OWN_VERSION)),
            Err(Error::Schema(SchemaError::OtherFunctions { .. }))
        ));
        let same = Hello { functions: FUNCTIONS_ID.into(), ..of(INTERFACE, INTERFACE, known, OWN_VERSION) };
        assert!(same.serves().is_ok());
    }
}
