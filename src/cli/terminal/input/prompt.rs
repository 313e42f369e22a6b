//! The hidden prompt at the terminal.
//!
//! The terminal does not echo while a key is typed. It echoes again when the prompt ends for any reason and while the
//! process is stopped. Lines that come after a key or an answer do not reach the shell, which would run them as commands.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rpassword::{ConfigBuilder, read_password_with_config};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use zeroize::Zeroize as _;

use byok::exit;
use byok::system::signal::{Kind, Signal, listen};
use byok::system::terminal::{self, SignalKeys, Terminal};

use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::signals::Signals;
use crate::cli::terminal::text;

/// The rest of a paste comes at once. A person does not notice this wait.
const QUIET: Duration = Duration::from_millis(150);
/// The longest time in which the rest of a paste is waited for.
const LONGEST: Duration = Duration::from_secs(3);
/// A shell without job control does not stop a process.
const STOPPING: Duration = Duration::from_millis(200);
/// The character that deletes a line.
const DELETE_LINE: u8 = 0x15;

/// The signals of a prompt that has read its key. Without a reader they would be lost, and the command could not be
/// interrupted.
static SIGNALS: Mutex<Option<Signals>> = Mutex::new(None);
static READ: Notify = Notify::const_new();
/// What this process has read from the terminal.
static ASKED: Mutex<Option<&'static str>> = Mutex::new(None);
/// A key.
const KEY: &str = "key";
/// The answer to a question.
pub(super) const ANSWER: &str = "answer";

/// Waits for a signal that ends a command after its prompt. Before a prompt the system ends the process.
pub(crate) async fn ended() -> Failure {
    READ.notified().await;
    let signals = SIGNALS.lock().ok().and_then(|mut signals| signals.take());
    let Some(mut signals) = signals else { return std::future::pending().await };
    let message = "interrupted after the key was entered; the change may have been made or not";
    Failure::new(signals.next().await, "interrupted", message)
        .hint("run the same command again; to see what is stored: byok key list --org ORG, or byok platform-key list")
}

/// Stops this process, as Ctrl-Z does. Returns when it continues.
async fn stop(terminal: &Terminal, resumed: &mut Signal) {
    terminal.give_back();
    if terminal::stop() {
        let _ = tokio::time::timeout(STOPPING, resumed.recv()).await;
    }
}

/// The failure for a prompt that a signal or a key has ended.
fn ended_by(terminal: &Terminal, code: u8) -> anyhow::Error {
    terminal.give_back();
    interrupted(code).into()
}

/// What somebody typed that is no part of a key.
enum Wish {
    Stop,
    Quit,
}

/// The keys that are typed at a terminal.
struct Keys {
    file: File,
    signals: SignalKeys,
    wishes: UnboundedSender<Wish>,
    /// Whether the prompt was shown again, so that what was typed before does not count.
    again: Arc<AtomicBool>,
    /// A key that waits until the line is deleted.
    kept: Option<u8>,
}

impl Read for Keys {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(into) = into.first_mut() else { return Ok(0) };
        loop {
            let mut key = [0];
            if let Some(kept) = self.kept.take() {
                key = [kept];
            } else {
                match self.file.read(&mut key) {
                    // The end of a line would pass for the end of the key.
                    Ok(0) => return Err(ErrorKind::ConnectionAborted.into()),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error),
                }
                if self.again.swap(false, Ordering::AcqRel) {
                    self.kept = Some(key[0]);
                    key = [DELETE_LINE];
                }
            }
            let wish = match key[0] {
                // A key that the terminal does not use is 0.
                0 => None,
                key if key == self.signals.stop => Some(Wish::Stop),
                key if key == self.signals.quit => Some(Wish::Quit),
                _ => None,
            };
            let Some(wish) = wish else {
                *into = key[0];
                return Ok(1);
            };
            drop(self.wishes.send(wish));
        }
    }
}

