//! What each scenario measures and what it doesn't, in the words of its function's comment, for the report.
//!
//! The comment is where whoever writes a scenario has to say so. It is found in the sources, which are part of the program:
//! the catalogue names the function after the scenario's name, and the comment stands above the function.

/// The modules of `scenarios/` with their sources.
const MODULES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The catalogue.
const CATALOGUE: &str = include_str!("scenarios.rs");

/// The paragraphs of the comment on that scenario; none for a name that the catalogue hasn't.
pub(crate) fn scenario(name: &str) -> Vec<String> {
    let found = function(CATALOGUE, name).and_then(|(module, function)| {
        let (_, source) = MODULES.iter().find(|(known, _)| *known == module)?;
        comment(source, function)
    });
    found.unwrap_or_default()
}

/// The function that the catalogue names after that name, with its module.
fn function<'a>(catalogue: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let entry = catalogue.split("Scenario::").find(|entry| {
        let arguments = entry.split_once('(').map_or("", |(_, arguments)| arguments.trim_start());
        arguments.strip_prefix('"').and_then(|text| text.strip_prefix(name)).is_some_and(|rest| rest.starts_with('"'))
    })?;
    let paths = entry.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    let mut paths = paths.filter_map(|path| path.split_once("::"));
    paths.find(|(module, _)| MODULES.iter().any(|(known, _)| known == module))
}

/// The comment above `function` in `source`, as paragraphs.
fn comment(source: &str, function: &str) -> Option<Vec<String>> {
    let head = format!("fn {function}(");
    let lines: Vec<&str> = source.lines().collect();
    let at = lines.iter().position(|line| line.contains(&head))?;
    let above = lines[..at].iter().rposition(|line| !line.starts_with("///") && !line.starts_with("#["));
    let comment = lines[above.map_or(0, |line| line + 1)..at].iter();
    let comment: Vec<&str> = comment.filter_map(|line| line.strip_prefix("///")).map(str::trim).collect();
    let paragraphs = comment.split(|line| line.is_empty()).map(|lines| lines.join(" "));
    Some(paragraphs.filter(|paragraph| !paragraph.is_empty()).collect())
}

#[cfg(test)]
mod tests;
