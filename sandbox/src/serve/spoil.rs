//! One request from end to end: what a fault does before, instead of, and to the answer of a source.

use sha2::{Digest, Sha256};

use super::paging::{self, Last};
use super::{content, oddity, page, refusal, text};
use crate::clock::Reading;
use crate::fault::kind::{Kind, Paging};
use crate::fault::{Faults, HttpFault};
use crate::service::{Reply, Service};
use crate::wire::{Answer, Request};
use crate::world::World;

/// A request on its way to a source.
pub(super) struct Visit<'a> {
    /// The source.
    pub service: &'a dyn Service,
    /// What strikes, if anything.
    pub fault: Option<&'a HttpFault>,
    /// The cursor as the client sent it.
    pub asked: Option<String>,
    /// The page after the last one that was asked for.
    pub endless: Option<u64>,
}

impl Visit<'_> {
    /// What the client gets, but for faults of transport.
    pub(super) fn answer(
        &self,
        (world, faults, last): (&World, &Faults, &Last),
        clock: Reading,
        request: &mut Request,
    ) -> Reply {
        let source = self.service.name();
        let kind = self.fault.map(|fault| fault.kind);
        if let (Some(fault), Some(Kind::Refusal(refusal))) = (self.fault, kind) {
            return refusal::answer(refusal, fault, self.service, clock, request).into();
        }
        let paging = kind.and_then(Kind::paging);
        if let Some(answer) = paging.and_then(|kind| paging::refuse(kind, source, request)) {
            return answer.into();
        }
        if paging == Some(Paging::ShortPage) {
            page::shorten(source, request);
        }
        let Reply { mut answer, exceeded } = self.service.answer(world, clock, request);
        if let Some(number) = self.endless {
            paging::endless(number, source, request, &mut answer);
        }
        let repeats = faults.has(source, Kind::Paging(Paging::RepeatItems));
        let before = repeats.then(|| last.exchange(source, request, &answer)).flatten();
        if let Some(fault) = self.fault {
            let sent = answer.body.clone();
            let asked = self.asked.as_deref();
            match fault.kind {
                Kind::Paging(kind) => paging::spoil(kind, source, request, asked, before, &mut answer),
                Kind::Content(kind) => content::spoil(kind, fault, source, request, &mut answer),
                Kind::Feed(kind) => oddity::spoil(kind, fault, &mut answer),
                Kind::Text(kind) => text::spoil(kind, fault, source, request, &mut answer),
                Kind::Refusal(_) | Kind::Transport(_) | Kind::Broker(_) => {}
            }
            if answer.body != sent {
                retag(&mut answer);
            }
        }
        Reply { answer, exceeded }
    }
}

/// Another body has another tag: whoever keeps this one gets the sound body next time.
fn retag(answer: &mut Answer) {
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&answer.body)[..8]));
    answer.headers.retain(|(name, _)| *name != "last-modified");
    for (name, value) in &mut answer.headers {
        if *name == "etag" {
            value.clone_from(&tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::Settings;
    use crate::fault::kind::{KINDS, Transport};

    fn spoiled(kind: Kind, source: &str, draw: u64, body: Vec<u8>) -> Answer {
        let settings = Settings { items: Some(7), ..Settings::default() };
        let fault = HttpFault { kind, settings, draw };
        let request = Request { method: "GET".into(), path: "/1/recent_media".into(), ..Request::default() };
        let mut answer = Answer::text(200, "application/json", body);
        match kind {
            Kind::Paging(kind) => paging::spoil(kind, source, &request, Some("a"), None, &mut answer),
            Kind::Content(kind) => content::spoil(kind, &fault, source, &request, &mut answer),
            Kind::Feed(kind) => oddity::spoil(kind, &fault, &mut answer),
            Kind::Text(kind) => text::spoil(kind, &fault, source, &request, &mut answer),
            _ => {}
        }
        answer
    }

    proptest! {
        /// Whatever a source answers, no fault brings the sandbox down.
        #[test]
        fn no_body_is_too_odd(
            draw: u64,
            parts in proptest::collection::vec(prop_oneof![
                Just("<item>\n<title>é</title>\n".to_owned()), Just("</item>\n".to_owned()), Just("<entry".to_owned()),
                Just("<pubDate>Mon, 02 Mar 2026 00:00:00 GMT</pubDate>\n".to_owned()), Just("</entry>\n".to_owned()),
                Just("<div class=\"tgme_widget_message_wrap js-message_text".to_owned()), Just("</section>".to_owned()),
                Just("data-post=\"a/1\"".to_owned()), Just("data-before=\"\"".to_owned()), ".{0,6}",
            ], 0..12),
            json in prop_oneof![
                Just("null"), Just("[]"), Just("{}"), Just("{\"data\":[1,null,{\"text\":\"é\"}]}"), Just("{\"data\":{}}"),
                Just("{\"bars\":null}"), Just("{\"messages\":[[]],\"cursor\":5}"), Just("{\"meta\":[],\"data\":null}"),
            ],
        ) {
            for entry in KINDS {
                for source in entry.sources {
                    spoiled(entry.kind, source, draw, parts.concat().into_bytes());
                    spoiled(entry.kind, source, draw, json.as_bytes().to_vec());
                }
            }
        }
    }

    #[test]
    fn a_fault_of_transport_leaves_the_answer_alone() {
        let kind = Kind::Transport(Transport::EmptyBody);
        assert_eq!(spoiled(kind, "x", 1, b"{}".to_vec()).body, b"{}");
    }
}
