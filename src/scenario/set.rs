//! Changing single values of a scenario by name: `agents.senior.count`.

use super::Scenario;
use crate::error::{Error, Problem};
use toml_edit::{DocumentMut, Item, TableLike, Value};

impl Scenario {
    /// The same scenario with another value at a key.
    ///
    /// A key is a path of names with dots between them. Where the scenario has a list of tables, the name of one follows: of a queue, a source or
    /// a routing profile its own, of agents that of their profile, of a profile's entry that of its queue; or its place, from 0. `profile` will do
    /// for `routing_profile`, and an entry may follow a profile directly: `profile.senior.savings.delay`. Names with dots stand in quotes.
    ///
    /// The value is read as what the key had before (a text, a number), or else as TOML.
    ///
    /// ```
    /// use waitline::Scenario;
    /// let scenario = Scenario::open("scenarios/savings-overflow.toml")?;
    /// let more = scenario.set("agents.senior.count", "8")?.set("profile.senior.savings.delay", "30s")?;
    /// assert_eq!(more.document().agents[1].count, Some(8));
    /// assert_eq!(more.compile()?.agents.len(), 15);
    /// let error = scenario.set("agents.senoir.count", "8").unwrap_err();
    /// assert!(error.to_string().contains("did you mean `senior`?"));
    /// # Ok::<(), waitline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such key, the scenario would no longer have the form of one, or a file that it then names cannot be read.
    pub fn set(&self, path: &str, value: &str) -> Result<Scenario, Error> {
        let wrong = |problem: Problem| Error::input(vec![problem.key(path)]);
        let mut document: DocumentMut =
            self.text.parse().map_err(|error: toml_edit::TomlError| wrong(Problem::new(error.message().to_string())))?;
        let segments = segments(path).map_err(|why| wrong(Problem::new(why)))?;
        // Rules have defaults, so that most scenarios have no table for them.
        if segments[0] == "policy" && segments.len() > 1 {
            document.entry("policy").or_insert_with(toml_edit::table);
        }
        let path_names: Vec<&str> = segments.iter().map(String::as_str).collect();
        set(document.as_table_mut(), &path_names, value).map_err(wrong)?;
        let mut changed = Scenario::read(&document.to_string(), &self.file)?;
        let kept: Vec<String> = changed.files().into_iter().map(|(_, name)| name.to_string()).collect();
        changed.attached =
            self.attached.iter().filter(|(name, _)| kept.contains(name)).map(|(name, file)| (name.clone(), file.clone())).collect();
        changed.folder.clone_from(&self.folder);
        changed.read_files()?;
        Ok(changed)
    }
}

/// The names of a path; those in quotes may hold dots.
fn segments(path: &str) -> Result<Vec<String>, String> {
    let (mut segments, mut quoted) = (vec![String::new()], false);
    for letter in path.trim().chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => segments.push(String::new()),
            letter => segments.last_mut().into_iter().for_each(|segment| segment.push(letter)),
        }
    }
    if quoted || segments.iter().any(|segment| segment.trim().is_empty()) {
        return Err(format!("`{path}` is no key: expected such as agents.senior.count"));
    }
    Ok(segments)
}

fn set(table: &mut dyn TableLike, path: &[&str], value: &str) -> Result<(), Problem> {
    let Some((&first, rest)) = path.split_first() else { return Err(Problem::new("the key ends where a value was expected")) };
    let key = if first == "profile" && table.contains_key("routing_profile") && !table.contains_key("profile") {
        "routing_profile"
    } else {
        first
    };
    if rest.is_empty() {
        return assign(table, key, value);
    }
    if table.contains_key("queues") && !table.contains_key(key) {
        // An entry of a routing profile, named directly.
        return set(table, &[&["queues"], path].concat(), value);
    }
    let known: Vec<String> = table.iter().map(|(key, _)| key.to_string()).collect();
    let Some(item) = table.get_mut(key) else {
        return Err(Problem::new(format!("there is no `{key}`")).nearest(key, known.iter().map(String::as_str)));
    };
    match item {
        Item::ArrayOfTables(tables) => {
            let names: Vec<String> = tables.iter().map(|table| name_of(table)).collect();
            match tables.get_mut(place(key, rest[0], &names)?) {
                Some(table) => set(table, &rest[1..], value),
                None => Err(Problem::new(format!("there is no `{}`", rest[0]))),
            }
        }
        Item::Value(Value::Array(array)) => {
            let names: Vec<String> =
                array.iter().map(|item| item.as_inline_table().map(|table| name_of(table)).unwrap_or_default()).collect();
            match array.get_mut(place(key, rest[0], &names)?) {
                Some(Value::InlineTable(table)) => set(table, &rest[1..], value),
                _ => Err(Problem::new(format!("`{}` has no keys", rest[0]))),
            }
        }
        other => match other.as_table_like_mut() {
            Some(table) => set(table, rest, value),
            None => Err(Problem::new(format!("`{key}` is a single value: there is no `{}` in it", rest[0]))),
        },
    }
}

