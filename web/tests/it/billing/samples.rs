//! The provider's own samples of its objects, where the variable `QUARTERDAY_STRIPE_SAMPLES` names them (`openapi/fixtures3.json` of
//! its repository `stripe/openapi`): each is read. Nothing of them is in this project; that they are absent is said.

use std::io::Write;

use web::billing::gateway::Trouble;
use web::billing::gateway::convert::{self, Prices};

/// One kind of object, and how it is read.
type Reading = (&'static str, fn(&str) -> Result<(), String>);

fn as_said<T: miniserde::Deserialize>(
    text: &str,
    read: impl FnOnce(&T) -> Result<(), Trouble>,
) -> Result<(), String> {
    let parsed: T = miniserde::json::from_str(text).map_err(|_| "the library cannot read it".to_owned())?;
    read(&parsed).map_err(|trouble| trouble.to_string())
}

const READINGS: [Reading; 9] = [
    ("subscription", |text| as_said(text, |one| convert::snapshot(one, &Prices::default()).map(drop))),
    ("invoice", |text| as_said(text, |one| convert::invoice(one, &Prices::default()).map(drop))),
    ("customer", |text| as_said(text, |one| convert::customer(one).map(drop))),
    ("refund", |text| as_said(text, |one| convert::refund(one).map(drop))),
    ("credit_note", |text| as_said(text, |one| convert::credit_note(one).map(drop))),
    ("coupon", |text| as_said(text, |one| convert::coupon(one).map(drop))),
    ("tax_id", |text| as_said(text, |one| convert::tax_id(one).map(drop))),
    ("promotion_code", |text| as_said(text, |_: &stripe_shared::PromotionCode| Ok(()))),
    ("checkout.session", |text| as_said(text, |_: &stripe_shared::CheckoutSession| Ok(()))),
];

#[test]
fn the_providers_samples_are_read() {
    let Some(file) = std::env::var_os("QUARTERDAY_STRIPE_SAMPLES") else {
        let message =
            "SKIPPED: QUARTERDAY_STRIPE_SAMPLES is not set: the provider's own samples are not read\n";
        let _ = std::io::stderr().write_all(message.as_bytes());
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    for (kind, read) in READINGS {
        let sample = &all["resources"][kind];
        assert!(sample.is_object(), "there is no {kind}");
        if let Err(why) = read(&sample.to_string()) {
            wrong.push(format!("{kind}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
