//! Opens the files that users name, for reading.
//!
//! Another user may be able to replace such a file. So byok reads only regular files and pipes, never waits without a
//! limit, and reads a pipe of another user only if this process inherited it.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use byok::system::descriptor::{is_open_elsewhere, wait_for_input};
use byok::system::{self, FileFacts as _};

use crate::cli::terminal::output;
use crate::cli::terminal::readers::Readers;

/// A notice is printed after this time. The writer of the pipe may wait for a person, for example to unlock a password
/// store.
const SAID: Duration = Duration::from_secs(1);
/// The longest wait.
const PATIENCE: Duration = Duration::from_secs(300);

/// An open file or pipe.
pub(crate) struct Source {
    file: File,
    pub(crate) facts: Metadata,
    path: PathBuf,
    patience: Duration,
}

/// Opens a file or pipe without waiting for a writer.
pub(crate) fn open(path: &Path) -> io::Result<Source> {
    let file = system::file::open(path)?;
    let facts = file.metadata()?;
    let what = match (facts.is_file(), facts.is_pipe(), facts.is_dir()) {
        (true, ..) => None,
        // It does not matter whose pipe it is if this process already had it open, as with `<(COMMAND)`.
        (_, true, _) if facts.is_ours_or_of_root() || is_open_elsewhere(&file) => None,
        (_, true, _) => Some("a pipe of another user"),
        (.., true) => Some("a directory"),
        _ => Some("a device"),
    };
    match what {
        None => Ok(Source { file, facts, path: path.to_owned(), patience: PATIENCE }),
        Some(what) => Err(io::Error::new(ErrorKind::InvalidInput, format!("this is {what}, not a file"))),
    }
}

impl Source {
    /// Who can read the file. `None` for a pipe, which only its reader empties.
    pub(crate) fn readers(&self) -> io::Result<Option<Readers>> {
        self.facts.is_file().then(|| Readers::of(&self.file, &self.facts)).transpose()
    }

    /// Waits until there is something to read, or until the writer has closed the pipe.
    fn wait(&self) -> io::Result<()> {
        let begun = Instant::now();
        let mut silent = true;
        loop {
            let until = if silent { SAID.min(self.patience) } else { self.patience };
            let left = until.saturating_sub(begun.elapsed());
            if wait_for_input(&self.file, left)? {
                return Ok(());
            }
            if begun.elapsed() >= self.patience {
                return Err(io::Error::new(ErrorKind::TimedOut, "nothing was written to this pipe"));
            }
            if silent && begun.elapsed() >= SAID {
                silent = false;
                output::notice(&format!("waiting for input from {}", output::path(&self.path)));
            }
        }
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.facts.is_pipe() {
            return self.file.read(into);
        }
        loop {
            self.wait()?;
            match self.file.read(into) {
                // Another process has read it first.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

/// Whether a new file could be made there, in a directory that exists or whose missing part could be made. Nothing is made.
pub(crate) fn may_create(path: &Path) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::metadata(dir)?;
    system::file::may_create_in(dir)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    fn pipe() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("pipe");
        mknodat(CWD, &path, FileType::Fifo, 0o600.into(), 0).expect("a pipe");
        (dir, path)
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_fails_after_the_longest_wait() {
        let (_dir, path) = pipe();
        let mut source = Source { patience: Duration::from_millis(50), ..open(&path).expect("a pipe") };
        let error = source.read(&mut [0; 8]).expect_err("nobody");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn a_pipe_is_read_to_its_end_whether_its_writer_comes_later_or_has_gone() {
        let (_dir, path) = pipe();
        let source = open(&path).expect("a pipe");
        let write =
            |path: PathBuf| move || File::options().write(true).open(path).and_then(|mut it| it.write_all(b"key"));
        let writer = std::thread::spawn(write(path.clone()));
        assert_eq!(io::read_to_string(source).expect("its text"), "key");
        writer.join().expect("a thread").expect("written");
        // The writer may have closed its end before the pipe is opened by its name.
        let (read, mut other) = io::pipe().expect("a pipe");
        other.write_all(b"key").expect("written");
        drop(other);
        let again = open(Path::new(&format!("/dev/fd/{}", read.as_raw_fd()))).expect("the same pipe");
        assert_eq!(io::read_to_string(again).expect("its text"), "key");
    }

    #[test]
    fn a_directory_and_a_device_are_refused_by_name() {
        for (path, what) in [("/", "a directory"), ("/dev/null", "a device"), ("/dev/zero", "a device")] {
            let error = open(Path::new(path)).err().expect("no file");
            assert!(error.to_string().contains(what), "{path}: {error}");
        }
    }
}
