//! The processes of a game: the one that was started, and those that it has started in turn. Some games are started by a
//! launcher that ends long before they do.

use std::{
    io,
    process::{Child, Command, Stdio},
};

/// Whoever is started is not part of this process's conversation with a terminal, and does not end with it.
pub(crate) fn apart(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Waits until all of them have ended. Those that left the group by themselves are not known.
///
/// # Errors
/// If the first one can't be waited for.
pub(crate) fn wait(child: &mut Child) -> io::Result<()> {
    child.wait()?;
    #[cfg(unix)]
    while group(child.id()).is_ok_and(is_alive) {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Between looks at whether somebody is left: nothing tells when a group ends.
#[cfg(unix)]
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

#[cfg(unix)]
fn group(process: u32) -> io::Result<rustix::process::Pid> {
    let group = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    group.ok_or_else(|| io::Error::other("its process has no number"))
}

/// Whether somebody of a group runs. Who has ended counts no more, even where nobody has asked how.
#[cfg(unix)]
fn is_alive(group: rustix::process::Pid) -> bool {
    if rustix::process::test_kill_process_group(group) == Err(rustix::io::Errno::SRCH) {
        return false;
    }
    !cfg!(target_os = "linux") || runs_by_proc(group.as_raw_nonzero().get())
}

/// What `/proc` says; that somebody runs where it says nothing.
#[cfg(unix)]
fn runs_by_proc(group: i32) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return true };
    let stats = processes.flatten().filter_map(|one| std::fs::read_to_string(one.path().join("stat")).ok());
    stats.filter_map(|stat| state_and_group(&stat)).any(|(state, of)| of == group && !"ZX".contains(state))
}

/// State and process group in a line of `/proc/*/stat`. The name before them may have any sign in it.
#[cfg(unix)]
fn state_and_group(stat: &str) -> Option<(char, i32)> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.nth(1)?.parse().ok()?))
}

/// Asks all of them to end. That they have ended by themselves is fine.
#[cfg(unix)]
pub(crate) fn end(process: u32) -> io::Result<()> {
    use rustix::process::{Signal, kill_process_group};
    match kill_process_group(group(process)?, Signal::TERM) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
pub(crate) fn end(_: u32) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "games are ended in their own window on this system"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A launcher that ends at once. What it has started runs until its input ends.
    fn launcher() -> (Child, std::process::ChildStdin) {
        let mut command = Command::new("sh");
        command.args(["-c", "exec 3<&0; cat <&3 & exit 0"]);
        apart(&mut command);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("a shell");
        let input = child.stdin.take().expect("a pipe");
        (child, input)
    }

    #[test]
    fn what_a_launcher_has_started_is_waited_for() {
        let (mut child, input) = launcher();
        assert!(child.wait().expect("it ends").success());
        let group = group(child.id()).expect("a group");
        assert!(is_alive(group), "what it has started runs");
        drop(input);
        wait(&mut child).expect("all have ended");
        assert!(!is_alive(group));
    }

    #[test]
    fn what_a_launcher_has_started_is_asked_to_end() {
        let (mut child, _input) = launcher();
        child.wait().expect("it ends");
        end(child.id()).expect("asked");
        wait(&mut child).expect("all have ended");
        end(child.id()).expect("there is nobody left to ask");
    }

    #[test]
    fn names_of_programs_confuse_nobody() {
        assert_eq!(state_and_group("12 (a) Z 1) S 1 77 77 0"), Some(('S', 77)));
        assert_eq!(state_and_group("12 (a"), None);
        assert_eq!(state_and_group("12 (a) S 1"), None);
    }
}
