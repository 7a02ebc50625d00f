//! A few open files, kept because neighbouring requests tend to hit the same ones.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// Enough for the requests that are in flight at once, few enough for a process limit of 1,024 descriptors.
const OPEN_FILES: usize = 32;

/// The files used last, the newest at the end. `T` is the kind of handle.
pub(super) struct Handles<T: ?Sized>(Mutex<Vec<(usize, Arc<T>)>>);

impl<T: ?Sized> Handles<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::with_capacity(OPEN_FILES)))
    }

    /// The handle of `file`, opened by `open` if it is not at hand. Opening holds no lock.
    pub(super) fn get(&self, file: usize, open: impl FnOnce() -> io::Result<Box<T>>) -> io::Result<Arc<T>> {
        if let Some(handle) = self.touch(file) {
            return Ok(handle);
        }
        let handle: Arc<T> = open()?.into();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() == OPEN_FILES {
            open.remove(0);
        }
        open.push((file, handle.clone()));
        Ok(handle)
    }

    fn touch(&self, file: usize) -> Option<Arc<T>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().rposition(|(f, _)| *f == file)?;
        open[at..].rotate_left(1);
        open.last().map(|(_, handle)| handle.clone())
    }

    /// Closes them all.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
