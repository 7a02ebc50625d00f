//! Has a release program built again when the portal was, because it carries the portal; a debug program reads it from its
//! folder. The portal itself is built by `npm run build`, never from here.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../admin-web/build");
    }
}
