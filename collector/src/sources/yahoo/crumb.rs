//! The crumb and the cookie that belongs to it, for servers that demand them.

use reqwest::header::{COOKIE, SET_COOKIE};
use secrecy::{ExposeSecret, SecretString};

use super::Yahoo;
use crate::http::{Answer, Judgement, Request};
use crate::source::Task;
use crate::trouble::Trouble;

/// Both, secret.
#[derive(Debug, Clone)]
pub(super) struct Crumb {
    cookie: SecretString,
    crumb: SecretString,
}

impl Crumb {
    /// The request with both.
    pub(super) fn on(&self, request: &Request) -> Result<Request, Trouble> {
        let mut request = request.clone().with_secret(COOKIE, &self.cookie)?;
        request.url.query_pairs_mut().append_pair("crumb", self.crumb.expose_secret());
        Ok(request)
    }

    /// Whether the request was made with this one.
    pub(super) fn is_on(&self, request: &Request) -> bool {
        request.url.query_pairs().any(|(name, value)| name == "crumb" && value == self.crumb.expose_secret())
    }
}

impl Yahoo {
    /// Fetches a cookie and the crumb for it. Neither exchange is kept.
    pub(super) async fn fetch_crumb(&self, task: &Task) -> Result<Crumb, Trouble> {
        let mut request = Request::new("cookie", self.cookie_url.clone());
        // The page itself does not exist; only its cookie does.
        request.judge = Some(|answer| match answer.status {
            200..=399 | 404 => Judgement::Good { pause: None },
            _ => super::judge(answer),
        });
        request.reveal = Some(SET_COOKIE);
        let (exchange, _) = task.session.get(&request, |_| Ok::<(), Trouble>(())).await?;
        let set = exchange.headers.get(SET_COOKIE.as_str()).and_then(|set| cookie(set));
        let Some(cookie) = set else {
            let message = "it demands a crumb and hands out no cookie for one: use another source";
            return Err(Trouble::configuration(message));
        };
        task.session.redactor().learn(&cookie.value.into());
        let cookie = SecretString::from(cookie.pair);
        let url = self.base_url.join("v1/test/getcrumb").unwrap_or_else(|_| self.base_url.clone());
        let mut request = Request::new("crumb", url).with_secret(COOKIE, &cookie)?;
        request.judge = Some(judge);
        let (_, crumb) = task.session.get(&request, crumb).await?;
        let crumb = crumb.ok_or_else(|| Trouble::system("it answers 304 where it should tell a crumb"))?;
        task.session.redactor().learn(&crumb);
        Ok(Crumb { cookie, crumb })
    }
}

fn judge(answer: &Answer<'_>) -> Judgement {
    super::judge(answer)
}

/// A cookie without its attributes.
struct Cookie {
    pair: String,
    value: String,
}

fn cookie(set: &str) -> Option<Cookie> {
    let pair = set.split(';').next()?.trim();
    let (_, value) = pair.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty())?;
    Some(Cookie { pair: pair.to_owned(), value: value.to_owned() })
}

/// A crumb is a short word; a page of HTML or `Too Many Requests` is a refusal.
fn crumb(body: &[u8]) -> Result<SecretString, Trouble> {
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    let is_word = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'<');
    match is_word {
        true => Ok(text.into()),
        false => Err(Trouble::exhausted("it demands a crumb and gives none: use another source")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_crumb_and_a_cookie_from_what_is_none() {
        assert_eq!(crumb(b"aB3.x/Yz\n").unwrap().expose_secret(), "aB3.x/Yz");
        for refusal in ["", "Too Many Requests\r\n", "<html></html>", "<html>"] {
            assert!(crumb(refusal.as_bytes()).is_err(), "{refusal:?}");
        }
        let set = cookie("A3=d=AQ&S=x; Max-Age=31557600; Path=/; HttpOnly").unwrap();
        assert_eq!((set.pair.as_str(), set.value.as_str()), ("A3=d=AQ&S=x", "d=AQ&S=x"));
        assert!(cookie("A3=; Path=/").is_none() && cookie("").is_none());
    }
}
