//! Runs a program in a real pseudo-terminal.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};

use crate::harness::{Byok, CANARY};

/// A program on a terminal of its own.
pub(crate) struct Terminal {
    ours: File,
    theirs: OwnedFd,
    child: Child,
    seen: String,
}

impl Terminal {
    pub(crate) fn run(byok: &Byok, arguments: &[&str]) -> Self {
        Self::run_with(byok, arguments, |_| {})
    }

    pub(crate) fn run_with(byok: &Byok, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let program = byok.command(&[]).get_program().to_owned();
        Self::start(byok, (&program, arguments), change)
    }

    /// On a terminal of this width.
    pub(crate) fn wide(byok: &Byok, width: u16, arguments: &[&str]) -> Self {
        Self::shell(byok, &format!("stty cols {width}; exec \"$BYOK\" {}", arguments.join(" ")))
    }

    /// The same for a line of shell, in which `$BYOK` is the program.
    pub(crate) fn shell(byok: &Byok, line: &str) -> Self {
        let program = byok.command(&[]).get_program().to_owned();
        let byok = byok.clone().env("BYOK", program.to_str().unwrap());
        Self::start(&byok, ("sh".as_ref(), &["-c", line]), |_| {})
    }

    fn start(byok: &Byok, (program, arguments): (&OsStr, &[&str]), change: impl FnOnce(&mut Command)) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let environment = byok.command(&[]);
        // `setsid --ctty` makes standard input the controlling terminal, and becomes the program.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program).args(arguments).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let end = || Stdio::from(theirs.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end());
        change(&mut command);
        let child = command.spawn().unwrap();
        Self { ours: File::from(ours), theirs, child, seen: String::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.ours.write_all(bytes.as_ref()).unwrap();
    }

    /// Reads what is there, for a moment at most: true when something was.
    fn read(&mut self) -> bool {
        let wait = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        let mut ready = [PollFd::new(&self.ours, PollFlags::IN)];
        if poll(&mut ready, Some(&wait)).unwrap() == 0 {
            return false;
        }
        let mut bytes = [0; 4096];
        let length = self.ours.read(&mut bytes).unwrap_or_default();
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..length]));
        length > 0
    }

    pub(crate) fn expect(&mut self, text: &str) -> &mut Self {
        let begun = Instant::now();
        while !self.seen.contains(text) {
            self.read();
            assert!(begun.elapsed() < Duration::from_secs(20), "no {text:?} in {:?}", self.seen);
        }
        self
    }

    /// Waits until the program reads without echo: before that, typing is the shell's.
    pub(crate) fn expect_prompt(&mut self) -> &mut Self {
        self.expect_prompts(1)
    }

    /// The same for a prompt that is shown again.
    pub(crate) fn expect_prompts(&mut self, count: usize) -> &mut Self {
        let begun = Instant::now();
        while self.seen.matches("key for").count() < count {
            self.read();
            assert!(begun.elapsed() < Duration::from_secs(20), "no prompt number {count} in {:?}", self.seen);
        }
        while tcgetattr(&self.theirs).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the terminal still echoes");
            std::thread::yield_now();
        }
        self
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Signals the program that the shell has in the foreground.
    pub(crate) fn signal_foreground(&self, signal: Signal) {
        kill_process_group(tcgetpgrp(&self.ours).unwrap(), signal).unwrap();
    }

    /// The same as `end`, after a text was seen.
    pub(crate) fn expect_and_end(mut self, text: &str) -> (i32, String) {
        self.expect(text);
        self.end()
    }

    /// Reads all that was written before now: up to a mark that is written behind it. The kernel may still be passing it on.
    fn read_the_rest(&mut self) {
        const MARK: &str = "\u{1}the end of this terminal\u{1}";
        let mut theirs = File::from(self.theirs.try_clone().unwrap());
        // In a thread of its own: a terminal that is full takes nothing before it is read.
        let writing = std::thread::spawn(move || theirs.write_all(MARK.as_bytes()).unwrap());
        self.expect(MARK);
        writing.join().unwrap();
        self.seen.truncate(self.seen.find(MARK).unwrap());
    }

    /// Exit code and everything seen; the terminal must be as it was and the key nowhere.
    pub(crate) fn end(mut self) -> (i32, String) {
        let begun = Instant::now();
        let code = loop {
            self.read();
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code().unwrap_or(-1);
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "it hangs: {:?}", self.seen);
        };
        self.read_the_rest();
        let modes = tcgetattr(&self.theirs).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "the terminal is broken");
        assert!(!self.seen.contains(CANARY), "the key was shown: {:?}", self.seen);
        (code, self.seen)
    }
}
