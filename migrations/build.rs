//! Rebuilds when a migration is added; the compiler alone notices only changed ones.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
