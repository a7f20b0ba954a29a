//! The output directory: a file appears complete or not at all, and a directory has the files of one command's one call.

use {
    super::{CSV_FILES, pictures, tampering},
    campus_energy_department::{
        record::{ACCOUNTS, TRANSACTIONS},
        temporary::{self, Temporary},
    },
    std::{
        fs,
        io::{BufWriter, Write},
        path::{Path, PathBuf},
    },
    thiserror::Error,
};

/// Why an output directory cannot be used.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum OutputError {
    /// A file cannot be written: which, and why.
    #[error("{path}: {reason}; --out takes a directory that can be written")]
    Unwritable {
        /// The file or directory.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The directory has files of something else, which would be mixed with those of this command.
    #[error("{directory} has {there}; give another directory with --out")]
    Taken {
        /// The directory.
        directory: String,
        /// What is there, and the file that shows it.
        there: String,
    },
}

impl OutputError {
    /// A file or directory that cannot be written.
    pub fn new(path: &Path, reason: &impl ToString) -> Self {
        Self::Unwritable { path: path.display().to_string(), reason: reason.to_string() }
    }
}

/// Which command's files a directory has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Those of `sim-cli run`.
    Run,
    /// Those of `sim-cli simulate`.
    Simulation,
}

impl Contents {
    const ALL: [Self; 2] = [Self::Run, Self::Simulation];

    /// What they are called in a sentence.
    const fn text(self) -> &'static str {
        match self {
            Self::Run => "the files of a run",
            Self::Simulation => "the files of `sim-cli simulate`",
        }
    }

    /// The file with the inputs, by which the others are known.
    #[must_use]
    pub const fn manifest(self) -> &'static str {
        match self {
            Self::Run => "manifest.json",
            Self::Simulation => "simulation.json",
        }
    }

    /// All files that the command may write.
    fn names(self) -> Vec<String> {
        match self {
            Self::Run => {
                let others = [TRANSACTIONS, ACCOUNTS, "summary.json", "report.html", self.manifest()];
                let tampered = [tampering::TRUTH, tampering::REFUSALS];
                let names = CSV_FILES.into_iter().chain(others).chain(tampered).chain(pictures::file_names());
                names.map(String::from).collect()
            }
            Self::Simulation => {
                let series = ["csv", "ndjson", "parquet"].into_iter();
                let names = series.flat_map(|format| ["array", "readings"].map(|name| format!("{name}.{format}")));
                names.chain([self.manifest().into()]).collect()
            }
        }
    }
}

/// Files of one call of a command, under temporary names until [`Output::finish`].
pub struct Output {
    directory: PathBuf,
    contents: Contents,
    finished: Vec<(Temporary, PathBuf)>,
}

impl Output {
    /// Opens a directory, which is created if need be. Files of an earlier call of the same command are replaced.
    ///
    /// # Errors
    /// [`OutputError::Taken`] where it has files of another command, or files of these names that no command's manifest is beside;
    /// [`OutputError::Unwritable`].
    pub fn create(directory: &Path, contents: Contents) -> Result<Self, OutputError> {
        let taken = |there: String| OutputError::Taken { directory: directory.display().to_string(), there };
        let is_there = |name: &str| directory.join(name).exists();
        if let Some(other) = Contents::ALL.into_iter().find(|other| *other != contents && is_there(other.manifest())) {
            return Err(taken(format!("{} ({})", other.text(), other.manifest())));
        }
        if !is_there(contents.manifest())
            && let Some(name) = contents.names().iter().find(|name| is_there(name))
        {
            return Err(taken(format!("{name}, which would be overwritten, and no {}", contents.manifest())));
        }
        // No file takes the name of a directory: that is known before an hour of work, too.
        if let Some(name) = contents.names().iter().find(|name| directory.join(name).is_dir()) {
            return Err(OutputError::new(&directory.join(name), &std::io::ErrorKind::IsADirectory));
        }
        fs::create_dir_all(directory).map_err(|error| OutputError::new(directory, &error))?;
        // Whether files can be made there is known before an hour of work.
        Temporary::new_in(directory).map_err(|error| OutputError::new(directory, &error))?;
        Ok(Self { directory: directory.to_path_buf(), contents, finished: Vec::new() })
    }

    /// Begins a file.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn begin(&self, name: &str) -> Result<OpenFile, OutputError> {
        let path = self.directory.join(name);
        let file = Temporary::new_in(&self.directory).map_err(|error| OutputError::new(&path, &error))?;
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