/// What a table in a list is called.
fn name_of(table: &dyn TableLike) -> String {
    let text = |key| table.get(key).and_then(Item::as_str).map(String::from);
    text("name").or_else(|| text("routing_profile")).or_else(|| text("queue")).unwrap_or_default()
}

fn place(list: &str, name: &str, names: &[String]) -> Result<usize, Problem> {
    let mut found = names.iter().enumerate().filter(|(_, other)| *other == name).map(|(place, _)| place);
    match (found.next(), found.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => {
            Err(Problem::new(format!("there are several `{name}` among `{list}`: give the place of one instead, 0 being the first of all")))
        }
        (None, _) => match name.parse::<usize>() {
            Ok(place) if place < names.len() => Ok(place),
            _ => Err(Problem::new(format!("there is no `{name}` among `{list}`")).nearest(name, names.iter().map(String::as_str))),
        },
    }
}

fn assign(table: &mut dyn TableLike, key: &str, text: &str) -> Result<(), Problem> {
    let text = text.trim();
    let before = table.get(key);
    if before.is_some_and(|item| item.is_array_of_tables() || item.as_table().is_some()) {
        return Err(Problem::new(format!("`{key}` holds tables, not a value")));
    }
    let was_text = before.is_some_and(Item::is_str);
    let decor = before.and_then(Item::as_value).map(|value| value.decor().clone());
    let read: Option<Value> = if was_text && !text.starts_with(['"', '\'']) { None } else { text.parse().ok() };
    // A date, which TOML would make of some texts, is nothing that a scenario has.
    let mut value = read.filter(|value| !value.is_datetime()).unwrap_or_else(|| Value::from(text));
    if let Some(decor) = decor {
        *value.decor_mut() = decor;
    }
    table.insert(key, Item::Value(value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# A comment.
version = 1
name = "small"
[run]
horizon = "8h"
[[queue]]
name = "a.b"
service_level = { within = "30s", target = 0.8 } # stays
handle_time = { distribution = "exponential", mean = "5m" }
[[queue]]
name = "c"
handle_time = { distribution = "exponential", mean = "5m" }
[[routing_profile]]
name = "all"
queues = [{ queue = "a.b", priority = 1 }, { queue = "c", priority = 2, delay = "5s" }]
[[agents]]
routing_profile = "all"
count = 2
[[agents]]
routing_profile = "all"
staffing = [1, 2]
[[source]]
name = "calls"
queue = "c"
arrivals = { process = "poisson", rate = "90/h" }
"#;

    fn with(path: &str, value: &str) -> Result<String, String> {
        let scenario: Scenario = TEXT.parse().unwrap();
        scenario.set(path, value).map(|scenario| scenario.text().to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_set_where_they_stand() {
        for (path, value, from, to) in [
            ("run.horizon", "9h", "horizon = \"8h\"", "horizon = \"9h\""),
            ("queue.\"a.b\".service_level.target", "0.9", "target = 0.8 } # stays", "target = 0.9 } # stays"),
            ("profile.all.c.delay", "10s", "delay = \"5s\"", "delay = \"10s\""),
            ("routing_profile.all.queues.c.priority", "3", "priority = 2", "priority = 3"),
            ("agents.0.count", "7", "count = 2", "count = 7"),
            ("agents.1.staffing", "[3, 4]", "staffing = [1, 2]", "staffing = [3, 4]"),
            ("source.calls.arrivals.rate", "80/h", "\"90/h\"", "\"80/h\""),
        ] {
            assert_eq!(with(path, value), Ok(TEXT.replace(from, to)), "{path}");
        }
        // What was not there is added.
        assert!(
            with("profile.all.\"a.b\".delay", "15s").unwrap().contains("{ queue = \"a.b\", priority = 1 , delay = \"15s\" }")
                || with("profile.all.\"a.b\".delay", "15s").unwrap().contains("priority = 1, delay = \"15s\" }")
        );
        assert!(with("policy.contact", "weighted").unwrap().ends_with("[policy]\ncontact = \"weighted\"\n"));
        assert!(with("run.replications", "5").unwrap().contains("replications = 5\n"));
        assert!(with("agents.0.absence", "8%").unwrap().contains("absence = \"8%\"\n"));
    }

    #[test]
    fn what_is_not_there_is_named() {
        for (path, value, why) in [
            ("agents.all.count", "7", "several `all`"),
            ("queue.dddd.name", "x", "there is no `dddd` among `queue`; known: a.b, c"),
            ("sorce.calls.queue", "x", "did you mean `source`?"),
            ("run.horizon.more", "x", "single value"),
            ("run.horizn", "9h", "unknown key; did you mean `horizon`?"),
            ("run.horizon", "9", "the unit is missing"),
            ("agents", "3", "holds tables"),
            ("run..horizon", "3", "is no key"),
            ("agents.0.count", "many", "expected a whole number"),
        ] {
            let error = with(path, value).unwrap_err();
            assert!(error.contains(why), "{path}: {error}");
        }
    }
}
