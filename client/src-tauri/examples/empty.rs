//! A window with nothing in it: what the web view itself takes, to measure the client against (`./dev bench desktop`).
//! It says on its standard output when its page is there.

use std::io::Write;

use tauri::{WebviewUrl, WebviewWindowBuilder, webview::PageLoadEvent};

fn main() {
    tauri::Builder::default()
        .setup(|app| {
            let nothing = WebviewUrl::External("about:blank".parse()?);
            WebviewWindowBuilder::new(app, "main", nothing)
                .inner_size(1280.0, 800.0)
                .on_page_load(|_, load| {
                    if load.event() == PageLoadEvent::Finished {
                        writeln!(std::io::stdout(), "there").expect("whoever measures listens");
                    }
                })
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("an empty window");
}
