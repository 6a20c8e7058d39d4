//! Files and standard output.

use super::emit;
use crate::error::{Error, ErrorKind, Problem};
use crate::scenario::read_file;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(super) type Writer = Box<dyn Write>;

pub(super) fn is_stdout(file: &Path) -> bool {
    file.as_os_str() == "-"
}

pub(super) fn open(file: &Path) -> Result<Writer, Error> {
    if is_stdout(file) {
        return Ok(Box::new(io::stdout()));
    }
    Ok(Box::new(File::create(file).map_err(|error| io_error(&file.display().to_string(), &error))?))
}

/// The error for a file that cannot be read or written.
pub(super) fn io_error(file: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, Problem::new(error.to_string()).file(file))
}

/// The text of a file.
pub(super) fn read(file: &Path) -> Result<String, Error> {
    let wrong = |why: String| Error::new(ErrorKind::Io, Problem::new(why).file(file.display().to_string()));
    String::from_utf8(read_file(file).map_err(wrong)?).map_err(|_| wrong("not UTF-8 text".into()))
}

/// How to write a report that is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TextOrJson {
    /// Tables and sentences for people
    Text,
    /// One object
    Json,
}

/// A report as JSON.
pub(super) fn json(report: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(report).map_err(|error| io_error("the report", &error.into()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Where a report goes: standard output, or a file that is known to be writable before the work begins and keeps its content until the work
/// is done.
pub(super) struct Output {
    to: Option<(PathBuf, File)>,
    /// It was not there before.
    new: bool,
}

/// What was never written leaves no empty file behind, which could be taken for a result.
impl Drop for Output {
    fn drop(&mut self) {
        if let Some((name, _)) = self.to.take().filter(|_| self.new) {
            let _ = std::fs::remove_file(name);
        }
    }
}

impl Output {
    pub(super) fn reserve(name: Option<&Path>) -> Result<Output, Error> {
        let Some(name) = name.filter(|name| !is_stdout(name)) else { return Ok(Output { to: None, new: false }) };
        let new = !name.exists();
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(name)
            .map_err(|error| io_error(&name.display().to_string(), &error))?;
        Ok(Output { to: Some((name.into(), file)), new })
    }

    pub(super) fn is_stdout(&self) -> bool {
        self.to.is_none()
    }

    pub(super) fn write(mut self, text: &[u8]) -> Result<(), Error> {
        let Some((name, mut file)) = self.to.take() else { return emit(&String::from_utf8_lossy(text)) };
        let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let cut = if regular { file.set_len(0) } else { Ok(()) };
        let written = cut.and_then(|()| file.write_all(text)).and_then(|()| if regular { file.sync_all() } else { Ok(()) });
        written.map_err(|error| io_error(&name.display().to_string(), &error))
    }
}

/// Two kinds of output in one file would be neither, and what was read must still be there afterwards.
pub(super) fn different_files(inputs: &[PathBuf], outputs: &[(&str, Option<&Path>)]) -> Result<(), Error> {
    let inputs: Vec<PathBuf> = inputs.iter().filter_map(|file| identity(file)).collect();
    let mut seen: Vec<(&str, PathBuf)> = Vec::new();
    for (option, file) in outputs.iter().filter_map(|(option, file)| Some((*option, (*file)?))) {
        let refused = |message: String| Err(Error::input(vec![Problem::new(message).file(file.display().to_string())]));
        let Some(this) = identity(file) else { continue };
        if inputs.contains(&this) {
            return refused(format!("{option} would overwrite this file, which is read; name another"));
        }
        if let Some((other, _)) = seen.iter().find(|(_, other)| *other == this) {
            return refused(format!("{other} and {option} both name this file; give each its own"));
        }
        seen.push((option, this));
    }
    Ok(())
}

/// The one path of a file that is there or could be, however it is spelt; `None` for a device, which loses nothing by being written to.
fn identity(file: &Path) -> Option<PathBuf> {
    if is_stdout(file) {
        return Some(file.into());
    }
    if let Ok(path) = file.canonicalize() {
        return path.is_file().then_some(path);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().unwrap_or(folder.into()).join(file.file_name()?))
}

/// Whether anybody still reads: a closed pipe is no error.
pub(super) fn quietly(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}
