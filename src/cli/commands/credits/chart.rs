//! Usage as bars. The part that used the organization's own keys is dark, the part that used the platform's keys is
//! light.

use std::fmt::Write as _;

use byok::admin::Usage;
use byok::credits::Credits;
use byok::word::ListedWord;

use crate::cli::terminal::{output, text};

const WIDTH: u64 = 40;
const OWN: &str = "█";
const PLATFORM: &str = "░";

/// One bar for each group.
pub(super) fn draw(groups: &[Usage]) -> u8 {
    if groups.is_empty() {
        output::notice("nothing was used");
        return byok::exit::OK;
    }
    output::print(&bars(groups))
}

fn bars(groups: &[Usage]) -> String {
    let labels: Vec<String> = groups.iter().map(label).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let longest = groups.iter().map(total).max().unwrap_or_default().max(1);
    let mut text = String::new();
    for (group, label) in groups.iter().zip(&labels) {
        let length = cells(total(group), longest);
        let own = cells(group.own_total, longest).min(length);
        let bar = OWN.repeat(own) + &PLATFORM.repeat(length - own);
        let amount = Credits::from_micro(total(group));
        let _ = writeln!(text, "{label:width$}  {bar} {amount}");
    }
    text + &format!("\n{OWN} on own keys   {PLATFORM} on the platform's keys   (credits, both parts)\n")
}

fn total(group: &Usage) -> i64 {
    group.platform_part.saturating_add(group.provider_part)
}

/// The length of a bar. An amount above zero gets at least one character.
fn cells(amount: i64, longest: i64) -> usize {
    let (amount, longest) = (u128::from(amount.max(0).unsigned_abs()), u128::from(longest.unsigned_abs()));
    usize::try_from((amount * u128::from(WIDTH)).div_ceil(longest.max(1))).unwrap_or_default()
}

fn label(group: &Usage) -> String {
    let version = group.key_version.map(|version| format!("v{version}"));
    let tenancy = (group.tenancy > 1).then(|| format!("(tenant {})", group.tenancy));
    let parts = [
        Some(group.org.as_str()),
        tenancy.as_deref(),
        group.period.as_deref(),
        group.provider.as_deref(),
        group.source.as_ref().map(ListedWord::as_str),
        group.operation.as_deref(),
        version.as_deref(),
    ];
    let parts = parts.into_iter().flatten();
    text::clean(&parts.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(period: &str, own: i64, platform: i64) -> Usage {
        Usage {
            org: "acme".into(),
            provider: None,
            source: None,
            key_version: None,
            hint: None,
            operation: None,
            period: Some(period.into()),
            requests: 1,
            own_requests: 1,
            unit: None,
            units: None,
            platform_part: own + platform,
            provider_part: 0,
            own_total: own,
            tenancy: 1,
        }
    }

    #[test]
    fn bars_are_as_long_as_their_share_and_show_whose_keys_it_was() {
        let drawn =
            bars(&[group("2026-10", 1_000_000, 1_000_000), group("2026-11", 0, 500_000), group("2026-12", 1, 0)]);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[0], format!("acme 2026-10  {}{} 2", OWN.repeat(20), PLATFORM.repeat(20)));
        assert_eq!(lines[1], format!("acme 2026-11  {} 0.5", PLATFORM.repeat(10)));
        assert_eq!(lines[2], format!("acme 2026-12  {OWN} 0.000001"));
        assert!(lines[4].contains("on own keys"));
    }

    #[test]
    fn nothing_but_zeros_draws_no_bar() {
        assert!(bars(&[group("2026-10", 0, 0)]).starts_with("acme 2026-10   0\n"));
        assert!(bars(&[group("\u{1b}[2J", 0, 0)]).starts_with("acme ?[2J"));
    }
}
