//! Reading a scenario and the files that it names from disk.

use super::Scenario;
use crate::error::{Error, ErrorKind, Problem};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest file that is read: 256 MiB.
pub(super) const FILE_BYTES_MAX: u64 = 256 << 20;

impl Scenario {
    /// Reads a scenario and every file that it names, relative to its folder.
    ///
    /// # Errors
    /// Files that cannot be read or are larger than 256 MiB; a scenario that is not UTF-8; all that parsing finds.
    pub fn open(path: impl AsRef<Path>) -> Result<Scenario, Error> {
        let path = path.as_ref();
        let file = path.display().to_string();
        let bytes = read(path).map_err(|why| Error::new(ErrorKind::Io, Problem::new(why).file(file.as_str())))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = super::lines::line_of_byte(error.as_bytes(), error.utf8_error().valid_up_to());
                return Err(Error::input(vec![Problem::new("not UTF-8 text").file(file).line(line)]));
            }
        };
        let mut scenario = Scenario::read(text.strip_prefix('\u{feff}').unwrap_or(&text), &file)?;
        scenario.folder = Some(path.parent().unwrap_or(Path::new("")).to_path_buf());
        scenario.read_files()?;
        Ok(scenario)
    }

    /// The files that it was read from: its own and those that it names. Empty if it was not opened from a file.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let named = self.files().into_iter().map(|(_, name)| folder.join(name));
        [PathBuf::from(&self.file)].into_iter().chain(named).collect()
    }

    /// Reads every file that it names and does not have yet, if it knows its folder.
    pub(super) fn read_files(&mut self) -> Result<(), Error> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let mut problems = Vec::new();
        let named: Vec<(String, String)> = self.files().into_iter().map(|(key, file)| (key, file.to_string())).collect();
        for (key, name) in named {
            if self.attached(&name).is_none() {
                match read(&folder.join(&name)) {
                    Ok(content) => self.attach(&name, content),
                    Err(why) => problems.push(self.problem(&key, format!("{}: {why}", folder.join(&name).display()))),
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::input(problems)) }
    }
}

/// The bytes of a file, of which there may be so many only: a device gives them without end.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err("larger than 256 MiB, the most that is read".into());
    }
    Ok(bytes)
}
