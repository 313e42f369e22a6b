//! Members, service roles and what a login may not do. On a server of their own, for roles are a server's.

use crate::cluster::Cluster;
use crate::harness::{Byok, openai_key, sql};

use super::Screens;

/// The program as another login of that server.
fn login(cluster: &Cluster, name: &str) -> Byok {
    cluster.byok().env("BYOK_DATABASE_URL", &cluster.server.url(name, "postgres"))
}

fn cluster(logins: &[&str]) -> Cluster {
    let cluster = Cluster::start();
    for name in logins {
        sql(&cluster.url, &format!("create role {name} login")).unwrap();
    }
    cluster
}

#[test]
fn members_of_an_organization() {
    let cluster = cluster(&["ada", "eve"]);
    let admin = cluster.byok();
    admin.ok(&["enable", "acme"]);
    let dir = tempfile::Builder::new().prefix("byok-screens-").tempdir_in("/tmp").unwrap();
    let file = dir.path().join("ci.url");
    let mut screens = Screens::of("members");
    screens.both(&admin, "member add ada --org acme");
    screens.play(&admin, "member add ada --org acme --role viewer");
    screens.play(&admin, "member add ghost --org acme");
    screens.play(&admin, "member add ada --org ghost");
    screens.play(&admin, &format!("member add acme-ci --org acme --create-login --to-file {}", file.display()));
    screens.play(&admin, "member add acme-bot --org acme --create-login -o json");
    screens.play(&admin, "member add acme-bot --org acme --create-login");
    screens.both(&admin, "member list --org acme");
    screens.play(&login(&cluster, "eve"), "member list --org acme");
    sql(&cluster.url, "drop owned by ada; drop role ada; create role ada login").unwrap();
    screens.both(&admin, "member list --org acme");
    screens.play(&admin, "member rebind");
    screens.both(&admin, "member rebind --yes");
    sql(&cluster.url, "drop role ada").unwrap();
    screens.both(&admin, "member rebind --yes");
    screens.both(&admin, "member remove ada --org acme");
    screens.play(&login(&cluster, "eve"), "member add eve --org acme");
    screens.compare();
}

#[test]
fn service_roles() {
    let cluster = cluster(&["ada", "eve", "api_server"]);
    let admin = cluster.byok();
    let mut screens = Screens::of("roles");
    screens.both(&admin, "role grant auditor eve");
    screens.both(&admin, "role grant resolver api_server");
    screens.play(&admin, "role grant admin ghost");
    screens.play(&admin, "role grant resolver api-2 --create-login");
    screens.both(&admin, "role list");
    screens.play(&login(&cluster, "eve"), "role grant admin eve");
    screens.play(&login(&cluster, "eve"), "enable acme");
    screens.play(&login(&cluster, "eve"), "credits reconcile -o table");
    screens.play(&login(&cluster, "ada"), "role list");
    screens.play(&login(&cluster, "ada"), "org list");
    screens.both(&admin, "role revoke auditor eve");
    screens.play(&admin, "role revoke admin byok");
    screens.play(&login(&cluster, "eve"), "audit list");
    screens.compare();
}

#[test]
fn what_an_owner_a_viewer_and_a_stranger_are_told() {
    let cluster = cluster(&["ada", "bob", "eve"]);
    let admin = cluster.byok();
    for line in [&["enable", "acme", "--owner", "ada"][..], &["enable", "bolt", "--owner", "bob"]] {
        admin.ok(line);
    }
    admin.ok(&["member", "add", "acme", "eve", "--role", "viewer"]);
    login(&cluster, "ada").input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let mut screens = Screens::of("refusals");
    screens.play(&login(&cluster, "eve"), "key list --org acme");
    screens.play(&login(&cluster, "eve").input(openai_key("aaaa")), "key set openai --org acme --stdin");
    screens.play(&login(&cluster, "bob"), "key list --org acme");
    screens.play(&login(&cluster, "bob"), "key remove openai --org acme --yes");
    screens.play(&login(&cluster, "ada"), "credits grant 5 --org acme");
    screens.play(&login(&cluster, "ada"), "org list");
    screens.play(&login(&cluster, "ada"), "audit verify");
    screens.play(&login(&cluster, "ada"), "platform-key list");
    screens.play(&login(&cluster, "ada"), "data-key issue --org acme --to-file /tmp/byok-never");
    screens.play(&login(&cluster, "ada"), "master-key rotate --yes");
    screens.compare();
}

/// What differs between servers: the version, how many checks are good for it, and the directory of the socket.
fn without_version(text: &str) -> String {
    let differs = |line: &str| {
        ["db.version", "upgrade the packages", "has them", " ok, ", ":5432 as root"].iter().any(|it| line.contains(it))
    };
    text.lines().filter(|line| !differs(line)).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn checks_of_what_byok_depends_on() {
    let cluster = cluster(&["root"]);
    sql(&cluster.url, "grant byok_admin to root granted by byok_definer").unwrap();
    let (admin, bad) =
        (login(&cluster, "root"), "alter table byok.provider_key drop constraint provider_key_header_check");
    admin.ok(&["enable", "acme"]);
    let mut screens = Screens::of("doctor");
    screens.both(&admin, "doctor");
    screens.play(&admin, "doctor -o csv");
    sql(&cluster.url, bad).unwrap();
    screens.play(&admin.env("COLUMNS", "80"), "doctor -o table");
    screens.text = without_version(&screens.text);
    screens.compare();
}
