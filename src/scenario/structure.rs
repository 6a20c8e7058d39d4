//! Everything wrong with the form of a scenario, at once.
//!
//! serde stops at the first thing it cannot read. So when it has refused a text, the text is held against the JSON Schema of the very types that serde
//! reads: unknown keys, missing keys, wrong types, unknown names, texts without their unit.

use super::types::Document;
use crate::error::Problem;
use serde_json::Value;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

struct Check<'c> {
    schema: &'c Value,
    lines: &'c BTreeMap<String, u64>,
    problems: Vec<Problem>,
}

/// All problems of form, in the order of the text.
pub(super) fn check(root: &DeTable<'_>, lines: &BTreeMap<String, u64>) -> Vec<Problem> {
    let schema = Value::from(schemars::schema_for!(Document));
    let mut check = Check { schema: &schema, lines, problems: Vec::new() };
    check.table("", root, &schema);
    check.problems.sort_by_key(|problem| problem.line);
    check.problems
}

fn names(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_object).map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// The one value allowed, if the schema names one.
fn constant(schema: &Value) -> Option<&str> {
    schema.get("const").and_then(Value::as_str).or_else(|| match schema.get("enum")?.as_array()?.as_slice() {
        [one] => one.as_str(),
        _ => None,
    })
}

impl<'c> Check<'c> {
    fn add(&mut self, path: &str, message: impl Into<String>) -> &mut Problem {
        let line = super::lines::nearest(self.lines, path);
        self.problems.push(Problem::new(message).line(line).key(path));
        self.problems.last_mut().expect("just pushed")
    }

    fn add_nearest(&mut self, path: &str, message: String, wrong: &str, known: &[&str]) {
        let problem = self.add(path, message);
        *problem = problem.clone().nearest(wrong, known.iter().copied());
    }

    /// Follows references.
    fn resolve(&self, schema: &'c Value) -> &'c Value {
        match schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.schema.pointer(pointer).map_or(schema, |target| self.resolve(target)),
            None => schema,
        }
    }

