//! A stand-in for Discord's webhooks.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use anyhow::Result;
use serde_json::Value;

/// Takes whatever is sent to it.
pub struct DiscordStandIn {
    /// Where it answers.
    pub url: String,
    taken: Arc<Mutex<Vec<Value>>>,
}

impl DiscordStandIn {
    /// Begins to answer.
    ///
    /// # Errors
    /// There is no port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let this = Self { url: format!("http://{}", listener.local_addr()?), taken: Arc::default() };
        let taken = this.taken.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(&stream);
                let mut length = 0;
                for line in reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty())
                {
                    let length_of = line.to_ascii_lowercase();
                    if let Some(said) = length_of.strip_prefix("content-length:") {
                        length = said.trim().parse().unwrap_or(0);
                    }
                }
                let mut body = Vec::new();
                if reader.take(length).read_to_end(&mut body).is_ok()
                    && let Ok(message) = serde_json::from_slice(&body)
                {
                    taken.lock().unwrap_or_else(PoisonError::into_inner).push(message);
                }
                let _ = write!(stream, "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
            }
        });
        Ok(this)
    }

    /// What was sent to it, as text.
    pub fn texts(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |m: &Value| m["embeds"][0]["description"].as_str().unwrap_or_default().to_owned();
        taken.iter().map(text).collect()
    }
}
