//! Work inside a network namespace.

use std::{fs::File, io, path::Path, thread};

use nix::sched::{CloneFlags, setns};

/// Does `work` on a thread of its own inside the namespace that `ip netns` calls so. Sockets and devices that it makes stay
/// there wherever they are used.
pub(crate) fn inside<T: Send>(namespace: &str, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let file = File::open(Path::new("/run/netns").join(namespace))?;
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            setns(&file, CloneFlags::CLONE_NEWNET)?;
            work()
        });
        worker.join().unwrap_or_else(|_| Err(io::Error::other("the work in the namespace panicked")))
    })
}
