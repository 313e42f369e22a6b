//! What users install: the package of the registry, the Debian package, the bill of materials, and the examples of services.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::skip;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn outcome(command: &mut Command) -> Output {
    command.current_dir(project()).env("CARGO_NET_OFFLINE", "true").output().unwrap()
}

fn said(command: &mut Command) -> String {
    let output = outcome(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn is_here(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Every file below a directory, without links and directories.
fn files_in(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files_in(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

#[test]
fn the_package_of_the_registry_has_everything_that_is_compiled_and_no_test() {
    let listed = said(Command::new(env!("CARGO")).args(["package", "--list", "--allow-dirty", "--quiet"]));
    let listed: BTreeSet<&str> = listed.lines().collect();
    for path in ["LICENSE", "README.md", "completions/byok.bash", "docs/keys.md", "examples/server.rs", "Cargo.lock"] {
        assert!(listed.contains(path), "{path}");
    }
    let mut compiled = Vec::new();
    for dir in ["src", "migrations", "completions", ".sqlx"] {
        files_in(&project().join(dir), &mut compiled);
    }
    for path in compiled {
        let path = path.strip_prefix(project()).unwrap().to_str().unwrap();
        assert!(listed.contains(path), "{path}");
    }
    let strange = listed
        .iter()
        .find(|path| ["tests/", "fuzz/", "benches/", ".ci/", "target/"].iter().any(|it| path.starts_with(it)));
    assert_eq!(strange, None);
}

#[test]
fn the_bill_of_materials_names_every_crate_of_the_program_with_licence_and_checksum() {
    let sbom = || said(Command::new(project().join("packaging/sbom")).env("CARGO", env!("CARGO")));
    let (text, again) = (sbom(), sbom());
    assert_eq!(text, again, "the same commit gives the same bytes");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&document["bomFormat"], &document["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = document["components"].as_array().unwrap();
    for component in components {
        assert!(component["licenses"][0]["expression"].as_str().is_some_and(|it| !it.contains('/')), "{component}");
    }
    let named = |it: &Value| ["name", "version"].map(|field| it[field].as_str().unwrap().to_owned());
    let checksum = |it: &Value| (named(it), it["hashes"][0]["content"].as_str().map(ToOwned::to_owned));
    let lock: toml::Table = file("Cargo.lock").parse().unwrap();
    let locked = lock["package"].as_array().unwrap().iter();
    let of = |it: &toml::Value, field: &str| it.get(field).and_then(toml::Value::as_str).map(ToOwned::to_owned);
    let locked: BTreeSet<_> =
        locked.map(|it| ([of(it, "name").unwrap(), of(it, "version").unwrap()], of(it, "checksum"))).collect();
    assert!(components.iter().map(checksum).all(|it| it.1.is_some() && locked.contains(&it)));
    let has = |name: &str| components.iter().any(|it| it["name"] == name);
    // What is in the program, what builds it, what only tests need, and what is never compiled.
    assert!(has("aes-gcm") && has("sqlx-postgres") && has("ring") && has("cc"));
    assert!(!has("proptest") && !has("rcgen") && !has("sqlx-mysql") && !has("byok"));
}

/// The package of the program under test, without its symbols and with a quick compression.
fn debian_package(dir: &Path) -> PathBuf {
    let program = dir.join("byok");
    said(Command::new("strip").arg("-o").arg(&program).arg(env!("CARGO_BIN_EXE_byok")));
    let mut build = Command::new(project().join("packaging/debian/build"));
    let made = said(build.arg(&program).arg(dir).env("COMPRESSION", "-Zgzip").env("SOURCE_DATE_EPOCH", "1700000000"));
    PathBuf::from(made.trim())
}

#[test]
fn the_debian_package_installs_runs_and_leaves_nothing_when_it_is_removed() {
    if !["dpkg-deb", "dpkg-shlibdeps", "strip"].into_iter().all(is_here) {
        return skip("the tools of Debian packages are not installed (apt-get install dpkg-dev binutils)");
    }
    let (dir, system) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let package = debian_package(dir.path());
    for place in ["info", "updates"] {
        fs::create_dir_all(system.path().join("var/lib/dpkg").join(place)).unwrap();
    }
    fs::write(system.path().join("var/lib/dpkg/status"), "").unwrap();
    let dpkg = |arguments: &[&str]| {
        let mut command = Command::new("dpkg");
        command.arg(format!("--root={}", system.path().display())).args(["--force-depends", "--force-not-root"]);
        said(command.arg("--log=/dev/null").args(arguments))
    };
    dpkg(&["--install", package.to_str().unwrap()]);

    let at = |path: &str| system.path().join(path);
    let version = said(Command::new(at("usr/bin/byok")).arg("--version"));
    assert!(version.starts_with(concat!("byok ", env!("CARGO_PKG_VERSION"))), "{version}");
    for path in [
        "usr/share/bash-completion/completions/byok",
        "usr/share/zsh/vendor-completions/_byok",
        "usr/share/fish/vendor_completions.d/byok.fish",
        "usr/share/byok/completions/byok.ps1",
        "usr/share/byok/completions/byok.elv",
        "usr/share/byok/completions/byok.nu",
        "usr/share/man/man1/byok.1.gz",
        "usr/share/man/man1/byok-key-set.1.gz",
        "usr/share/doc/byok/copyright",
        "usr/share/doc/byok/byok.cdx.json.gz",
        "usr/share/doc/byok/examples/systemd/byok-test-keys.service",
    ] {
        assert!(at(path).is_file(), "{path}");
    }
    let (mut installed, mut left) = (Vec::new(), Vec::new());
    files_in(&at("usr"), &mut installed);
    for path in installed {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o7777, if path.ends_with("bin/byok") { 0o755 } else { 0o644 }, "{}", path.display());
    }
    dpkg(&["--purge", "byok"]);
    for place in ["usr", "etc"].map(at).into_iter().filter(|place| place.exists()) {
        files_in(&place, &mut left);
    }
    assert_eq!(left, Vec::<PathBuf>::new());
}

/// The lines of a file that are not comments.
fn lines(path: &str) -> Vec<String> {
    file(path)
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_services_of_systemd_are_valid_and_have_few_rights() {
    if !is_here("systemd-analyze") {
        return skip("systemd-analyze is not installed (apt-get install systemd)");
    }
    let dir = tempfile::tempdir().unwrap();
    for name in ["byok-test-keys.service", "byok-test-keys.timer", "byok-watch.service"] {
        let text = file(&format!("packaging/systemd/{name}")).replace("/usr/bin/byok", env!("CARGO_BIN_EXE_byok"));
        fs::write(dir.path().join(name), text).unwrap();
    }
    for name in ["byok-test-keys.service", "byok-watch.service"] {
        is_valid_and_bounded(&dir.path().join(name));
        let command =
            lines(&format!("packaging/systemd/{name}")).into_iter().find(|line| line.starts_with("ExecStart="));
        parses(command.unwrap().split_whitespace().skip(1));
    }
}

fn is_valid_and_bounded(unit: &Path) {
    let mut verify = Command::new("systemd-analyze");
    let output = outcome(verify.args(["verify", "--man=no", "--recursive-errors=no"]).arg(unit));
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    // The scale ends at 100 (no protection). A service without any of these lines has 96.
    said(
        Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager", "--threshold=15"]).arg(unit),
    );
}

/// Whether the program takes these arguments: it then fails because it has no database, and not with a usage error of its parser.
fn parses<'a>(arguments: impl IntoIterator<Item = &'a str>) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_byok"));
    let output = command.args(arguments).env_clear().env("HOME", home.path()).env("CI", "true").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let lacks_a_secret = said.contains("BYOK_DATABASE_URL") || said.contains("--webhook-secret-file");
    assert!(lacks_a_secret && !said.contains("unexpected argument"), "{said}");
}

#[test]
fn the_container_and_the_pod_run_without_root_and_without_a_secret_in_an_image_or_a_variable() {
    let container = lines("packaging/container/Containerfile");
    let last = container.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    assert!(container[last..].iter().any(|line| line == "USER 65532:65532"), "{container:?}");
    assert!(
        !container.iter().any(|line| line.starts_with("ADD ") || line.starts_with("ENV ") || line.starts_with("ARG "))
    );
    let ignored = lines("packaging/container/Containerfile.dockerignore");
    assert_eq!(ignored.first().map(String::as_str), Some("*"), "nothing is taken that is not named");

    let pod = lines("packaging/kubernetes/byok.yaml");
    for line in [
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "drop: [\"ALL\"]",
        "automountServiceAccountToken: false",
        "type: RuntimeDefault",
        "defaultMode: 0400",
        "readOnly: true",
    ] {
        assert!(pod.iter().any(|it| it == line), "{line}");
    }
    assert!(!pod.iter().any(|line| line.contains("secretKeyRef") || line.contains("envFrom")), "secrets are files");
    let arguments = pod.iter().find_map(|line| line.strip_prefix("args: ")).unwrap();
    let arguments: Vec<String> = serde_json::from_str(arguments).unwrap();
    parses(arguments.iter().map(String::as_str));
}
