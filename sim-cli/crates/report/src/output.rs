//! The output directory: a file appears complete or not at all.

use {
    std::{
        fs,
        io::{BufWriter, Write},
        path::{Path, PathBuf},
    },
    tempfile::NamedTempFile,
    thiserror::Error,
};

/// A file cannot be written: which, and why.
#[derive(Debug, Error)]
#[error("{path}: {reason}; --out takes a directory that can be written")]
pub struct OutputError {
    path: String,
    reason: String,
}

impl OutputError {
    /// A file or directory that cannot be written.
    pub fn new(path: &Path, reason: &impl ToString) -> Self {
        Self { path: path.display().to_string(), reason: reason.to_string() }
    }
}

/// Files of one run, under temporary names until [`Output::finish`].
pub struct Output {
    directory: PathBuf,
    finished: Vec<(NamedTempFile, PathBuf)>,
}

impl Output {
    /// Opens a directory, which is created if need be.
    ///
    /// # Errors
    /// [`OutputError`] where it cannot be written.
    pub fn create(directory: &Path) -> Result<Self, OutputError> {
        fs::create_dir_all(directory).map_err(|error| OutputError::new(directory, &error))?;
        // Whether files can be made there is known before an hour of work.
        NamedTempFile::new_in(directory).map_err(|error| OutputError::new(directory, &error))?;
        Ok(Self { directory: directory.to_path_buf(), finished: Vec::new() })
    }

    /// Begins a file.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn begin(&self, name: &str) -> Result<OpenFile, OutputError> {
        let path = self.directory.join(name);
        let file = NamedTempFile::new_in(&self.directory).map_err(|error| OutputError::new(&path, &error))?;
        Ok(OpenFile { writer: BufWriter::new(file), path })
    }

    /// Takes a complete file.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn end(&mut self, file: OpenFile) -> Result<(), OutputError> {
        let OpenFile { writer, path } = file;
        let file = writer.into_inner().map_err(|error| OutputError::new(&path, &error))?;
        self.finished.push((file, path));
        Ok(())
    }

    /// Writes a file at once.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<(), OutputError> {
        let mut file = self.begin(name)?;
        file.write_all(content).map_err(|error| OutputError::new(&file.path, &error))?;
        self.end(file)
    }

    /// An error of a file of this name.
    #[must_use]
    pub fn failed(&self, name: &str, reason: &impl ToString) -> OutputError {
        OutputError::new(&self.directory.join(name), reason)
    }

    /// Gives all files their names.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn finish(self) -> Result<(), OutputError> {
        for (file, path) in self.finished {
            let file = file.persist(&path).map_err(|error| OutputError::new(&path, &error.error))?;
            readable(&file).map_err(|error| OutputError::new(&path, &error))?;
        }
        Ok(())
    }
}

/// Temporary files are the owner's alone; results are for all to read.
#[cfg(unix)]
fn readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// A file that is being written.
pub struct OpenFile {
    writer: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl Write for OpenFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_appear_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(directory.path()).unwrap().count();
        let mut output = Output::create(directory.path()).unwrap();
        output.write("a.json", b"{}").unwrap();
        assert!(!directory.path().join("a.json").exists());
        drop(output);
        assert_eq!(names(), 0, "an abandoned run leaves nothing");

        let mut output = Output::create(directory.path()).unwrap();
        output.write("a.json", b"{}").unwrap();
        output.finish().unwrap();
        assert_eq!((names(), fs::read(directory.path().join("a.json")).unwrap()), (1, b"{}".to_vec()));
    }

    #[test]
    fn a_file_in_the_way_is_one_clear_line() {
        let file = NamedTempFile::new().unwrap();
        let Err(error) = Output::create(file.path()) else { panic!("a file is no directory") };
        let text = error.to_string();
        assert!(text.starts_with(&file.path().display().to_string()), "{text}");
        assert!(text.ends_with("--out takes a directory that can be written"), "{text}");
    }
}