/// The failure for a prompt that ended without an answer.
pub(super) fn interrupted(code: u8) -> Failure {
    Failure::new(code, "interrupted", "interrupted; nothing was stored")
}

/// Asks for a line and reads it without echo.
pub(super) async fn hidden(prompt: &str) -> anyhow::Result<String> {
    let no_terminal = || Failure::usage("cannot_prompt", "cannot use the terminal");
    let terminal = Terminal::open().with_context(no_terminal)?;
    let prompt = text::harmless_lines(prompt);
    // Signals are handled first, because a killed prompt would leave the terminal without echo.
    let mut signals = Signals::listen().with_context(no_terminal)?;
    let mut resumed = listen(Kind::Continue).with_context(no_terminal)?;
    let (wishes, mut told) = unbounded_channel();
    let again = Arc::new(AtomicBool::new(false));
    let keys = Keys {
        file: terminal.keys().with_context(no_terminal)?,
        signals: terminal.signal_keys(),
        wishes,
        again: Arc::clone(&again),
        kept: None,
    };
    terminal.ask_hidden(&prompt).with_context(no_terminal)?;
    let config = move || ConfigBuilder::new().input_reader(keys).output_discard().build();
    let mut typing = tokio::task::spawn_blocking(move || read_password_with_config(config()));
    let typed = loop {
        tokio::select! {
            typed = &mut typing => break typed.unwrap_or_else(|_| Err(ErrorKind::Interrupted.into())),
            code = signals.next() => return Err(ended_by(&terminal, code)),
            Some(wish) = told.recv() => match wish {
                Wish::Quit => return Err(ended_by(&terminal, exit::QUIT)),
                Wish::Stop => stop(&terminal, &mut resumed).await,
            },
            _ = resumed.recv() => {}
        }
        // The shell has set the terminal for itself.
        again.store(true, Ordering::Release);
        terminal.ask_hidden(&prompt).with_context(no_terminal)?;
    };
    accept(&terminal, typed, signals)
}

/// The typed line, if nothing follows it.
fn accept(terminal: &Terminal, typed: io::Result<String>, signals: Signals) -> anyhow::Result<String> {
    let mut typed = match typed {
        Ok(typed) => typed,
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::UnexpectedEof) => {
            return Err(ended_by(terminal, exit::INTERRUPTED));
        }
        Err(error) => {
            terminal.give_back();
            return Err(error).context(Failure::usage("cannot_prompt", "cannot use the terminal"));
        }
    };
    let more = terminal.discard_rest(QUIET, LONGEST);
    terminal.give_back();
    if more {
        typed.zeroize();
        bail!(
            Failure::usage("bad_key", "more than one line was pasted; all of it was discarded, and nothing was stored")
                .hint("for a document use --from-file")
        );
    }
    asked(KEY);
    if let Ok(mut kept) = SIGNALS.lock() {
        *kept = Some(signals);
    }
    READ.notify_one();
    Ok(typed)
}

fn asked(what: &'static str) {
    if let Ok(mut asked) = ASKED.lock() {
        *asked = Some(what);
    }
}

/// Discards what comes at once after an answer: the rest of a paste. Returns whether there was anything.
pub(super) fn discard_after_answer() -> bool {
    asked(ANSWER);
    let Ok(terminal) = Terminal::open() else { return false };
    let more = terminal.discard_rest(QUIET, LONGEST);
    terminal.discard_typed() || more
}

/// Discards what was typed after a key or an answer while the command ran, because the shell would run it. Returns what
/// was read, if there was more.
pub(crate) fn discard_late_lines() -> Option<&'static str> {
    let asked = ASKED.lock().ok().and_then(|asked| *asked)?;
    Terminal::open().is_ok_and(|terminal| terminal.discard_typed()).then_some(asked)
}

/// The warning about discarded lines.
pub(crate) fn discarded(after: &str) -> String {
    format!("more lines were entered after the {after}, and were discarded")
}
