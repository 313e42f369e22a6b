//! The files of a directory of data keys: one for each organization, named after it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use byok::name::OrgId;

/// The longest name without its ending. File systems allow 255 bytes.
const LONGEST: usize = 200;

/// The file of an organization's data key. Two organizations never have the same, also on a file system that does not tell small
/// letters from capital ones.
pub(crate) fn path(directory: &Path, org: &OrgId) -> PathBuf {
    directory.join(format!("{}.datakey", name(org.as_str())))
}

/// The id with everything but small letters, digits, `-`, `_` and `.` as `%` and two digits. A long one ends with its hash.
fn name(org: &str) -> String {
    let mut name = String::new();
    for (at, byte) in org.bytes().enumerate() {
        let plain = byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if plain || (byte == b'.' && at > 0) {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.len() > LONGEST {
        let hash = HEXLOWER.encode(&Sha256::digest(org.as_bytes())[..16]);
        name.truncate(LONGEST - hash.len() - 1);
        // No other name has a `%` before something that is not two digits.
        name = format!("{name}%-{hash}");
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_stays_in_its_directory_and_can_be_a_file_of_any_file_system() {
        assert_eq!(name("acme"), "acme");
        assert_eq!(name("0b8e2f5c-3f11-4a30-9d0e-0f4f1c9b6c11"), "0b8e2f5c-3f11-4a30-9d0e-0f4f1c9b6c11");
        assert_eq!(name("../Acme"), "%2e.%2f%41cme");
        assert_eq!(name(".."), "%2e.");
        assert!(name(&"\u{1f600}".repeat(128)).len() <= 210);
    }

    proptest! {
        #[test]
        fn different_organizations_have_different_files(one in "[A-Za-z./%é]{1,128}", other in "[A-Za-z./%é]{1,128}") {
            prop_assert_eq!(one == other, name(&one).eq_ignore_ascii_case(&name(&other)));
            prop_assert!(name(&one).is_ascii() && !name(&one).contains('/') && !name(&one).starts_with('.'));
        }
    }
}
