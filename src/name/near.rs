//! Names that are near to a name that does not exist.

/// Up to three of these names that are near what was typed, the nearest first.
pub fn near<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    // A short name is near only to almost itself.
    let reach = (length / 3).clamp(1, 3);
    let measure = |name: &'a str| {
        let known = name.to_lowercase();
        let begins = length >= 3 && known.starts_with(&typed);
        let distance = strsim::osa_distance(&typed, &known);
        (distance <= reach || begins).then_some((distance, name))
    };
    let mut near: Vec<_> = names.into_iter().filter_map(measure).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        let names = ["key", "set", "acme", "acme-corp", "bolt"];
        assert_eq!(near("ky", names), ["key"]);
        assert_eq!(near("ste", names), ["set"]);
        assert_eq!(near("Acmee", names), ["acme"]);
        assert_eq!(near("acme", names), ["acme", "acme-corp"]);
        assert_eq!(near("zzz", names), Vec::<&str>::new());
        assert_eq!(near("", names), Vec::<&str>::new());
    }
}
