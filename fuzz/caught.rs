//! The panics of the database's driver are caught where it is called.

/// Keeps the panics of the driver, which are caught, from ending the fuzzer; one that is not caught ends it, with its words.
pub fn only_uncaught(check: fn(&[u8]), data: &[u8]) {
    use std::sync::{Mutex, Once};
    static QUIET: Once = Once::new();
    static LAST: Mutex<String> = Mutex::new(String::new());
    QUIET.call_once(|| {
        std::panic::set_hook(Box::new(|panic| *LAST.lock().expect("a lock") = panic.to_string()));
    });
    if std::panic::catch_unwind(|| check(data)).is_err() {
        let words = LAST.lock().expect("a lock").clone();
        drop(std::panic::take_hook());
        panic!("{words}");
    }
}
