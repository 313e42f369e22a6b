//! Whose a file is, and who may use it.

use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use super::account;

/// What a file is, whatever its name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    number: u64,
}

/// The owner, the mode and the kind of a file.
pub trait FileFacts {
    /// The user that it belongs to.
    fn owner(&self) -> u32;
    /// The group that it belongs to.
    fn group(&self) -> u32;
    /// The permissions, with the bits for other users and groups at execution and for a sticky directory.
    fn mode(&self) -> u32;
    /// What it is, whatever its name is.
    fn identity(&self) -> Identity;
    /// How many names it has.
    fn names(&self) -> u64;
    /// Whether it is a pipe.
    fn is_pipe(&self) -> bool;
    /// The character device that it stands for, such as a terminal or `/dev/null`.
    fn character_device(&self) -> Option<u64>;

    /// Whether it belongs to the user of this process.
    fn is_ours(&self) -> bool {
        self.owner() == account::user()
    }

    /// Whether nobody but the user of this process and root can have made it.
    fn is_ours_or_of_root(&self) -> bool {
        self.is_ours() || self.owner() == account::ROOT
    }

    /// Whether only its owner may read, write or enter it.
    fn is_private(&self) -> bool {
        // None of the six lowest bits is set.
        self.mode().trailing_zeros() >= 6
    }

    /// Whether its group or everybody may write to it.
    fn others_may_write(&self) -> bool {
        self.mode() & 0o022 != 0
    }

    /// Whether everybody may write to it.
    fn everybody_may_write(&self) -> bool {
        self.mode() & 0o002 != 0
    }

    /// Whether nobody can rename or remove a file of another user in this directory. `/tmp` is such a directory.
    fn is_sticky(&self) -> bool {
        self.mode() & 0o1000 != 0
    }

    /// Whether a user who is in this group may enter this directory.
    fn may_be_entered_by(&self, user: u32, group: u32) -> bool {
        let bit = match (self.owner() == user, self.group() == group) {
            (true, _) => 0o100,
            (false, true) => 0o010,
            (false, false) => 0o001,
        };
        self.mode() & bit != 0
    }

    /// Whether the user of this process may change its mode, apart from its mount.
    fn may_change_mode(&self) -> bool {
        account::is_root() || self.is_ours()
    }
}

impl FileFacts for Metadata {
    fn owner(&self) -> u32 {
        self.uid()
    }

    fn group(&self) -> u32 {
        self.gid()
    }

    fn mode(&self) -> u32 {
        std::os::unix::fs::MetadataExt::mode(self) & 0o7777
    }

    fn identity(&self) -> Identity {
        Identity { device: self.dev(), number: self.ino() }
    }

    fn names(&self) -> u64 {
        self.nlink()
    }

    fn is_pipe(&self) -> bool {
        self.file_type().is_fifo()
    }

    fn character_device(&self) -> Option<u64> {
        self.file_type().is_char_device().then(|| self.rdev())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::system::file;

    use super::*;

    #[test]
    fn the_mode_says_who_may_use_a_file() {
        let dir = tempfile::tempdir().expect("a directory");
        // Private, its group or everybody may write, everybody may write, sticky.
        let cases = [
            (0o700, [true, false, false, false]),
            (0o600, [true, false, false, false]),
            (0o640, [false, false, false, false]),
            (0o604, [false, false, false, false]),
            (0o770, [false, true, false, false]),
            (0o702, [false, true, true, false]),
            (0o1777, [false, true, true, true]),
        ];
        for (mode, expected) in cases {
            file::set_mode(dir.path(), mode).expect("its mode");
            let facts = fs::metadata(dir.path()).expect("its facts");
            assert_eq!(FileFacts::mode(&facts), mode);
            let found = [facts.is_private(), facts.others_may_write(), facts.everybody_may_write(), facts.is_sticky()];
            assert_eq!(found, expected, "{mode:o}");
        }
    }

    #[test]
    fn a_directory_is_entered_as_its_owner_as_its_group_or_as_anybody_else() {
        let dir = tempfile::tempdir().expect("a directory");
        let (user, group) = (account::user(), account::group());
        for (mode, expected) in
            [(0o100, [true, false, false]), (0o010, [false, true, false]), (0o001, [false, false, true])]
        {
            file::set_mode(dir.path(), mode).expect("its mode");
            let facts = fs::metadata(dir.path()).expect("its facts");
            assert!(facts.is_ours() && facts.is_ours_or_of_root());
            let found = [(user, group), (user + 1, facts.group()), (user + 1, facts.group() + 1)]
                .map(|(user, group)| facts.may_be_entered_by(user, group));
            assert_eq!(found, expected, "{mode:o}");
        }
        file::set_mode(dir.path(), 0o700).expect("its mode");
    }

    #[test]
    fn a_file_has_one_identity_under_all_of_its_names() {
        let dir = tempfile::tempdir().expect("a directory");
        let [one, other, third] = ["one", "other", "third"].map(|name| dir.path().join(name));
        fs::write(&one, "").expect("a file");
        fs::hard_link(&one, &other).expect("a second name");
        fs::write(&third, "").expect("a file");
        let facts = |path| fs::metadata(path).expect("its facts");
        assert_eq!((facts(&one).names(), facts(&third).names()), (2, 1));
        assert_eq!(facts(&one).identity(), facts(&other).identity());
        assert_ne!(facts(&one).identity(), facts(&third).identity());
    }
}
