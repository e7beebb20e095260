//! E-mail addresses: which are refused, and which two of them are one account.
//!
//! The rule, in the order in which it is applied:
//! 1. The address is brought to Unicode's compatibility form (NFKC): wide letters, ligatures and the like become plain.
//! 2. What can never be an address is refused. Whether it is one, only a letter to it tells.
//! 3. The host becomes its ASCII form (`xn--…`), by the rules for names of hosts.
//! 4. The name and each part of the host that holds more than ASCII must keep to one script, hold only letters that
//!    identifiers may hold (UTS 39), and must not look like plain ASCII as a whole: `аре` in Cyrillic reads `ape`.
//!    This needs no look at other accounts, so it tells nothing about them.
//! 5. The key, by which accounts are found and told apart, is the name and the ASCII host in lower case; of a name with
//!    more than ASCII it is the skeleton, which two names that look alike share.
//!
//! Mails always go to the address that the account has, never to the one that was typed.

use unicode_normalization::UnicodeNormalization;
use unicode_security::{GeneralSecurityProfile, MixedScript, skeleton};

/// Most bytes of an address.
const MAX_BYTES: usize = 254;
/// Most bytes of what stands before the `@`.
const MAX_NAME_BYTES: usize = 64;

/// An address that may be an account's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    shown: String,
    key: String,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It can never be one.
    #[error("this is not an e-mail address")]
    Impossible,
    /// Its letters are of several scripts, or look like others.
    #[error("this address has letters that look like others")]
    LooksLike,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        // Longer ones are not worth the work of looking at them.
        if text.len() > 4 * MAX_BYTES {
            return Err(Flaw::Impossible);
        }
        let text: String = text.trim().nfkc().collect();
        let (name, host) = text.rsplit_once('@').ok_or(Flaw::Impossible)?;
        let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
        if name.is_empty() || name.len() > MAX_NAME_BYTES || dots || !name.chars().all(in_a_name) {
            return Err(Flaw::Impossible);
        }
        let ascii = idna::domain_to_ascii_strict(host).map_err(|_| Flaw::Impossible)?;
        let letters = ascii.rsplit('.').next().is_some_and(|last| last.bytes().any(|b| !b.is_ascii_digit()));
        if !ascii.contains('.') || !letters || name.len() + 1 + ascii.len() > MAX_BYTES {
            return Err(Flaw::Impossible);
        }
        let (unicode, read) = idna::domain_to_unicode(&ascii);
        read.map_err(|_| Flaw::Impossible)?;
        if !std::iter::once(name).chain(unicode.split('.')).all(plain) {
            return Err(Flaw::LooksLike);
        }
        let lower = name.to_lowercase();
        let name_key = if lower.is_ascii() { lower } else { skeleton(&lower).collect() };
        Ok(Self { shown: format!("{name}@{ascii}"), key: format!("{name_key}@{ascii}") })
    }

    /// As it was typed, brought to one form: what letters go to.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What tells accounts apart.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The key of a text that somebody typed as their address; `None` where no account can have it.
pub fn key_of(text: &str) -> Option<String> {
    Address::parse(text).ok().map(|address| address.key)
}

/// Letters, digits and the signs that need no quotes (RFC 5322); beyond ASCII, what identifiers may hold.
fn in_a_name(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
    } else {
        c.identifier_allowed()
    }
}

/// Whether a part cannot be taken for another.
fn plain(part: &str) -> bool {
    part.is_ascii() || (part.is_single_script() && !skeleton(part).all(|c| c.is_ascii()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let wide = format!("a@{}.example", "b".repeat(64));
        let huge = "a@b.co".repeat(100_000);
        for text in [
            "",
            "a",
            "@c.d",
            "a@",
            "a@b",
            "a b@c.de",
            "a@b..co",
            "a@.co",
            "a.@b.co",
            ".a@b.co",
            "a..b@c.de",
            "a@b.co\r\nBcc: x@y.zz",
            "a@127.0.0.1",
            "a@[::1]",
            "\"a b\"@c.de",
            "a<b>@c.de",
            "a@b_c.de",
            "a,b@c.de",
            "a\u{0}@b.co",
            &long,
            &wide,
            &huge,
        ] {
            assert_eq!(Address::parse(text), Err(Flaw::Impossible), "{}", &text[..text.len().min(80)]);
        }
    }

    #[test]
    fn addresses_of_one_account_share_a_key() {
        for (text, shown, key) in [
            (" Ada@Example.ORG ", "Ada@example.org", "ada@example.org"),
            ("a.b+c@d.example", "a.b+c@d.example", "a.b+c@d.example"),
            ("ＡＤＡ＠example.org", "ADA@example.org", "ada@example.org"),
            ("ada@ｅｘａｍｐｌｅ．ｏｒｇ", "ada@example.org", "ada@example.org"),
            ("ﬁne@example.org", "fine@example.org", "fine@example.org"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.shown(), address.key()), (shown, key), "{text}");
        }
        // One is composed, the other is not.
        assert_eq!(key_of("jos\u{e9}@example.org"), key_of("jose\u{301}@example.org"));
        assert_ne!(key_of("jos\u{e9}@example.org"), key_of("jose@example.org"));
        // What ASCII cannot tell apart at a glance are two people nevertheless.
        assert_ne!(key_of("bob1@example.org"), key_of("bobl@example.org"));
    }

    #[test]
    fn look_alikes_are_refused() {
        for text in [
            "\u{430}\u{440}\u{435}@example.org",        // ape, in Cyrillic
            "p\u{430}ypal@example.org",                 // one Cyrillic letter
            "ada@ex\u{430}mple.org",                    // in the host
            "ada@xn--80ak6aa92e.com",                   // apple in Cyrillic, as ASCII
            "\u{3b1}da@example.org",                    // a Greek letter among Latin ones
            "ada@\u{440}\u{430}\u{440}\u{430}.example", // papa, in Cyrillic
        ] {
            assert_eq!(Address::parse(text), Err(Flaw::LooksLike), "{text}");
        }
        for text in ["иван@пример.example", "josé@españa.example", "山田たろう@example.jp"] {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_reading_it_twice_is_reading_it_once(text in "\\PC{0,30}@\\PC{0,20}\\.[a-z]{2,4}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(address.shown()).unwrap(), address.clone());
                prop_assert!(!address.shown().chars().any(|c| c.is_control() || c.is_whitespace()));
            }
        }
    }
}
