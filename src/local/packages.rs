//! How a PostgreSQL server is installed on this system.

use std::fs;

/// The package manager's command that installs a server on this system, if one is known.
pub fn install_command() -> Option<Vec<&'static str>> {
    match std::env::consts::OS {
        "macos" => return Some(vec!["brew", "install", "postgresql@17"]),
        "freebsd" => return Some(vec!["pkg", "install", "-y", "postgresql17-server", "postgresql17-contrib"]),
        _ => {}
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let of = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let systems = format!("{} {}", of("ID="), of("ID_LIKE="));
    let command = match systems.split_whitespace().find_map(family)? {
        "debian" => vec!["apt-get", "install", "-y", "postgresql", "postgresql-contrib"],
        "fedora" => vec!["dnf", "install", "-y", "postgresql-server", "postgresql-contrib"],
        "alpine" => vec!["apk", "add", "postgresql", "postgresql-contrib"],
        "arch" => vec!["pacman", "-S", "--noconfirm", "postgresql"],
        _ => vec!["zypper", "install", "-y", "postgresql-server", "postgresql-contrib"],
    };
    Some(command)
}

fn family(id: &str) -> Option<&'static str> {
    match id {
        "debian" | "ubuntu" => Some("debian"),
        "fedora" | "rhel" | "centos" => Some("fedora"),
        "alpine" => Some("alpine"),
        "arch" => Some("arch"),
        "suse" | "opensuse" | "sles" => Some("suse"),
        _ => None,
    }
}
