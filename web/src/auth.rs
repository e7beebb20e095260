//! Accounts from outside: register, sign in, a new password, and who is asking. What one does once signed in is in
//! [`crate::account`].
//!
//! - [`address`]: which addresses are one account. [`password`]: rules and hashes. [`totp`]: codes and recovery codes.
//! - [`seal`]: secrets that are read again, encrypted. [`vault`]: those of customers. [`factor`]: the second factor's.
//! - [`site_key`]: keys of the site's own.
//! - [`session`]: keys, cookies, and how a session begins. [`origin`]: the machine and the device that ask.
//! - [`limit`]: how often somebody may try. [`store`]: all SQL of it.
//! - [`form`]: the one template of all these pages. [`register`], [`sign_in`], [`code`], [`reset`]: the pages.
//! - [`letters`]: what the worker writes to those who registered or forgot their password.
//!
//! **An account begins when its address is confirmed.** Whoever has registered and not yet opened the link in the mail
//! has no account: they read as a visitor does, which is the free tier, and can neither subscribe nor keep anything. So
//! every session belongs to a confirmed address, and nobody who buys has to be asked for one.
//!
//! **Nobody learns from us which addresses have an account.** Registering and asking for a new password do the same work
//! for every address and give the same answer; the worker finds out afterwards and writes to the address alone: a link
//! to whoever is new, a notice to whoever has an account. Signing in checks a password in either case.
//!
//! Boundaries: what a reader may see is decided in [`crate::access`].

use crate::app::{Guard, Route, get, post};

pub mod address;
pub mod code;
pub mod factor;
pub mod form;
pub mod letters;
pub mod limit;
pub mod origin;
pub mod password;
pub mod register;
pub mod reset;
pub mod seal;
pub mod session;
pub mod sign_in;
pub mod site_key;
pub mod store;
pub mod totp;
pub mod vault;

/// The routes of those who are not signed in.
pub static ROUTES: &[Route] = &[
    get("/register", Guard::Open, |r| r.to(register::ask)),
    post("/register", Guard::Open, |r| r.to(register::take)),
    get("/register/sent", Guard::Open, |r| r.to(register::sent)),
    get("/register/confirm", Guard::Open, |r| r.to(register::opened)),
    post("/register/confirm", Guard::Open, |r| r.to(register::confirm)),
    get("/sign-in", Guard::Open, |r| r.to(sign_in::ask)),
    post("/sign-in", Guard::Open, |r| r.to(sign_in::take)),
    get("/sign-in/code", Guard::Open, |r| r.to(code::ask)),
    post("/sign-in/code", Guard::Open, |r| r.to(code::take)),
    post("/sign-out", Guard::Open, |r| r.to(sign_in::leave)),
    get("/reset", Guard::Open, |r| r.to(reset::ask)),
    post("/reset", Guard::Open, |r| r.to(reset::take)),
    get("/reset/sent", Guard::Open, |r| r.to(reset::sent)),
    get("/reset/new", Guard::Open, |r| r.to(reset::opened)),
    post("/reset/new", Guard::Open, |r| r.to(reset::choose)),
];
