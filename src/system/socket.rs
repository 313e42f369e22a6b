//! Sockets of this machine.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The longest path that a socket may have, in bytes.
pub const LONGEST_PATH: usize = if cfg!(any(target_os = "linux", target_os = "android")) { 107 } else { 103 };

/// Connects to a socket. Connecting and each read and write have this time limit.
pub fn connect(path: &Path, patience: Duration) -> io::Result<impl Read + Write> {
    let (tell, told) = mpsc::channel();
    let path = path.to_owned();
    // No option of a Unix socket limits this wait.
    thread::Builder::new().spawn(move || tell.send(UnixStream::connect(path)).ok())?;
    let stream = told.recv_timeout(patience).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}
