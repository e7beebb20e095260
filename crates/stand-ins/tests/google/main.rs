//! The stand-in driven by Google's own client crates, so that what it answers is what they understand, and by plain HTTP where the
//! crates hide something. Every test ends with [`fits`]: the crates' requests are known to be right, so whatever the check against
//! Google's descriptions says of them would be wrong.
#![allow(clippy::unwrap_used)]

mod compute;
mod dataproc;
mod description;
mod faults;
mod metadata;
mod secrets;
mod storage;

use google_cloud_auth::credentials::{Credentials, anonymous};
use google_cloud_gax::exponential_backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use stand_ins::Google;

const ZONE: &str = "us-x1-a";
const VM: &str = "quarterday-collector";
const PROJECT: &str = "quarterday-test";
const REGION: &str = "us-x1";

fn anonymous() -> Credentials {
    anonymous::Builder::new().build()
}

fn backoff() -> ExponentialBackoff {
    ExponentialBackoffBuilder::new()
        .with_initial_delay(std::time::Duration::from_millis(10))
        .with_maximum_delay(std::time::Duration::from_millis(20))
        .build()
        .unwrap()
}

fn fits(google: &Google) {
    assert_eq!(google.violations(), Vec::<String>::new());
}

/// Waits, for at most five seconds, until this holds.
async fn until(holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not come to hold within five seconds");
}
