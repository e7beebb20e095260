//! The weekly report of a customer's watchlists, as a mail and as a PDF, and how customers want to be told.
//!
//! - [`week`]: which week, and when its report is due. [`content`]: what it says, for what its reader may see.
//! - [`pdf`], [`typeface`], [`chart`]: how it looks. [`letter`]: the mail. [`pages`]: the PDF by HTTP.
//! - [`schedule`]: makes those that are due. [`settings`]: the page of notification settings. [`store`]: all SQL of it.
//!
//! The same published values and the same clock make the same bytes.

use crate::app::{Guard, Route, get, post};

pub mod chart;
pub mod content;
pub mod letter;
pub mod pages;
pub mod pdf;
mod pen;
pub mod schedule;
pub mod settings;
pub mod store;
pub mod typeface;
pub mod week;

/// The routes of reports and notification settings.
pub static ROUTES: &[Route] = &[
    get("/account/notifications", Guard::SignedIn, |r| r.to(settings::page)),
    post("/account/notifications", Guard::SignedIn, |r| r.to(settings::save)),
    get("/account/reports/{week}.pdf", Guard::SignedIn, |r| r.to(pages::pdf)),
];
