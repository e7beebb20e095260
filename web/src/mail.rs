//! Mails: written to an outbox with the change that causes them, sent afterwards, each once.
//!
//! - [`letter`]: what a mail says, as plain text and as HTML. [`outbox`]: the queue and the worker that empties it.
//! - [`carrier`]: the port, with its two adapters: SMTP, and the local mailbox.
//! - [`mailbox`]: the page on which local mails are read. [`unsubscribe`]: links that work signed out.
//! - [`store`]: all SQL of it.
//!
//! A mail that was handed over just before the process died is sent once more; both carry the same Message-ID, by which
//! receivers drop the second.

use crate::app::{Guard, Route, get, post};

pub mod carrier;
pub mod letter;
pub mod mailbox;
pub mod outbox;
pub mod store;
pub mod unsubscribe;

/// The routes of mails.
pub static ROUTES: &[Route] = &[
    get("/mailbox", Guard::Open, |r| r.to(mailbox::list)),
    get("/mailbox/{id}", Guard::Open, |r| r.to(mailbox::mail)),
    get("/mailbox/{id}/attachment", Guard::Open, |r| r.to(mailbox::attachment)),
    get("/unsubscribe/{token}", Guard::Open, |r| r.to(unsubscribe::ask)),
    post("/unsubscribe/{token}", Guard::Open, |r| r.to(unsubscribe::act)),
];
