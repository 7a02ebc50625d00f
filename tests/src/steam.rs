//! A stand-in for Steam's store.

use std::{
    io::{BufRead, BufReader, Cursor, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::Result;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

/// Knows application 400 alone, with a picture, and fails for 500.
pub struct SteamStandIn {
    /// Where it answers.
    pub url: String,
    /// How often it was asked for an application.
    pub asked: Arc<AtomicUsize>,
}

impl SteamStandIn {
    /// Begins to answer.
    ///
    /// # Errors
    /// There is no port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (url, asked) = (format!("http://{}", listener.local_addr()?), Arc::new(AtomicUsize::new(0)));
        let (count, header) = (asked.clone(), format!("{url}/header.png"));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let asked_for = lines.next().unwrap_or_default();
                // A connection is answered once its head is read.
                let _ = lines.find(String::is_empty);
                let (status, body) = answer(&asked_for, &header, &count);
                let head =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close", body.len());
                let _ = write!(stream, "{head}\r\n\r\n").and_then(|()| stream.write_all(&body));
            }
        });
        Ok(Self { url, asked })
    }
}

fn answer(asked_for: &str, header: &str, count: &AtomicUsize) -> (&'static str, Vec<u8>) {
    if asked_for.contains("/header.png") {
        return ("200 OK", picture());
    }
    count.fetch_add(1, Ordering::SeqCst);
    let portal =
        json!({ "name": "Portal", "short_description": "Think with portals", "header_image": header });
    let (status, body) = match () {
        () if asked_for.contains("appids=400 ") => {
            ("200 OK", json!({ "400": { "success": true, "data": portal } }))
        }
        () if asked_for.contains("appids=500 ") => ("500 Internal Server Error", json!({})),
        () => ("200 OK", json!({ "404": { "success": false } })),
    };
    (status, body.to_string().into_bytes())
}

/// A picture of the size that Steam's have: two rings on dark water.
#[expect(clippy::cast_possible_truncation, reason = "colours are below 256")]
fn picture() -> Vec<u8> {
    let picture = RgbImage::from_fn(460, 215, |x, y| {
        let ring = |cx: f32, cy: f32| {
            let far = ((x as f32 - cx).powi(2) + 2.2 * (y as f32 - cy).powi(2)).sqrt();
            (1.0 - ((far - 62.0).abs() / 14.0).min(1.0)).max(0.0)
        };
        let (orange, blue) = (ring(130.0, 110.0), ring(330.0, 104.0));
        let ground = 22.0 + 26.0 * (y as f32 / 215.0);
        let mix = |o: f32, b: f32, g: f32| (ground * g + orange * o + blue * b).min(255.0) as u8;
        Rgb([mix(210.0, 20.0, 0.7), mix(110.0, 120.0, 0.9), mix(10.0, 225.0, 1.1)])
    });
    let mut bytes = Cursor::new(Vec::new());
    // Writing to memory does not fail.
    let _ = picture.write_to(&mut bytes, ImageFormat::Png);
    bytes.into_inner()
}