    /// Gives all files their names. Files of an earlier call with other inputs that are not among them are removed: charts that this call
    /// does not have, another format. After an error no file of this call is left, and no manifest: half a call is not taken for a whole one.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn finish(self) -> Result<(), OutputError> {
        // Declared before `held`: what is left of them after an error is dropped when nothing is held any more.
        let mut files = self.finished;
        let manifest = self.directory.join(self.contents.manifest());
        let before = fs::read(&manifest).ok();
        // First the manifest, by which the others are known; and no signal comes in between.
        files.sort_by_key(|(_, path)| *path == manifest);
        let mut held = temporary::hold();
        let mut written: Vec<PathBuf> = Vec::with_capacity(files.len());
        while let Some((file, path)) = files.pop() {
            let named = file.persist_held(&path, &mut held);
            if named.is_ok() {
                written.push(path.clone());
            }
            if let Err(error) = named.and_then(|file| readable(&file)) {
                // The manifest goes last: until then the others are known by it. What cannot be removed is no worse than the error.
                for path in written.iter().rev() {
                    let _ = fs::remove_file(path);
                }
                return Err(OutputError::new(&path, &error));
            }
        }
        if before.is_some() && before != fs::read(&manifest).ok() {
            let all = self.contents.names().into_iter().map(|name| self.directory.join(name));
            for path in all.filter(|path| !written.contains(path) && path.exists()) {
                fs::remove_file(&path).map_err(|error| OutputError::new(&path, &error))?;
            }
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
    writer: BufWriter<Temporary>,
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

    fn written(directory: &Path, contents: Contents, files: &[(&str, &str)]) -> Result<(), OutputError> {
        let mut output = Output::create(directory, contents)?;
        files.iter().try_for_each(|(name, text)| output.write(name, text.as_bytes()))?;
        output.finish()
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let mut output = Output::create(directory.path(), Contents::Run).unwrap();
        output.write("summary.json", b"{}").unwrap();
        assert!(!directory.path().join("summary.json").exists());
        drop(output);
        assert_eq!(names(directory.path()), [""; 0], "an abandoned run leaves nothing");

        written(directory.path(), Contents::Run, &[("summary.json", "{}")]).unwrap();
        assert_eq!(names(directory.path()), ["summary.json"]);
        assert_eq!(fs::read(directory.path().join("summary.json")).unwrap(), b"{}");
    }

    /// What a command does not write this time, and wrote with other inputs, would be taken for this time's.
    #[test]
    fn an_earlier_call_is_replaced_as_a_whole_and_nothing_else_is_touched() {
        let directory = tempfile::tempdir().unwrap();
        let write = |files: &[(&str, &str)]| written(directory.path(), Contents::Run, files).unwrap();
        write(&[("manifest.json", "1"), ("truth.csv", "1"), ("storage.svg", "1"), ("readings.csv", "1")]);
        fs::write(directory.path().join("notes.txt"), "mine").unwrap();
        write(&[("manifest.json", "1"), ("readings.csv", "1")]);
        assert_eq!(names(directory.path()).len(), 5, "the same inputs: the files are as right as before");
        write(&[("manifest.json", "2"), ("readings.csv", "2")]);
        assert_eq!(names(directory.path()), ["manifest.json", "notes.txt", "readings.csv"]);
    }

    /// A directory in the way of the last file: the manifest, which got its name first, does not stay.
    #[test]
    fn a_call_that_fails_at_the_end_leaves_no_manifest_and_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let mut output = Output::create(path, Contents::Run).unwrap();
        for name in ["readings.csv", "trades.csv", "manifest.json", "summary.json"] {
            output.write(name, b"1").unwrap();
        }
        fs::create_dir(path.join("readings.csv")).unwrap();
        let Err(OutputError::Unwritable { path: named, .. }) = output.finish() else { panic!("no file replaces it") };
        assert_eq!(named, path.join("readings.csv").display().to_string());
        assert_eq!(names(path), ["readings.csv"], "the directory that is in the way");
    }

    #[test]
    fn a_directory_in_the_way_of_a_file_is_told_before_the_work() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        written(path, Contents::Run, &[("manifest.json", "{}")]).unwrap();
        fs::create_dir(path.join("report.html")).unwrap();
        let error = Output::create(path, Contents::Run).err().unwrap();
        let named = path.join("report.html").display().to_string();
        assert_eq!(error.to_string(), format!("{named}: is a directory; --out takes a directory that can be written"));
        assert_eq!(names(path), ["manifest.json", "report.html"]);
    }

    #[test]
    fn files_of_another_command_are_named_and_stay() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let there = |contents| match Output::create(path, contents) {
            Err(OutputError::Taken { there, directory }) => {
                assert_eq!(directory, path.display().to_string());
                there
            }
            other => panic!("{:?}", other.err()),
        };
        fs::write(path.join("readings.csv"), "mine").unwrap();
        assert_eq!(there(Contents::Run), "readings.csv, which would be overwritten, and no manifest.json");
        assert_eq!(there(Contents::Simulation), "readings.csv, which would be overwritten, and no simulation.json");
        fs::write(path.join("manifest.json"), "{}").unwrap();
        assert_eq!(there(Contents::Simulation), "the files of a run (manifest.json)");
        fs::rename(path.join("manifest.json"), path.join("simulation.json")).unwrap();
        assert_eq!(there(Contents::Run), "the files of `sim-cli simulate` (simulation.json)");
        assert_eq!(names(path), ["readings.csv", "simulation.json"]);
    }

    #[test]
    fn a_file_in_the_way_is_one_clear_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let Err(error) = Output::create(file.path(), Contents::Run) else { panic!("a file is no directory") };
        let text = error.to_string();
        assert!(text.starts_with(&file.path().display().to_string()), "{text}");
        assert!(text.ends_with("--out takes a directory that can be written"), "{text}");
    }
}
