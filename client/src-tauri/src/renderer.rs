//! How the web view draws, which has to be said before anything of it is loaded.

/// WebKitGTK's way of handing pictures to the screen that leaves windows empty with some drivers.
#[cfg(target_os = "linux")]
const DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Has the web view draw in the way that works everywhere, unless the person chose one. Starts the program anew for that, because
/// the environment of one that runs can't be changed safely.
#[cfg(target_os = "linux")]
pub(crate) fn choose() {
    use std::os::unix::process::CommandExt;
    if std::env::var_os(DMABUF).is_some() {
        return;
    }
    let mut args = std::env::args_os();
    let called = args.next();
    let Ok(program) = std::env::current_exe() else { return };
    let mut again = std::process::Command::new(program);
    if let Some(called) = called {
        again.arg0(called);
    }
    let error = again.args(args).env(DMABUF, "1").exec();
    tracing::warn!(%error, "the window may stay empty with some graphics drivers; start Mist with {DMABUF}=1 if it does");
}

/// Elsewhere there is nothing to choose.
#[cfg(not(target_os = "linux"))]
pub(crate) fn choose() {}

/// Whether there is something to show a window on.
pub(crate) fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["WAYLAND_DISPLAY", "DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|at| !at.is_empty()))
}
