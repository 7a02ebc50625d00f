//! The form of a program's log.

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
