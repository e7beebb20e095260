//! The port by which mails leave, and its two adapters: SMTP, and the local mailbox.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::store::Mail;

/// Longest a mail server may keep us waiting for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    /// Trying again may help.
    #[error("{0}")]
    Transient(String),
    /// It never will.
    #[error("{0}")]
    Permanent(String),
}

/// Takes a mail to its recipient.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Takes it; `Ok` once it is in somebody else's hands.
    ///
    /// # Errors
    /// It was not taken.
    async fn carry(&self, mail: &Mail) -> Result<(), Refusal>;

    /// Whether the outbox itself is where the mail is read.
    fn keeps(&self) -> bool {
        false
    }
}

/// The local mailbox: the outbox itself, shown on `/mailbox`. Nothing leaves the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalMailbox;

#[async_trait]
impl Carrier for LocalMailbox {
    async fn carry(&self, _: &Mail) -> Result<(), Refusal> {
        Ok(())
    }

    fn keeps(&self) -> bool {
        true
    }
}

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Right of the `@` in Message-IDs.
    host: String,
}

impl Smtp {
    /// The server at `url` (`smtps://user:password@host`, or `smtp://host?tls=required`), as sender `from`.
    ///
    /// # Errors
    /// One of them is malformed. The message does not hold the URL, in which there may be a password.
    pub fn new(url: &SecretString, from: &str) -> anyhow::Result<Self> {
        let form = "write QUARTERDAY_SMTP_URL like smtps://user:password@mail.example or smtp://mail.example:587?tls=required";
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())
            .map_err(|_| anyhow::anyhow!("the mail server's address is malformed: {form}"))?;
        let from: Mailbox = from.parse().map_err(|e| {
            anyhow::anyhow!(
                "QUARTERDAY_MAIL_FROM is {from:?} ({e}): write it like Quarterday <hello@quarterday.example>"
            )
        })?;
        let host = from.email.domain().to_owned();
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), from, host })
    }
}

#[async_trait]
impl Carrier for Smtp {
    async fn carry(&self, mail: &Mail) -> Result<(), Refusal> {
        let message =
            message(mail, self.from.clone(), &self.host).map_err(|e| Refusal::Permanent(format!("{e:#}")))?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| {
            let said = format!("the mail server said: {error}");
            if error.is_permanent() { Refusal::Permanent(said) } else { Refusal::Transient(said) }
        })
    }
}

/// The mail as it goes over the wire.
///
/// # Errors
/// The recipient is no address, or a header does not fit.
pub fn message(mail: &Mail, from: Mailbox, host: &str) -> anyhow::Result<Message> {
    let to: Mailbox = Mailbox::new(None, mail.recipient.parse()?);
    // Two copies of one mail carry one id, by which a receiver drops the second.
    let digest = hex::encode(Sha256::digest(mail.dedupe_key.as_bytes()));
    let mut builder = Message::builder()
        .from(from)
        .to(to)
        .subject(mail.subject.clone())
        .date(system_time(mail.created_at))
        .message_id(Some(format!("<{}@{host}>", digest.get(..32).unwrap_or(&digest))));
    if let Some(url) = &mail.unsubscribe_url {
        builder = builder
            .raw_header(header("List-Unsubscribe", format!("<{url}>"))?)
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())?);
    }
    let bodies = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    Ok(match (&mail.attachment_name, &mail.attachment) {
        (Some(name), Some(content)) => {
            let file: SinglePart =
                Attachment::new(name.clone()).body(content.clone(), ContentType::parse("application/pdf")?);
            builder.multipart(MultiPart::mixed().multipart(bodies).singlepart(file))?
        }
        _ => builder.multipart(bodies)?,
    })
}

fn header(name: &str, value: String) -> anyhow::Result<HeaderValue> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| anyhow::anyhow!("header {name}"))?;
    Ok(HeaderValue::new(name, value))
}

fn system_time(at: DateTime<Utc>) -> std::time::SystemTime {
    at.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn mail(subject: &str) -> Mail {
        Mail {
            id: 1,
            dedupe_key: "alert:1".into(),
            recipient: "ada@example.org".into(),
            subject: subject.into(),
            text: "text with ñ".into(),
            html: "<p>html</p>".into(),
            unsubscribe_url: Some("https://q.example/unsubscribe/abc".into()),
            attachment_name: Some("2026-W47.pdf".into()),
            attachment: Some(b"%PDF-1.7".to_vec()),
            tries: 1,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn formatted(mail: &Mail) -> String {
        let from = "Quarterday <hello@q.example>".parse().unwrap();
        String::from_utf8(message(mail, from, "q.example").unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_carries_both_bodies_and_the_one_click_headers() {
        let wire = formatted(&mail("Niño"));
        for part in [
            "List-Unsubscribe: <https://q.example/unsubscribe/abc>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
            "Content-Type: application/pdf",
            "filename=\"2026-W47.pdf\"",
            "Date: Thu, 01 Jan 1970",
        ] {
            assert!(wire.contains(part), "{part} in {wire}");
        }
        assert_eq!(wire.matches("Message-ID: <").count(), 1, "{wire}");
        let transactional = Mail { unsubscribe_url: None, ..mail("x") };
        assert!(!formatted(&transactional).contains("List-Unsubscribe"));
    }

    #[test]
    fn no_header_can_be_smuggled_in() {
        let wire = formatted(&mail("Hello\r\nBcc: all@example.org"));
        let headers = wire.split("\r\n\r\n").next().unwrap();
        assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
        let from: Mailbox = "hello@q.example".parse().unwrap();
        let forged = Mail { recipient: "ada@example.org\r\nBcc: x@y.example".into(), ..mail("x") };
        assert!(message(&forged, from, "q.example").is_err());
    }

    #[test]
    fn a_malformed_address_is_refused_without_telling_the_password() {
        let error = Smtp::new(&"smtp//user:hunter2@host".to_owned().into(), "a@b.example").err().unwrap();
        assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
        assert!(Smtp::new(&"smtps://host".to_owned().into(), "nobody").is_err());
    }
}
