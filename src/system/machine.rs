//! This machine.

/// Its name in the network.
pub fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
