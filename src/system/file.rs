//! Opens and makes files and directories that others must not be able to replace, read or fill.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Access, OFlags, access};

use super::FileFacts as _;

/// Opens a file for reading. This waits for no writer of a pipe, and no terminal becomes that of this process.
pub fn open(path: &Path) -> io::Result<File> {
    with(OFlags::NONBLOCK | OFlags::NOCTTY, File::options().read(true), path)
}

/// Opens a file in the same way, but not through a symbolic link at the end of its path. A file that this makes is private.
pub fn open_no_link(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    with(OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY, options, path)
}

/// Opens a file that is here under no link, belongs to the user of this process, and is private.
pub fn open_own(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = open_no_link(path, options)?;
    let facts = file.metadata()?;
    if facts.is_file() && facts.is_ours() && facts.is_private() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "this is not a private file of this user"))
}

fn with(flags: OFlags, options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    options.mode(0o600).custom_flags(flags).open(path)
}

/// Makes a private file, for writing. It is an error if there is something of this name.
pub fn create(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Opens a file to write at its end. If it does not exist, a private one is made.
pub fn append(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).mode(0o600).open(path)
}

/// Makes a directory and those above it that do not exist. The new ones are private.
pub fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a file private.
pub fn close_to_others(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))
}

/// Sets the permissions of a file or directory.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Waits until the names in a directory are on disk.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Whether this process may make files in a directory.
pub fn may_create_in(directory: &Path) -> io::Result<()> {
    Ok(access(directory, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Whether this process may execute a file.
pub fn may_execute(path: &Path) -> io::Result<()> {
    Ok(access(path, Access::EXEC_OK)?)
}

/// Whether an access control list lets more users or groups read a file than its mode says. On macOS such lists are not
/// part of the mode, and are not looked at. On other systems than Linux and macOS it is not known, so the answer is yes.
pub fn has_access_list(file: &File) -> bool {
    #[cfg(target_os = "linux")]
    {
        let read = rustix::fs::fgetxattr(file, c"system.posix_acl_access", &mut [0_u8; 1][..]);
        matches!(read, Ok(_) | Err(rustix::io::Errno::RANGE))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        !cfg!(target_os = "macos")
    }
}

/// The process that holds the lock of a file. If it has ended, a child of it holds the lock.
#[cfg(target_os = "linux")]
pub fn lock_holder(file: &File) -> Option<i32> {
    use std::os::unix::fs::MetadataExt as _;
    let facts = file.metadata().ok()?;
    let (major, minor) = (rustix::fs::major(facts.dev()), rustix::fs::minor(facts.dev()));
    let place = format!("{major:02x}:{minor:02x}:{}", facts.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let mut lines = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // `1: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF`
    let line = lines.find(|words| words.get(1) == Some(&"FLOCK") && words.get(5) == Some(&place.as_str()))?;
    line.get(4)?.parse().ok()
}

/// Only Linux tells who holds a lock.
#[cfg(not(target_os = "linux"))]
pub fn lock_holder(_: &File) -> Option<i32> {
    None
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_private_file_of_this_user_is_opened_and_a_link_to_it_is_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, link) = (dir.path().join("key"), dir.path().join("link"));
        create(&path).expect("a file").write_all(b"key").expect("written");
        symlink(&path, &link).expect("a link");
        let mut text = String::new();
        let opened = open_own(&path, File::options().read(true));
        opened.expect("the file").read_to_string(&mut text).expect("its text");
        assert_eq!(text, "key");
        assert!(open_own(&link, File::options().read(true)).is_err());
        assert!(open(&link).is_ok(), "a link that a user names is followed");
    }

    #[test]
    fn a_file_that_others_can_read_or_a_directory_is_not_opened_as_an_own_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        let made = create(&path).expect("a file");
        for mode in [0o640, 0o604, 0o610, 0o602] {
            set_mode(&path, mode).expect("its mode");
            assert!(open_own(&path, File::options().read(true)).is_err(), "{mode:o}");
        }
        close_to_others(&made).expect("its mode");
        assert!(open_own(&path, File::options().read(true)).is_ok());
        set_mode(dir.path(), 0o700).expect("its mode");
        assert!(open_own(dir.path(), File::options().read(true)).is_err());
    }

    #[test]
    fn what_is_made_is_private_and_an_existing_file_is_never_taken_for_a_new_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let below = dir.path().join("one/two");
        create_directory(&below).expect("directories");
        let file = below.join("key");
        create(&file).expect("a file");
        for path in [dir.path().join("one"), below.clone(), file.clone()] {
            assert!(fs::metadata(&path).expect("its facts").is_private(), "{}", path.display());
        }
        assert_eq!(create(&file).expect_err("it is there").kind(), io::ErrorKind::AlreadyExists);
    }
}
