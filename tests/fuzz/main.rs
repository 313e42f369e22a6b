//! Every input that a fuzzer kept, or found something with, holds: `fuzz/README.md` says how they were made.

#[expect(unreachable_pub, reason = "the fuzzers see it as a library")]
#[expect(clippy::expect_used, clippy::panic, reason = "what does not hold ends the run")]
#[path = "harness/lib.rs"]
mod harness;

use std::fs;
use std::path::Path;

#[test]
fn every_input_that_was_kept_still_holds() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, check) in harness::TARGETS {
        let kept: Vec<_> = fs::read_dir(corpora.join(name)).expect("a corpus").flatten().collect();
        assert!(!kept.is_empty(), "{name}");
        for entry in kept {
            let data = fs::read(entry.path()).expect("an input");
            let outcome = std::panic::catch_unwind(|| check(&data));
            assert!(outcome.is_ok(), "{}", entry.path().display());
        }
    }
}

#[test]
fn the_empty_input_and_a_few_bytes_hold_everywhere() {
    for (name, check) in harness::TARGETS {
        for data in [&b""[..], b"\0", b"\xff", b"\xff\xff\xff\xff\xff\xff\xff\xff", b"\x01\x02\x03\x04{}"] {
            assert!(std::panic::catch_unwind(|| check(data)).is_ok(), "{name} {data:?}");
        }
    }
}
