//! All that the provider knows: rows by id, the clock, and what happened, in order.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::refusal::Refusal;
use super::row::{
    BalanceEntry, Charge, CheckoutSession, Coupon, CreditNote, Customer, Delivery, Event, Intent, Invoice,
    InvoiceItem, PaymentMethod, PortalSession, Price, Product, PromotionCode, Refund, Replay, Status,
    Subscription, TaxId, TestClock,
};
use super::table::Table;

/// Id of the clock that all customers follow who have none of their own.
pub const SANDBOX_CLOCK: &str = "clock_sandbox";

/// What happens when a payment fails.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dunning {
    /// Days after the try before, for each further try.
    pub retry_days: Vec<i64>,
    /// Where the subscription stands after the last of them: `canceled`, `unpaid` or `past_due`.
    pub then: Status,
}

impl Default for Dunning {
    /// After 3, 5 and 7 more days; then it is over.
    fn default() -> Self {
        Self { retry_days: vec![3, 5, 7], then: Status::Canceled }
    }
}

/// What is not a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Number of the newest id.
    pub next: u64,
    /// What makes ids of this book unlike those of another.
    pub salt: String,
    /// Seconds by which the sandbox's clock is ahead of the real one.
    pub ahead: i64,
}

/// A row that was touched: table, id, and what it is now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Change(pub String, pub String, pub Value);

fn changes_of<T: Clone + Serialize>(
    name: &str,
    table: &mut Table<T>,
    all: &mut Vec<Change>,
) -> serde_json::Result<()> {
    for id in table.take_touched() {
        if let Some(row) = table.get(&id) {
            all.push(Change(name.to_owned(), id.to_string(), serde_json::to_value(row)?));
        }
    }
    Ok(())
}

fn put<T: Clone + DeserializeOwned>(table: &mut Table<T>, id: &str, row: Value) -> serde_json::Result<()> {
    table.put(id, serde_json::from_value(row)?);
    table.take_touched();
    Ok(())
}

