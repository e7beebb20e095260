//! What staff do for a customer: change the plan, cancel, resume, pause, refund, put a coupon on, credit.
//!
//! In reading order: [`deed`] (what can be done, from a form), [`run`] (does it through `billing::actions`, or only works it
//! out), [`store`] (the SQL), [`forms`] (on the customer's page), [`pages`] (dry run and confirmation).
//!
//! Every deed goes the same way. The form leads to a dry run: billing works out, at the payment provider, what would
//! happen. The page that shows it carries a confirmation ([`super::confirm`]) bound to the digest of what was worked out.
//! Confirmed, it is worked out once more; only where nothing has changed is it done. The confirmation's nonce is the
//! order's name towards the payment provider, so a double click, a second tab or a crash in between do it once.

pub mod deed;
pub mod forms;
pub mod pages;
pub mod run;
pub mod store;
