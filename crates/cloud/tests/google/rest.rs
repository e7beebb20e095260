//! Secrets, and what a machine's program reads.

use cloud::gcp::Secrets;
use secrecy::ExposeSecret;
use stand_ins::Google;

use super::settings;

#[tokio::test]
async fn a_secret_is_found_by_the_name_of_its_variable() {
    let google = Google::start().await;
    google.set_secret("quarterday-x-bearer-token", "old\n");
    google.set_secret("quarterday-x-bearer-token", "new\n");
    let secrets = Secrets::open(&settings(&google)).await.unwrap();
    assert_eq!(secrets.variable("X_BEARER_TOKEN").await.unwrap().expose_secret(), "new");
    let error = secrets.variable("NONESUCH").await.unwrap_err().to_string();
    assert!(error.contains("quarterday-nonesuch") && error.contains("404"), "{error}");
    assert_eq!(google.violations(), [""; 0]);
}
