//! The admin console, below `/admin`: customers, money, posts, switches, the audit log.
//!
//! In reading order: [`rule`] (who may do what), [`desk`] (who is asking, and the frame round each page), [`front`],
//! [`customers`] (search, one timeline a customer, why they had access), [`deeds`] (what is done for a customer: dry run,
//! reason, confirmation), [`changes`] (what is changed for everybody, the same way), [`confirm`] (the confirmation itself),
//! [`coupons`], [`plans`], [`revenue`], [`costs`],
//! [`credits`] (for late data), [`posts`], [`audit`], [`flags`]. [`store`] and the stores of the parts hold all SQL.
//!
//! Boundaries: only `billing` speaks to the payment provider and writes its tables; the console reads them and calls
//! `billing::actions`. What it writes itself: posts, flags, deeds, credits, and rows of the audit log.

use crate::app::{Guard, Route, get, post};
use rule::{ADMINS, DESK};

pub mod audit;
pub mod bars;
pub mod changes;
pub mod confirm;
pub mod costs;
pub mod coupons;
pub mod credits;
pub mod customers;
pub mod deeds;
pub mod desk;
pub mod flags;
pub mod front;
pub mod plans;
pub mod posts;
pub mod revenue;
pub mod rule;
pub mod store;

const DESKS: Guard = Guard::Staff(DESK);
const ADMIN: Guard = Guard::Staff(ADMINS);

/// The routes of the console, and of the posts that it publishes.
pub static ROUTES: &[Route] = &[
    get("/admin", DESKS, |r| r.to(front::page)),
    get("/admin/customers", DESKS, |r| r.to(customers::pages::search)),
    get("/admin/customers/{id}", DESKS, |r| r.to(customers::pages::one)),
    post("/admin/customers/{id}/deeds", DESKS, |r| r.to(deeds::pages::dry_run)),
    post("/admin/deeds", DESKS, |r| r.to(deeds::pages::confirm)),
    post("/admin/changes", ADMIN, |r| r.to(changes::confirm)),
    get("/admin/revenue", ADMIN, |r| r.to(revenue::pages::page)),
    get("/admin/revenue/changes", ADMIN, |r| r.to(revenue::behind::changes)),
    get("/admin/revenue/invoices", ADMIN, |r| r.to(revenue::behind::invoices)),
    get("/admin/costs", ADMIN, |r| r.to(costs::pages::page)),
    get("/admin/coupons", ADMIN, |r| r.to(coupons::page)),
    post("/admin/coupons", ADMIN, |r| r.to(coupons::propose)),
    post("/admin/coupons/{id}/retire", ADMIN, |r| r.to(coupons::retire::dry_run)),
    post("/admin/coupons/retire", ADMIN, |r| r.to(coupons::retire::confirm)),
    get("/admin/plans", ADMIN, |r| r.to(plans::page)),
    post("/admin/plans", ADMIN, |r| r.to(plans::propose)),
    get("/admin/credits", ADMIN, |r| r.to(credits::pages::page)),
    get("/admin/credits/{slot}", ADMIN, |r| r.to(credits::pages::one)),
    post("/admin/credits/{slot}", ADMIN, |r| r.to(credits::pages::apply)),
    get("/admin/posts", ADMIN, |r| r.to(posts::pages::list)),
    get("/admin/posts/new", ADMIN, |r| r.to(posts::pages::fresh)),
    post("/admin/posts", ADMIN, |r| r.to(posts::pages::create)),
    get("/admin/posts/{id}", ADMIN, |r| r.to(posts::pages::edit)),
    post("/admin/posts/{id}", ADMIN, |r| r.to(posts::pages::save)),
    get("/admin/audit", ADMIN, |r| r.to(audit::page)),
    get("/admin/flags", ADMIN, |r| r.to(flags::pages::page)),
    post("/admin/flags", ADMIN, |r| r.to(flags::pages::propose)),
    get("/posts", Guard::Open, |r| r.to(posts::public::list)),
    get("/posts/{slug}", Guard::Open, |r| r.to(posts::public::one)),
    get("/posts.atom", Guard::Open, |r| r.to(posts::feed::feed)),
];
