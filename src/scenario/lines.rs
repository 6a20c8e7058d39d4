//! In which line each key stands.

use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// The line, from 1, of a byte offset.
pub(super) fn line_at(text: &str, offset: usize) -> u64 {
    line_of_byte(text.as_bytes(), offset)
}

/// The same in bytes that need not be text.
pub(super) fn line_of_byte(bytes: &[u8], offset: usize) -> u64 {
    bytes[..offset.min(bytes.len())].split(|&byte| byte == b'\n').count() as u64
}

/// The same as [`by_path`] of a text that was read before.
pub(super) fn of_text(text: &str) -> BTreeMap<String, u64> {
    by_path(text, DeTable::parse_recoverable(text).0.get_ref())
}

/// The line of every key and list item, by its path: `queue[0].patience.mean`.
pub(super) fn by_path(text: &str, root: &DeTable<'_>) -> BTreeMap<String, u64> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1)).collect();
    let line = |offset: usize| starts.partition_point(|&start| start <= offset) as u64;
    let mut lines = BTreeMap::new();
    walk_table(&mut lines, &line, "", root);
    lines
}

fn walk_table(lines: &mut BTreeMap<String, u64>, line: &impl Fn(usize) -> u64, path: &str, table: &DeTable<'_>) {
    for (key, value) in table {
        let path = join(path, key.get_ref());
        lines.insert(path.clone(), line(key.span().start));
        walk_value(lines, line, &path, value.get_ref());
    }
}

fn walk_value(lines: &mut BTreeMap<String, u64>, line: &impl Fn(usize) -> u64, path: &str, value: &DeValue<'_>) {
    match value {
        DeValue::Table(table) => walk_table(lines, line, path, table),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                lines.insert(path.clone(), line(item.span().start));
                walk_value(lines, line, &path, item.get_ref());
            }
        }
        _ => {}
    }
}

/// `path.key`, or `key` at the top.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

/// The line of a path or, where that is not in the text, of what encloses it; 0 if nothing is.
pub(super) fn nearest(lines: &BTreeMap<String, u64>, path: &str) -> u64 {
    let mut path = path;
    loop {
        if let Some(&line) = lines.get(path) {
            return line;
        }
        match path.rfind(['.', '[']) {
            Some(end) => path = &path[..end],
            None => return 0,
        }
    }
}
