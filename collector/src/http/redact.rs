//! Keeping secrets out of what is stored and logged.

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

const STARS: &str = "[redacted]";

/// Parameters whose values are secret by their name.
const SECRET_PARAMETERS: [&str; 9] =
    ["access_token", "apikey", "api_key", "client_secret", "code", "crumb", "key", "password", "token"];

/// Knows the secrets of a run.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Vec<SecretString>);

impl Redactor {
    /// A redactor of these secrets. One of less than six characters would hit innocent text and is left to the parameters'
    /// names.
    pub fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.expose_secret().len() >= 6).collect())
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
                    let value = if is_secret(&name) { STARS.to_owned() } else { value.into_owned() };
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
        for secret in &self.0 {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), STARS);
            }
        }
        text
    }

    /// The body without secrets: some servers repeat what they were sent.
    pub fn body(&self, body: Vec<u8>) -> Bytes {
        let hit = |secret: &SecretString| {
            std::str::from_utf8(&body).is_ok_and(|text| text.contains(secret.expose_secret()))
        };
        if self.0.iter().any(hit) {
            return self.text(&String::from_utf8_lossy(&body)).into();
        }
        body.into()
    }
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
    }
}
