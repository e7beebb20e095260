//! Tables to take away: CSV that opens safely in a spreadsheet, and Parquet, as far as the tier includes them.

mod csv;
pub mod pages;

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

pub use csv::{csv, safe};

use crate::app::{Guard, Route, get};

/// The routes.
pub static ROUTES: &[Route] =
    &[get("/assets/{symbol}/export/{table}", Guard::SignedIn, |r| r.to(pages::export))];

/// The format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON; in every tier.
    Json,
    /// Comma-separated values with a header.
    Csv,
    /// Parquet, zstd.
    Parquet,
}

impl Format {
    /// The format that a parameter or else the Accept header asks for; JSON where neither names one.
    pub fn asked(parameter: Option<&str>, request: &HttpRequest) -> Self {
        let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let named =
            accept.split(',').filter_map(|part| part.split(';').next()).find_map(|part| match part.trim() {
                "application/json" => Some(Self::Json),
                "text/csv" => Some(Self::Csv),
                "application/vnd.apache.parquet" => Some(Self::Parquet),
                _ => None,
            });
        match parameter {
            Some("csv") => Self::Csv,
            Some("parquet") => Self::Parquet,
            Some(_) => Self::Json,
            None => named.unwrap_or(Self::Json),
        }
    }

    /// The name used in tables and parameters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// The header that makes a browser keep the answer as a file; `name` is of our own making.
    pub fn attachment(self, name: &str) -> Option<String> {
        let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        (self != Self::Json).then(|| format!("attachment; filename=\"quarterday-{clean}.{}\"", self.as_str()))
    }
}

/// Whether a tier with these exports includes the format.
pub fn includes(exports: &[String], format: Format) -> bool {
    format == Format::Json || exports.iter().any(|name| name == "all" || name == format.as_str())
}
