//! Keeping secrets out of what is stored and logged.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Parameters whose values are secret by their name.
const SECRET_PARAMETERS: [&str; 11] = [
    "access_token",
    "apikey",
    "api_key",
    "client_secret",
    "code",
    "crumb",
    "fb_exchange_token",
    "input_token",
    "key",
    "password",
    "token",
];

/// Of those, the ones that servers put into links in their bodies.
const IN_BODIES: [&str; 3] = ["access_token=", "apikey=", "crumb="];

/// Knows the secrets of a run; clones share what they know.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Arc<RwLock<Vec<SecretString>>>);

impl Redactor {
    /// A redactor of these secrets.
    pub fn new(secrets: Vec<SecretString>) -> Self {
        let redactor = Self::default();
        secrets.iter().for_each(|secret| redactor.learn(secret));
        redactor
    }

    /// Adds a secret, in every form in which it may be repeated. One of less than six characters would hit innocent text
    /// and is left to the parameters' names.
    pub fn learn(&self, secret: &SecretString) {
        let plain = secret.expose_secret();
        if plain.len() < 6 {
            return;
        }
        let encoded: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
        let in_json = serde_json::Value::from(plain).to_string();
        let in_json = in_json.trim_matches('"');
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for form in [plain, &encoded, in_json, &in_json.replace('/', "\\/"), &BASE64.encode(plain)] {
            if !known.iter().any(|secret| secret.expose_secret() == form) {
                known.push(form.to_owned().into());
            }
        }
        // A secret that is part of another one must not leave the rest of that one behind.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
    }

    /// The address without secrets and user information, and without the port on this machine: a local server takes a
    /// free one at each start, and two attempts at a slot that hear the same are to write the same.
    pub fn url(&self, url: &Url) -> String {
        let mut url = url.clone();
        if !url.username().is_empty() || url.password().is_some() {
            // Fails only for addresses without a host, which have no user either.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        if matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            let _ = url.set_port(None);
        }
        let is_secret = |name: &str| SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str());
        if url.query_pairs().any(|(name, _)| is_secret(&name)) {
            let pairs: Vec<(String, String)> = url
                .query_pairs()
                .map(|(name, value)| {
                    let value = if is_secret(&name) { REDACTED.to_owned() } else { value.into_owned() };
                    (name.into_owned(), value)
                })
                .collect();
            url.query_pairs_mut().clear().extend_pairs(pairs);
        }
        self.text(url.as_str())
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), REDACTED);
            }
        }
        text
    }

    /// The body without secrets: some servers repeat what they were sent, some put tokens into links.
    pub fn body(&self, body: Vec<u8>) -> Bytes {
        let is_hit = {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let mut needles = known.iter().map(|secret| secret.expose_secret()).chain(IN_BODIES);
            needles.any(|needle| memchr::memmem::find(&body, needle.as_bytes()).is_some())
        };
        if !is_hit {
            return body.into();
        }
        // What is not UTF-8 stays as it is: each byte is one character here and becomes that byte again.
        let text: String = body.iter().map(|byte| char::from(*byte)).collect();
        let known: Vec<(String, String)> = {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            known
                .iter()
                .map(|s| (s.expose_secret().bytes().map(char::from).collect(), REDACTED.to_owned()))
                .collect()
        };
        let mut text = known.into_iter().fold(text, |text, (secret, stars)| text.replace(&secret, &stars));
        for name in IN_BODIES {
            text = without_values(&text, name);
        }
        text.chars().map(|c| c as u8).collect::<Vec<u8>>().into()
    }
}

/// The text with what follows each `name` replaced, up to where a value in a link ends.
fn without_values(text: &str, name: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = rest.split_at(at + name.len());
        kept.push_str(before);
        let end = after
            .find(|c: char| !(c.is_ascii_alphanumeric() || "%._~|-[]+".contains(c)))
            .unwrap_or(after.len());
        if end > 0 {
            kept.push_str(REDACTED);
        }
        rest = &after[end..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn hides_by_name_and_by_value() {
        let redactor = Redactor::new(vec!["canary-123".into(), "a".into()]);
        let url = Url::parse("https://me:pw@h/p?access_token=zzz&b=a%20c&q=canary-123").unwrap();
        assert_eq!(redactor.url(&url), "https://h/p?access_token=%5Bredacted%5D&b=a+c&q=[redacted]");
        assert_eq!(redactor.url(&Url::parse("http://h/p?b=a%20c").unwrap()), "http://h/p?b=a%20c");
        assert_eq!(redactor.url(&Url::parse("http://127.0.0.1:4711/p").unwrap()), "http://127.0.0.1/p");
        assert_eq!(redactor.url(&Url::parse("http://h:4711/p").unwrap()), "http://h:4711/p");
        assert_eq!(redactor.body(b"say canary-123".to_vec()), "say [redacted]");
        assert_eq!(redactor.body(b"\xff canary".to_vec()).as_ref(), b"\xff canary");
        assert_eq!(redactor.body(b"\xff canary-123 \xc3\xa9".to_vec()).as_ref(), b"\xff [redacted] \xc3\xa9");
    }

    #[test]
    fn hides_what_it_learns_in_every_form_and_tokens_in_links() {
        let redactor = Redactor::default();
        redactor.learn(&"EAAB|x/y+z".into());
        let body = br#"{"next":"https:\/\/g\/p?access_token=unknown%7C1&a=1","t":"EAAB|x\/y+z","u":"EAAB%7Cx%2Fy%2Bz"}"#;
        assert_eq!(
            redactor.body(body.to_vec()),
            r#"{"next":"https:\/\/g\/p?access_token=[redacted]&a=1","t":"[redacted]","u":"[redacted]"}"#
        );
    }
}
