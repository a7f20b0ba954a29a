//! Files with a temporary name until they are complete. All of them are known to the process, so that a signal can remove them: a process
//! that a signal ends drops nothing.

use {
    std::{
        collections::BTreeSet,
        fs::{self, File},
        io::{self, Write},
        path::{Path, PathBuf},
        sync::{Mutex, MutexGuard, PoisonError},
    },
    tempfile::NamedTempFile,
};

/// The paths of all temporary files of this process.
static FILES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Holds back [`remove_all`], and whatever makes, names or drops a temporary file, as long as it lives.
pub struct Held(MutexGuard<'static, BTreeSet<PathBuf>>);

/// Waits for those who hold the files, and holds them.
#[must_use]
pub fn hold() -> Held {
    Held(FILES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Removes all temporary files of this process. As long as the result lives no further one is made.
#[must_use]
pub fn remove_all() -> Held {
    let mut held = hold();
    for path in std::mem::take(&mut *held.0) {
        // It may be gone.
        let _ = fs::remove_file(path);
    }
    held
}

/// A file that is removed when it is dropped, unless it has been given its name; its owner alone can read it. It must not be dropped by a thread
/// that has [`Held`], because dropping it takes that too.
pub struct Temporary(Option<NamedTempFile>);

impl Temporary {
    /// Makes one in a directory.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new_in(directory: &Path) -> io::Result<Self> {
        let mut held = hold();
        let file = NamedTempFile::new_in(directory)?;
        held.0.insert(file.path().into());
        Ok(Self(Some(file)))
    }

    /// Writes everything to the disk.
    ///
    /// # Errors
    /// Those of the system.
    pub fn sync(&self) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |file| file.as_file().sync_all())
    }

    /// Gives it its name, in place of a file that has the name.
    ///
    /// # Errors
    /// Those of the system; the file is removed then.
    pub fn persist(self, path: &Path) -> io::Result<File> {
        self.persist_held(path, &mut hold())
    }

    /// The same, where the files are held already: several get their names, and no signal comes in between.
    ///
    /// # Errors
    /// Those of the system; the file is removed then.
    pub fn persist_held(self, path: &Path, held: &mut Held) -> io::Result<File> {
        self.named(held, |file| file.persist(path).map_err(|error| error.error))
    }

    /// Gives it its name, unless a file has the name.
    ///
    /// # Errors
    /// Those of the system; the file is removed then.
    pub fn persist_new(self, path: &Path) -> io::Result<File> {
        self.named(&mut hold(), |file| file.persist_noclobber(path).map_err(|error| error.error))
    }

    fn named(mut self, held: &mut Held, name: impl FnOnce(NamedTempFile) -> io::Result<File>) -> io::Result<File> {
        let file = self.0.take().ok_or(io::ErrorKind::NotFound)?;
        held.0.remove(file.path());
        name(file)
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let Some(file) = self.0.take() else { return };
        hold().0.remove(file.path());
        drop(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test: the files are the process's.
    #[test]
    fn files_are_dropped_named_or_removed_all_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        drop(Temporary::new_in(directory.path()).unwrap());
        assert!(names().is_empty());
        let mut file = Temporary::new_in(directory.path()).unwrap();
        file.write_all(b"text").unwrap();
        file.persist(&directory.path().join("a")).unwrap();
        let second = Temporary::new_in(directory.path()).unwrap();
        let error = second.persist_new(&directory.path().join("a")).unwrap_err();
        assert_eq!((error.kind(), names()), (io::ErrorKind::AlreadyExists, vec!["a".into()]));

        let open = [Temporary::new_in(directory.path()).unwrap(), Temporary::new_in(directory.path()).unwrap()];
        assert_eq!(names().len(), 3);
        drop(remove_all());
        assert_eq!((names(), fs::read(directory.path().join("a")).unwrap()), (vec!["a".into()], b"text".to_vec()));
        drop(open);
    }
}
