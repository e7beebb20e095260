//! What the provider keeps, as plain rows. Amounts are minor units, instants are seconds since 1970 (UTC), currencies are ISO 4217
//! codes in lower case; `metadata` is the caller's own.

pub mod catalogue;
pub mod contract;
pub mod money;
pub mod page;
pub mod paper;
pub mod people;
pub mod record;

use std::collections::BTreeMap;

pub use catalogue::{Coupon, Duration, Interval, Period, Price, Product, PromotionCode};
pub use contract::{Discount, Item, Pause, PauseBehavior, Status, Subscription};
pub use money::{Charge, Intent, IntentStatus, Refund};
pub use page::{CheckoutSession, Flow, PortalSession, SessionStatus};
pub use paper::{CreditNote, Invoice, InvoiceItem, InvoiceStatus, Line};
pub use people::{BalanceEntry, Card, Customer, PaymentMethod, TaxId};
pub use record::{Delivery, Event, Replay, TestClock};

/// Free text that the caller attaches.
pub type Metadata = BTreeMap<String, String>;
