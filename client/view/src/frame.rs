//! Messages on a stream: a length of four bytes (little endian), then so many bytes of JSON.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest message that is read: the library of thousands of games.
pub(crate) const MAX_MESSAGE: u32 = 32 << 20;
/// The longest request.
pub(crate) const MAX_REQUEST: u32 = 1 << 20;

/// Reads a message of at most `max` bytes.
pub(crate) async fn read<T: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
    max: u32,
) -> io::Result<T> {
    let len = stream.read_u32_le().await?;
    if len > max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of {len} bytes")));
    }
    let mut bytes = Vec::new();
    // What is announced is only taken as it comes.
    stream.take(len.into()).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 != u64::from(len) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// Writes a message.
pub(crate) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    let len = u32::try_from(bytes.len()).ok().filter(|len| *len <= MAX_MESSAGE);
    let len = len.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a message that is too long"))?;
    stream.write_u32_le(len).await?;
    stream.write_all(&bytes).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_arrive_and_lies_about_lengths_do_not() {
        let (mut a, mut b) = tokio::io::duplex(64);
        let text = "x".repeat(1000);
        let (sent, got) = tokio::join!(write(&mut a, &text), read::<String>(&mut b, 2000));
        sent.expect("sent");
        assert_eq!(got.expect("read"), text);

        a.write_u32_le(2001).await.expect("sent");
        assert_eq!(read::<String>(&mut b, 2000).await.map_err(|e| e.kind()), Err(io::ErrorKind::InvalidData));
        a.write_u32_le(10).await.expect("sent");
        a.write_all(b"\"half").await.expect("sent");
        drop(a);
        assert_eq!(
            read::<String>(&mut b, 2000).await.map_err(|e| e.kind()),
            Err(io::ErrorKind::UnexpectedEof)
        );
    }
}
