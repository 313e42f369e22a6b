//! Exit codes: real situations for each, and what is true of all of them.

mod situations;

use std::collections::BTreeSet;

use byok::exit;

use crate::harness::Byok;

use situations::{Outcome, outcomes};

/// The rules about exit codes look at the same runs.
fn of(code: u8) -> impl Iterator<Item = &'static Outcome> {
    outcomes().iter().filter(move |outcome| outcome.wanted == i32::from(code))
}

#[test]
fn each_exit_code_comes_of_its_situations_and_is_the_same_in_json() {
    for outcome in outcomes() {
        assert_eq!(outcome.plain.code, outcome.wanted, "{}: {:?}", outcome.what, outcome.plain);
        assert_eq!(outcome.json.code, outcome.wanted, "{}: {:?}", outcome.what, outcome.json);
        if let Some(error) = outcome.error() {
            assert_eq!(error["exit_code"], outcome.wanted, "{}: {error}", outcome.what);
        }
    }
}

#[test]
fn the_documented_exit_codes_are_those_that_have_a_situation() {
    let help = Byok::new().ok(&["help", "exit-codes"]);
    let documented: BTreeSet<i32> =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()?.parse().ok()).collect();
    let made: BTreeSet<i32> = outcomes().iter().map(|outcome| outcome.wanted).collect();
    assert_eq!(documented, made);
    let constants: BTreeSet<i32> = exit::ALL.iter().map(|(code, ..)| i32::from(*code)).collect();
    assert_eq!(documented, constants);
    // Scripts branch on these, so several ways lead to each.
    for code in
        [exit::USAGE, exit::NOT_FOUND, exit::NOT_AUTHORIZED, exit::CONFLICT, exit::KEY_REJECTED, exit::UNAVAILABLE]
    {
        assert!(of(code).count() >= 3, "{code}");
    }
}

#[test]
fn exit_codes_are_few_and_stay_out_of_the_ranges_of_others() {
    assert!(exit::ALL.len() <= 20);
    for (code, name, _) in exit::ALL {
        let signal = [exit::HANGUP, exit::INTERRUPTED, exit::QUIT, exit::TERMINATED].contains(code);
        assert!(*code < 64 || name.starts_with("run_") || signal, "{code} {name}");
        // `128 + n` is what shells say of a signal.
        assert!(!signal || [1, 2, 3, 15].contains(&(code - 128)), "{code} {name}");
    }
}

#[test]
fn not_there_not_allowed_refused_by_a_provider_and_not_reached_are_four_codes() {
    let codes = |code: u8| of(code).filter_map(|outcome| Some(outcome.error()?["code"].as_str()?.to_owned()));
    let sets: Vec<BTreeSet<String>> = [exit::NOT_FOUND, exit::NOT_AUTHORIZED, exit::KEY_REJECTED, exit::UNAVAILABLE]
        .map(|it| codes(it).collect())
        .into();
    for (at, set) in sets.iter().enumerate() {
        assert!(!set.is_empty() && sets[..at].iter().all(|before| before.is_disjoint(set)), "{sets:?}");
    }
}

#[test]
fn a_missing_name_and_a_server_that_is_away_have_different_codes_and_only_one_is_worth_a_repetition() {
    let retryable = |outcome: &Outcome| Some(outcome.error()?["retryable"] == true);
    assert!(of(exit::NOT_FOUND).filter_map(retryable).all(|it| !it));
    assert!(of(exit::UNAVAILABLE).filter_map(retryable).any(|it| it));
}

#[test]
fn the_code_of_a_wrong_command_line_is_never_that_of_a_result() {
    for outcome in of(exit::USAGE) {
        assert_eq!((&*outcome.plain.out, &*outcome.json.out), ("", ""), "{}: {:?}", outcome.what, outcome.plain);
        assert!(outcome.error().is_some(), "{}: {:?}", outcome.what, outcome.json);
    }
}

#[test]
fn no_failure_is_exit_0_and_none_is_silent() {
    for outcome in outcomes() {
        let failed = outcome.wanted != 0;
        for run in [&outcome.plain, &outcome.json] {
            let told = run.err.lines().any(|line| line.starts_with("error:") || line.starts_with("{\"error\""));
            assert!(failed || !told, "{}: {run:?}", outcome.what);
            assert!(!failed || !run.err.is_empty() || !run.out.is_empty(), "{}: {run:?}", outcome.what);
        }
    }
}

#[test]
fn an_error_says_what_and_why_in_one_line_and_the_next_step_in_another() {
    // Who interrupts a command knows why.
    let others = outcomes().iter().filter(|outcome| outcome.wanted < 128);
    for (outcome, error) in others.filter_map(|outcome| Some((outcome, outcome.error()?))) {
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        assert!(text("message").len() > 15 && !text("message").contains('\n'), "{}: {error}", outcome.what);
        assert!(text("hint").len() > 5, "{}: {error}", outcome.what);
        // The same two for people.
        let plain = &outcome.plain.err;
        assert!(plain.contains("error: "), "{}: {plain}", outcome.what);
        assert!(plain.contains("hint: ") || plain.contains("Usage: "), "{}: {plain}", outcome.what);
    }
}

#[test]
fn the_cause_of_a_failure_is_in_its_message() {
    let message = |what: &str| {
        let outcome = outcomes().iter().find(|outcome| outcome.what == what).expect(what);
        outcome.error().unwrap()["message"].as_str().unwrap().to_owned()
    };
    for (what, cause) in [
        ("the database does not answer", "Connection refused"),
        ("the disk of the output is full", "No space left on device"),
        ("there is no master key", "does not exist"),
        ("a provider refuses the key that is to be stored", "OpenAI refuses this key"),
        ("the file of a key is not there", "No such file"),
    ] {
        assert!(message(what).contains(cause), "{what}: {}", message(what));
    }
}

#[test]
fn nothing_of_a_failure_is_on_standard_output() {
    for outcome in outcomes().iter().filter(|outcome| outcome.error().is_some()) {
        assert!(!outcome.plain.out.contains("error:"), "{}: {:?}", outcome.what, outcome.plain);
        assert!(!outcome.json.out.contains("\"error\":{\"code\""), "{}: {:?}", outcome.what, outcome.json);
    }
}
