//! Tells the contract test whether a folder of published bodies is given, so that it can report itself ignored without.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(published_samples)");
    println!("cargo::rerun-if-env-changed=MOBPROC_SAMPLES");
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("MOBPROC_SAMPLES").is_some() {
        println!("cargo::rustc-cfg=published_samples");
    }
}
