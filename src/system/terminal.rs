//! The terminal of this process.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Signal, getpgrp, kill_current_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcgetpgrp, tcgetwinsize,
    tcsetattr,
};

const PATH: &str = "/dev/tty";
/// The pause between two looks at what was typed.
const LOOK: Duration = Duration::from_millis(5);

/// Whether this process has a terminal that it can open.
pub fn is_there() -> bool {
    File::open(PATH).is_ok()
}

/// How many columns a terminal shows.
pub fn width(terminal: impl AsFd) -> Option<u16> {
    tcgetwinsize(terminal).ok().map(|size| size.ws_col)
}

/// The terminal, and how it was when it was opened.
#[derive(Debug)]
pub struct Terminal {
    file: File,
    before: Termios,
}

/// The keys that would stop or end a process. A key that the terminal does not use is 0.
#[derive(Clone, Copy, Debug)]
pub struct SignalKeys {
    /// Usually Ctrl-Z.
    pub stop: u8,
    /// Usually Ctrl-\.
    pub quit: u8,
}

impl Terminal {
    /// Opens it.
    pub fn open() -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(PATH)?;
        let before = tcgetattr(&file)?;
        Ok(Self { file, before })
    }

    /// Another handle, to read what is typed.
    pub fn keys(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// The keys that would stop or end a process.
    pub fn signal_keys(&self) -> SignalKeys {
        let codes = &self.before.special_codes;
        SignalKeys { stop: codes[SpecialCodeIndex::VSUSP], quit: codes[SpecialCodeIndex::VQUIT] }
    }

    /// Shows a prompt. What is typed then is not shown, and each key arrives by itself, also those that would send a signal.
    pub fn ask_hidden(&self, prompt: &str) -> io::Result<()> {
        let mut modes = self.before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&self.file, OptionalActions::Now, &modes)?;
        (&self.file).write_all(prompt.as_bytes())
    }

    /// Makes the terminal as it was, on a new line.
    pub fn give_back(&self) {
        let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
        let _ = writeln!(&self.file);
    }

    /// Discards what comes, until nothing comes for a time. Returns whether there was anything. At most `longest` is waited.
    pub fn discard_rest(&self, quiet: Duration, longest: Duration) -> bool {
        let begun = Instant::now();
        let mut more = false;
        while self.has_input_within(quiet) {
            more = true;
            if tcflush(&self.file, QueueSelector::IFlush).is_err() || begun.elapsed() > longest {
                break;
            }
        }
        more
    }

    /// Whether something can be read before this time is over. A terminal that is gone counts: reading says so. This looks
    /// again and again, because macOS cannot wait for a terminal in another way.
    fn has_input_within(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        loop {
            if ioctl_fionread(&self.file).map_or(true, |count| count > 0) {
                return true;
            }
            if begun.elapsed() >= patience {
                return false;
            }
            sleep(LOOK);
        }
    }

    /// Discards what was typed up to now, also a line without an end. Returns whether there was anything.
    pub fn discard_typed(&self) -> bool {
        // A process in the background would be stopped.
        if tcgetpgrp(&self.file).ok() != Some(getpgrp()) {
            return false;
        }
        let mut modes = self.before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        let _ = tcsetattr(&self.file, OptionalActions::Now, &modes);
        let waiting = ioctl_fionread(&self.file).is_ok_and(|count| count > 0);
        let _ = tcflush(&self.file, QueueSelector::IFlush);
        let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
        waiting
    }
}

/// Stops all processes of this group, as Ctrl-Z does. False if the system refuses it.
pub fn stop() -> bool {
    kill_current_process_group(Signal::TSTP).is_ok()
}