macro_rules! book {
    ($($(#[$doc:meta])* $name:ident: $row:ty),* $(,)?) => {
        /// All that the provider knows. A copy is cheap: rows are shared until they are changed.
        #[derive(Debug, Clone, Default)]
        pub struct Book {
            /// The instant of what is being done: that of the clock which the customer follows.
            pub now: i64,
            /// What happens to failed payments.
            pub dunning: Dunning,
            /// What is not a row.
            pub header: Header,
            /// The key that the caller gave the request at hand.
            pub idempotency_key: Option<String>,
            /// Whether the caller wants to be told of events.
            pub tells: bool,
            /// Where the provider's own pages are, without a slash at the end.
            pub base_url: String,
            $($(#[$doc])* pub $name: Table<$row>,)*
        }

        impl Book {
            /// The rows that were touched since the last call.
            ///
            /// # Errors
            /// A row cannot be written as JSON.
            pub fn take_changes(&mut self) -> serde_json::Result<Vec<Change>> {
                let mut all = Vec::new();
                $(changes_of(stringify!($name), &mut self.$name, &mut all)?;)*
                Ok(all)
            }

            /// Puts a row back that was kept.
            ///
            /// # Errors
            /// It is not such a row, or there is no such table.
            pub fn restore(&mut self, change: Change) -> serde_json::Result<()> {
                let Change(table, id, row) = change;
                match table.as_str() {
                    $(stringify!($name) => put(&mut self.$name, &id, row),)*
                    _ => Err(serde::de::Error::custom(format!("no table is called {table}"))),
                }
            }

            /// All rows.
            ///
            /// # Errors
            /// A row cannot be written as JSON.
            pub fn all_rows(&self) -> serde_json::Result<Vec<Change>> {
                let mut copy = self.clone();
                $(copy.$name.touch_all();)*
                copy.take_changes()
            }
        }
    };
}

book! {
    /// Products.
    products: Product,
    /// Prices.
    prices: Price,
    /// Customers.
    customers: Customer,
    /// Cards.
    payment_methods: PaymentMethod,
    /// Tax numbers.
    tax_ids: TaxId,
    /// Changes of balances.
    balance_entries: BalanceEntry,
    /// Coupons.
    coupons: Coupon,
    /// Promotion codes.
    promotion_codes: PromotionCode,
    /// Subscriptions.
    subscriptions: Subscription,
    /// What waits for an invoice.
    invoice_items: InvoiceItem,
    /// Invoices.
    invoices: Invoice,
    /// Credit notes.
    credit_notes: CreditNote,
    /// Payment intents.
    intents: Intent,
    /// Charges.
    charges: Charge,
    /// Refunds.
    refunds: Refund,
    /// Visits to the checkout page.
    checkouts: CheckoutSession,
    /// Visits to the portal.
    portals: PortalSession,
    /// Clocks.
    clocks: TestClock,
    /// What happened, in order.
    events: Event,
    /// Who was told.
    deliveries: Delivery,
    /// What was answered, by key.
    replays: Replay,
}

/// Finds rows, or says that they are not there.
macro_rules! lookups {
    ($($get:ident, $get_mut:ident, $table:ident, $row:ty, $what:literal;)*) => {
        impl Book {
            $(
                #[doc = concat!("The ", $what, " with this id.\n\n# Errors\nThere is none.")]
                pub fn $get(&self, id: &str) -> Result<&$row, Refusal> {
                    self.$table.get(id).ok_or_else(|| Refusal::missing($what, id))
                }

                #[doc = concat!("The ", $what, " with this id, to be changed.\n\n# Errors\nThere is none.")]
                pub fn $get_mut(&mut self, id: &str) -> Result<&mut $row, Refusal> {
                    self.$table.get_mut(id).ok_or_else(|| Refusal::missing($what, id))
                }
            )*
        }
    };
}

lookups! {
    price, price_mut, prices, Price, "price";
    subscription, subscription_mut, subscriptions, Subscription, "subscription";
    invoice, invoice_mut, invoices, Invoice, "invoice";
    invoice_item, invoice_item_mut, invoice_items, InvoiceItem, "invoiceitem";
    intent, intent_mut, intents, Intent, "payment_intent";
    charge, charge_mut, charges, Charge, "charge";
    checkout, checkout_mut, checkouts, CheckoutSession, "checkout.session";
    payment_method, payment_method_mut, payment_methods, PaymentMethod, "PaymentMethod";
    promotion_code, promotion_code_mut, promotion_codes, PromotionCode, "promotion code";
}

impl Book {
    /// An empty book at an instant, whose ids are made from `salt`.
    pub fn new(now: i64, salt: &str) -> Self {
        let header = Header { salt: salt.to_owned(), ..Header::default() };
        Self { now, header, ..Self::default() }
    }

    /// A new id: ids of one kind sort by age, no two books have the same, and the same calls on the same book give the same.
    pub fn id(&mut self, prefix: &str) -> String {
        self.header.next += 1;
        format!("{prefix}_{:08x}{}", self.header.next, &self.secret(prefix)[..16])
    }

    /// A text that nobody can guess who does not know the book.
    pub fn secret(&self, of: &str) -> String {
        let text = format!("{}/{of}/{}", self.header.salt, self.header.next);
        hex::encode(Sha256::digest(text.as_bytes()))
    }

    /// A customer who was not deleted.
    ///
    /// # Errors
    /// There is none with this id.
    pub fn customer(&self, id: &str) -> Result<&Customer, Refusal> {
        let found = self.customers.get(id).filter(|customer| !customer.deleted);
        found.ok_or_else(|| Refusal::missing("customer", id))
    }

    /// A customer who was not deleted, to be changed.
    ///
    /// # Errors
    /// There is none with this id.
    pub fn customer_mut(&mut self, id: &str) -> Result<&mut Customer, Refusal> {
        let found = self.customers.get_mut(id).filter(|customer| !customer.deleted);
        found.ok_or_else(|| Refusal::missing("customer", id))
    }

    /// Sets the instant to what a customer's clock shows; `real` is the real clock, in seconds.
    pub fn enter(&mut self, customer: Option<&str>, real: i64) {
        let clock =
            customer.and_then(|id| self.customers.get(id)).and_then(|found| found.test_clock.as_deref());
        self.now = self.clock_shows(clock, real);
    }

    /// What a clock shows; `None`: the sandbox's.
    pub fn clock_shows(&self, clock: Option<&str>, real: i64) -> i64 {
        let own = clock.and_then(|id| self.clocks.get(id));
        own.map_or(real + self.header.ahead, |clock| clock.frozen_time)
    }

    /// Writes down that something happened, and that the caller is to be told.
    pub fn tell(&mut self, kind: &str, object: Value, previous: Option<Value>) {
        let (id, created) = (self.id("evt"), self.now);
        let idempotency_key = self.idempotency_key.clone();
        if self.tells {
            let delivery =
                Delivery { event: id.clone(), attempts: 0, next_at: Some(0), delivered_at: None, repeats: 0 };
            self.deliveries.put(&id, delivery);
        }
        let event =
            Event { id: id.clone(), kind: kind.to_owned(), created, object, previous, idempotency_key };
        self.events.put(&id, event);
    }
}
