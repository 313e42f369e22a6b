//! A text that would stay is refused by its length, before it takes memory.

use crate::arguments::{attempt, catalog, connect, is_ours, world};
use crate::harness::block_on;

/// The most memory that a server process ever had, in kilobytes.
fn peak(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Texts that stay, and by whom they are sent.
const KEPT: &[(&str, &str, usize)] = &[
    ("key_set", "p_settings", 0),
    ("key_set", "p_test", 0),
    ("key_test_record", "p_test", 0),
    ("acquire", "p_purpose", 1),
    ("acquire", "p_operation", 1),
    ("acquire", "p_request", 1),
    ("credit_grant", "p_note", 2),
    ("provider_put", "p_definition", 2),
    ("master_key_loaded", "p_instance", 1),
    ("member_add", "p_login", 2),
];

#[test]
fn sixty_megabytes_of_a_text_that_would_stay_are_refused_before_they_are_worked_on() {
    let (world, logins) = world();
    let functions = catalog(&world);
    block_on(async {
        for (called, argument, by) in KEPT {
            let mut connection = connect(&world, &logins[*by]).await;
            let process: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
            let function = functions.iter().find(|it| it.name == *called).unwrap();
            let at = function.arguments.iter().position(|(name, _)| name == argument).unwrap();
            let huge = match function.arguments[at].1.as_str() {
                "jsonb" => "jsonb_build_object('verdict', 'verified', 'base_url', repeat('x', 60000000))",
                _ => "repeat('x', 60000000)",
            };
            let state = attempt(&mut connection, &function.call(Some((at, huge)))).await;
            assert!(state.as_deref().is_some_and(is_ours), "{called}: {argument}: {state:?}");
            let peak = peak(&process.to_string());
            assert!(peak < 700_000, "{called}: {argument}: {peak} kB for a text of 60 MB");
        }
    });
}