    fn table(&mut self, path: &str, table: &DeTable<'_>, schema: &'c Value) {
        let known = names(schema.get("properties"));
        for (key, value) in table {
            let key = key.get_ref().as_ref();
            let path = super::lines::join(path, key);
            // Where keys are names that a person chooses, only their values have a schema.
            let of_any = schema.get("additionalProperties").filter(|of_any| of_any.is_object());
            match schema.get("properties").and_then(|properties| properties.get(key)).or(of_any) {
                Some(of_key) => self.value(&path, value.get_ref(), of_key),
                None => self.add_nearest(&path, "unknown key".into(), key, &known),
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !table.contains_key(key) {
                self.add(path, format!("the key `{key}` is missing"));
            }
        }
    }

    fn value(&mut self, path: &str, value: &DeValue<'_>, schema: &'c Value) {
        let schema = self.resolve(schema);
        if let Some(options) = schema.get("anyOf").or(schema.get("oneOf")).and_then(Value::as_array) {
            let mut resolved: Vec<&Value> = Vec::new();
            for option in options.iter().map(|option| self.resolve(option)) {
                // What is optional and has several forms is a choice within a choice.
                match option.get("anyOf").and_then(Value::as_array) {
                    Some(inner) => resolved.extend(inner.iter().map(|option| self.resolve(option))),
                    None => resolved.push(option),
                }
            }
            return self.one_of(path, value, &resolved);
        }
        if let Some(names) = schema.get("enum").and_then(Value::as_array) {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            return self.name(path, value, &names);
        }
        match (value, allowed_types(schema).as_slice()) {
            (DeValue::Table(table), types) if types.contains(&"object") => self.table(path, table, schema),
            (DeValue::Array(items), types) if types.contains(&"array") => {
                if let Some(of_item) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.value(&format!("{path}[{index}]"), item.get_ref(), of_item);
                    }
                }
            }
            (DeValue::String(text), types) if types.contains(&"string") => {
                if let Some(Err(why)) = schema.get("format").and_then(Value::as_str).map(|format| super::text::check_format(format, text)) {
                    self.add(path, why);
                }
            }
            (DeValue::Integer(number), types) if types.contains(&"integer") => {
                let number = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok();
                let least = schema.get("minimum").and_then(Value::as_f64);
                match number {
                    None => drop(self.add(path, "the number is too large")),
                    Some(number) if least.is_some_and(|least| (number as f64) < least) => {
                        self.add(path, format!("{number} is too small: expected {} or more", least.unwrap_or(0.0)));
                    }
                    Some(_) => {}
                }
            }
            (DeValue::Integer(_) | DeValue::Float(_), types) if types.contains(&"number") => {}
            (DeValue::Boolean(_), types) if types.contains(&"boolean") => {}
            (other, types) => {
                let example = match schema.get("format").and_then(Value::as_str) {
                    Some("rate") => " with its unit, such as \"90/h\"",
                    Some("interval") => " with its unit, such as \"30m\", or \"none\"",
                    Some("duration" | "signed-duration") => " with its unit, such as \"90s\"",
                    _ => "",
                };
                self.add(
                    path,
                    format!("expected {}{example}, found {}", types.iter().map(|t| plain(t)).collect::<Vec<_>>().join(" or "), kind(other)),
                );
            }
        }
    }

    /// A value that may have several forms: a choice of names, tables told apart by a tag, or different types.
    fn one_of(&mut self, path: &str, value: &DeValue<'_>, options: &[&'c Value]) {
        let constants: Vec<&str> = options.iter().filter_map(|option| constant(option)).collect();
        if !constants.is_empty() && constants.len() == options.len() {
            return self.name(path, value, &constants);
        }
        if let (DeValue::Table(table), Some(tag)) = (value, tag(options)) {
            let tags: Vec<&str> = options.iter().filter_map(|option| constant(option.get("properties")?.get(tag)?)).collect();
            let Some(chosen) = table.get(tag) else {
                self.add_nearest(path, format!("the key `{tag}` is missing"), "", &tags);
                return;
            };
            let chosen_path = super::lines::join(path, tag);
            let DeValue::String(name) = chosen.get_ref() else {
                self.add(&chosen_path, format!("expected a text, found {}", kind(chosen.get_ref())));
                return;
            };
            match options.iter().find(|option| option["properties"][tag].get("const").and_then(Value::as_str) == Some(name)) {
                Some(option) => self.table(path, table, option),
                None => self.add_nearest(&chosen_path, format!("unknown {tag} `{name}`"), name, &tags),
            }
            return;
        }
        let type_name = match value {
            DeValue::Table(_) => "object",
            DeValue::Array(_) => "array",
            DeValue::String(_) => "string",
            DeValue::Integer(_) => "integer",
            DeValue::Float(_) => "number",
            DeValue::Boolean(_) => "boolean",
            DeValue::Datetime(_) => "datetime",
        };
        let fitting = options.iter().find(|option| {
            let types = allowed_types(option);
            types.contains(&type_name)
                || (type_name == "integer" && types.contains(&"number"))
                || (type_name == "object" && (option.get("oneOf").is_some() || option.get("anyOf").is_some()))
        });
        if let Some(option) = fitting {
            self.value(path, value, option);
        } else {
            let mut wanted: Vec<&str> =
                options.iter().flat_map(|option| allowed_types(option)).filter(|t| *t != "null").map(plain).collect();
            wanted.dedup();
            let wanted = if wanted.is_empty() { "a table".to_string() } else { wanted.join(" or ") };
            self.add(path, format!("expected {wanted}, found {}", kind(value)));
        }
    }

    fn name(&mut self, path: &str, value: &DeValue<'_>, known: &[&str]) {
        match value {
            DeValue::String(name) if known.contains(&name.as_ref()) => {}
            DeValue::String(name) => self.add_nearest(path, format!("unknown name `{name}`"), name, known),
            other => drop(self.add(path, format!("expected one of {}, found {}", known.join(", "), kind(other)))),
        }
    }
}

/// The key by whose constant the options differ.
fn tag<'v>(options: &[&'v Value]) -> Option<&'v str> {
    let properties = options.first()?.get("properties")?.as_object()?;
    properties.iter().find(|(_, schema)| constant(schema).is_some()).map(|(key, _)| key.as_str())
}

fn allowed_types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => Vec::new(),
    }
}

fn plain(type_name: &str) -> &str {
    match type_name {
        "object" => "a table",
        "array" => "a list",
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        other => other,
    }
}

fn kind(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text \"{text}\""),
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => format!("the date {date}: put it in quotes"),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}
