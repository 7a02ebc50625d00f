//! What a program logs, and in which form.

/// What is to be logged: what the first of these environment variables says that says something.
pub fn wanted(variables: &[&str]) -> Option<String> {
    variables.iter().filter_map(|variable| std::env::var(variable).ok()).find(|said| !said.is_empty())
}

/// Whether the environment variable `variable` asks for a log in JSON. Unset or empty, it asks for text.
///
/// # Errors
/// What is wrong, if it says neither.
pub fn asks_for_json(variable: &str) -> Result<bool, String> {
    match std::env::var(variable).as_deref() {
        Ok("json") => Ok(true),
        Ok("" | "text") | Err(_) => Ok(false),
        Ok(other) => Err(format!("{variable} is `text` or `json`, not `{other}`")),
    }
}
