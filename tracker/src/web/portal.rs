//! The admin portal: the files that `npm run build` makes of `admin-web/`, inside the program. A program that was built
//! before them says how to make them.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::answer;

/// The built portal. A debug build reads it from its folder at each request, a release build carries it.
#[derive(RustEmbed)]
#[folder = "../admin-web/build"]
#[allow_missing = true]
#[exclude = "*.gz"]
struct Built;

/// The page that runs the portal, whatever page of it is asked for.
const INDEX: &str = "index.html";
/// The policy that the build has written for itself: it names the scripts and styles of its own that it needs.
const POLICY: &str = "policy.txt";
/// Where the parts of the portal are. Each has another name whenever it is another one.
const PARTS: &str = "_app/";
const IMMUTABLE: &str = "_app/immutable/";

/// A file of the portal, or the page that runs it.
pub(super) async fn page(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().strip_prefix("/admin").unwrap_or_default().trim_start_matches('/');
    respond(path, &headers, &|name| Built::get(name))
}

/// What is answered for a path below `/admin`, of these files.
fn respond(path: &str, headers: &HeaderMap, built: &dyn Fn(&str) -> Option<EmbeddedFile>) -> Response {
    let text = |name| built(name).and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    let policy = text(POLICY).and_then(|policy| HeaderValue::from_str(policy.trim()).ok());
    let (Some(policy), Some(index)) = (policy, built(INDEX)) else {
        let none = HeaderValue::from_static("default-src 'none'");
        return answer(StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=utf-8", &none, NOT_BUILT);
    };
    let asked = if [POLICY, ""].contains(&path) { None } else { built(path).map(|file| (path, file)) };
    let (name, file) = match asked {
        Some(found) => found,
        // A part that is gone is no page: whoever still has the portal of before loads it anew.
        None if path.starts_with(PARTS) => {
            let gone = "this part of the portal is gone: load the page again\n";
            return answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", &policy, gone);
        }
        None => (INDEX, index),
    };
    let tag = format!("\"{}\"", data_tag(&file));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let (status, packed) =
        if known { (StatusCode::NOT_MODIFIED, None) } else { (StatusCode::OK, packed(name, headers, built)) };
    let body = match (&packed, known) {
        (_, true) => Vec::new(),
        (Some(packed), false) => packed.data.to_vec(),
        (None, false) => file.data.into_owned(),
    };
    let mut response = answer(status, kind(name), &policy, body);
    let headers = response.headers_mut();
    if name.starts_with(IMMUTABLE) {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(header::CACHE_CONTROL, forever);
    }
    if packed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// What a file is known by: the start of its hash.
fn data_tag(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The same file, packed, if the browser takes it so.
fn packed(
    name: &str,
    headers: &HeaderMap,
    built: &dyn Fn(&str) -> Option<EmbeddedFile>,
) -> Option<EmbeddedFile> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes =
        accepted.split(',').map(str::trim).any(|coding| coding == "br" || coding.starts_with("br;q=0."));
    if takes { built(&format!("{name}.br")) } else { None }
}

/// The media type of a file of the portal.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Shown by a program that was built without the portal.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>Mist</title>\
<h1>This server was built without the portal</h1>\
<p>Everything else works, and <code>mistpipe</code> does on a command line what the portal does in a browser.</p>\
<p>To have it, run <code>npm ci &amp;&amp; npm run build</code> in Mist's source with Node 20 or newer, then build \
<code>tracker</code> again. <code>./dev up</code> does both.</p></html>";

#[cfg(test)]
mod tests {
    use rust_embed::Metadata;

    use super::*;

    fn built(name: &str) -> Option<EmbeddedFile> {
        let data: &'static str = match name {
            INDEX => "<page>",
            POLICY => "default-src 'none'; script-src 'self'\n",
            "_app/immutable/a.js" => "script",
            "_app/immutable/a.js.br" => "packed",
            "mark.svg" => "<svg>",
            _ => return None,
        };
        let hash = [u8::try_from(name.len()).expect("short"); 32];
        Some(EmbeddedFile {
            data: data.as_bytes().into(),
            metadata: Metadata::__rust_embed_new(hash, None, None),
        })
    }

    fn ask(path: &str, accepted: &str, known: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accepted.parse().expect("a header"));
        headers.insert(header::IF_NONE_MATCH, known.parse().expect("a header"));
        respond(path, &headers, &built)
    }

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn every_page_is_the_same_file_under_its_own_policy() {
        for path in ["", "games", "games/paper-boats", "policy.txt", "no/such.thing"] {
            let response = ask(path, "gzip", "x");
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let headers = response.headers();
            assert_eq!(headers["content-security-policy"], "default-src 'none'; script-src 'self'");
            assert_eq!(headers["cache-control"], "no-cache");
            assert_eq!(headers["content-type"], "text/html; charset=utf-8");
            assert_eq!(body(response).await, "<page>", "{path}");
        }
    }

    #[tokio::test]
    async fn a_part_is_kept_for_ever_and_a_missing_one_is_no_page() {
        let part = ask("_app/immutable/a.js", "gzip, deflate, br", "x");
        assert_eq!(part.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(part.headers()["content-encoding"], "br");
        assert_eq!(part.headers()["content-type"], "text/javascript; charset=utf-8");
        let tag = part.headers()["etag"].to_str().expect("text").to_owned();
        assert_eq!(body(part).await, "packed");
        let plain = ask("_app/immutable/a.js", "gzip, br;q=0", "x");
        assert!(!plain.headers().contains_key("content-encoding"));
        assert_eq!(body(plain).await, "script");
        let known = ask("_app/immutable/a.js", "br", &tag);
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(body(known).await, "");
        let gone = ask("_app/immutable/b.js", "br", "x");
        assert_eq!(gone.status(), StatusCode::NOT_FOUND);
        assert!(!body(gone).await.contains("<page>"));
    }

    #[tokio::test]
    async fn a_program_without_the_portal_says_how_to_make_it() {
        let response = respond("games", &HeaderMap::new(), &|_| None);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(body(response).await.contains("npm run build"));
    }
}
