//! Compresses answers that lie in memory, before they go out: zstd at its fastest for who reads it, as all newer browsers do,
//! else gzip.
//!
//! Not actix's `Compress`: it chooses brotli where it can, which costs several times as much at the same size, and hands each
//! answer to another thread. That stays for answers that are streamed.

use std::cell::RefCell;
use std::io::{self, Write};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use flate2::Compression;
use flate2::write::GzEncoder;
use zstd::bulk::Compressor;

/// Below, a packet is sent either way.
const SMALLEST: usize = 860;
/// Above, an answer is compressed by another thread: it would hold up all others of this one for milliseconds.
const INLINE: usize = 512 << 10;
/// zstd's level.
const LEVEL: i32 = 1;

thread_local! {
    /// Its memory is used again for every answer of a thread.
    static ZSTD: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// zstd.
    Zstd,
    /// gzip.
    Gzip,
    /// As it is.
    Identity,
}

impl Coding {
    /// The best one that these headers of a request accept.
    pub fn of(headers: &HeaderMap) -> Self {
        let lists = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
        let mut best = Self::Identity;
        for item in lists.flat_map(|list| list.split(',')) {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            let weight: f32 = weight.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
            match name.trim() {
                "zstd" if weight > 0.0 => return Self::Zstd,
                "gzip" if weight > 0.0 => best = Self::Gzip,
                _ => {}
            }
        }
        best
    }

    /// Its name in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    fn pack(self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut packed = match self {
            Self::Zstd => ZSTD.with_borrow_mut(|kept| match kept {
                Some(compressor) => compressor.compress(plain),
                None => kept.insert(Compressor::new(LEVEL)?).compress(plain),
            })?,
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
                encoder.write_all(plain)?;
                encoder.finish()?
            }
            Self::Identity => plain.to_vec(),
        };
        // What is kept in memory should be no larger than it is.
        packed.shrink_to_fit();
        Ok(packed)
    }
}

/// Whether this kind of answer shrinks.
fn shrinks(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/") || ["json", "javascript", "xml", "svg"].iter().any(|part| kind.contains(part))
}

/// The middleware.
///
/// # Errors
/// Those of the services below.
pub async fn packed(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let coding = Coding::of(request.headers());
    let mut response = next.call(request).await?.map_into_boxed_body();
    let BodySize::Sized(size) = response.response().body().size() else { return Ok(response) };
    let headers = response.headers_mut();
    if size == 0 || headers.contains_key(CONTENT_ENCODING) {
        return Ok(response);
    }
    let small = size < SMALLEST as u64;
    if !shrinks(headers) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(Coding::Identity.as_str()));
        return Ok(response);
    }
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    let coding = if small { Coding::Identity } else { coding };
    // Named, so that nothing else compresses it once more.
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
    if coding == Coding::Identity {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let plain = match body.try_into_bytes() {
        Ok(plain) => plain,
        // A body of a known size that is not in memory goes out as it is.
        Err(body) => {
            let mut response = head.set_body(body);
            response
                .headers_mut()
                .insert(CONTENT_ENCODING, HeaderValue::from_static(Coding::Identity.as_str()));
            return Ok(ServiceResponse::new(request, response));
        }
    };
    let packed = if plain.len() > INLINE {
        web::block(move || coding.pack(&plain)).await.map_err(io::Error::other).flatten()
    } else {
        coding.pack(&plain)
    };
    Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(packed?))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_cheapest_coding_that_is_accepted_is_taken() {
        for (accepts, expected) in [
            ("gzip, deflate, br, zstd", Coding::Zstd),
            ("gzip;q=1.0, br", Coding::Gzip),
            ("br", Coding::Identity),
            ("zstd;q=0, gzip", Coding::Gzip),
            ("zstd;q=nonsense, gzip;q=0", Coding::Identity),
            ("", Coding::Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(accepts).unwrap());
            assert_eq!(Coding::of(&headers), expected, "{accepts}");
        }
        assert_eq!(Coding::of(&HeaderMap::new()), Coding::Identity);
    }

    #[test]
    fn what_is_packed_can_be_read() {
        let plain: Vec<u8> = (0..50_000u32).flat_map(|n| (n % 700).to_string().into_bytes()).collect();
        for _ in 0..2 {
            let packed = Coding::Zstd.pack(&plain).unwrap();
            assert!(packed.len() < plain.len() / 4);
            assert_eq!(zstd::decode_all(packed.as_slice()).unwrap(), plain);
        }
        let packed = Coding::Gzip.pack(&plain).unwrap();
        let mut read = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut read).unwrap();
        assert_eq!(read, plain);
    }
}
