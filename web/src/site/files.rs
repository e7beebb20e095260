//! Scripts, styles and fonts: built by `build.rs`, embedded, served compressed under names that carry their hash.

use std::collections::BTreeMap;

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use tera::Value;

use crate::error::Error;

// `FILES`: name and content of every file that the build made, sorted by name.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// One of the built files, by its name.
pub(crate) fn embedded(name: &str) -> Option<&'static [u8]> {
    let index = FILES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(FILES[index].1)
}

/// The names of the files, as templates ask for them.
pub struct Files {
    names: BTreeMap<String, String>,
    shown: Value,
}

impl Files {
    /// The names that the build wrote down: `style.css` becomes the key `style_css`.
    ///
    /// # Errors
    /// The build left no manifest.
    pub fn load() -> anyhow::Result<Self> {
        let manifest =
            embedded("manifest.json").ok_or_else(|| anyhow::anyhow!("the build left no manifest.json"))?;
        let names: BTreeMap<String, String> = serde_json::from_slice(manifest)?;
        let key = |name: String| name.replace(['.', '-'], "_");
        // Without Node at build time the pages still work, unstyled.
        let mut files: BTreeMap<String, String> =
            ["style_css", "site_js", "inter_latin_wght_normal_woff2", "newsreader_latin_500_normal_woff2"]
                .map(|name| (name.to_owned(), "absent".to_owned()))
                .into();
        files.extend(names.into_iter().map(|(name, hashed)| (key(name), hashed)));
        let shown = Value::from_serializable(&files);
        Ok(Self { names: files, shown })
    }

    /// Hashed names by key.
    pub fn names(&self) -> &BTreeMap<String, String> {
        &self.names
    }

    /// The same as a value of templates, which shares them.
    pub fn shown(&self) -> Value {
        self.shown.clone()
    }
}

/// `GET /static/{name}`: one file, for ever, in the smallest form that the browser reads.
///
/// # Errors
/// There is no such file.
pub async fn file(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Error> {
    let accepts = request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let plain = embedded(&name).filter(|_| *name != "manifest.json").ok_or(Error::NotFound)?;
    let packed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| accepts.split(',').any(|a| a.trim().split(';').next() == Some(coding)))
        .find_map(|(coding, extension)| Some((coding, embedded(&format!("{name}.{extension}"))?)));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, content_type(&name)))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((VARY, "accept-encoding"));
    match packed {
        Some((coding, file)) => {
            response.insert_header((CONTENT_ENCODING, coding));
            Ok(response.body(file))
        }
        // Named, so that nothing below compresses a font once more.
        None => Ok(response.insert_header((CONTENT_ENCODING, "identity")).body(plain)),
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
