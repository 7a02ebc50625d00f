//! The built pages, from a folder, under the policy that they were built for.

use std::path::{Component, Path, PathBuf};

use axum::{
    http::{
        StatusCode, Uri,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};

/// A folder of pages.
#[derive(Clone)]
pub(crate) struct Pages {
    folder: PathBuf,
    policy: String,
}

impl Pages {
    /// Opens a folder that has an `index.html` and its `policy.txt`.
    pub(crate) fn open(folder: PathBuf) -> std::io::Result<Self> {
        let policy = std::fs::read_to_string(folder.join("policy.txt"))?.trim().to_owned();
        std::fs::metadata(folder.join("index.html"))?;
        Ok(Self { folder, policy })
    }

    /// Answers a request for a file.
    pub(crate) async fn answer(self, uri: Uri) -> Response {
        let path = uri.path().trim_start_matches('/');
        let path = Path::new(if path.is_empty() { "index.html" } else { path });
        if !path.components().all(|c| matches!(c, Component::Normal(_))) {
            return StatusCode::NOT_FOUND.into_response();
        }
        let Ok(bytes) = tokio::fs::read(self.folder.join(path)).await else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let kind = match path.extension().and_then(|e| e.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            Some("woff2") => "font/woff2",
            Some("json") => "application/json",
            _ => "application/octet-stream",
        };
        let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_SECURITY_POLICY, self.policy)];
        (headers, bytes).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_outside_the_folder_is_served() {
        let dir = tempfile::tempdir().expect("dir");
        let built = dir.path().join("built");
        std::fs::create_dir(&built).expect("made");
        for (name, text) in [("built/index.html", "page"), ("built/policy.txt", "p"), ("secret", "s")] {
            std::fs::write(dir.path().join(name), text).expect("written");
        }
        let pages = Pages::open(built).expect("opened");
        for (path, status) in [("/", 200), ("/index.html", 200), ("/../secret", 404), ("//etc/passwd", 404)] {
            let answer = pages.clone().answer(path.parse().expect("uri")).await;
            assert_eq!(answer.status(), status, "{path}");
        }
    }
}
