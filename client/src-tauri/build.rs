//! Puts the pages and the capabilities into the program.

fn main() {
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(
        tauri_build::AppManifest::new().commands(&[
            "call",
            "next",
            "link",
            "pick_folder",
            "habits",
            "set_habits",
            "quit",
            "release",
            "update",
        ]),
    ))
    .expect("the desktop client's configuration is sound");
}
