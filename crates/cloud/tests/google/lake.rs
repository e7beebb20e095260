//! The lake in a bucket, when the service fails.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::gcp::StorageLake;
use cloud::{Lake, LakeError};
use google_cloud_auth::credentials::service_account;
use serde_json::json;
use stand_ins::{Fault, Google, What};

use super::settings;

async fn lake() -> (Google, Arc<dyn Lake>) {
    let google = Google::start().await;
    google.create_bucket("lake");
    let lake = StorageLake::open("gs://lake", &settings(&google).endpoints).await.unwrap();
    (google, Arc::new(lake))
}

fn failing(method: &'static str, path: &str, times: u32, status: u16) -> Fault {
    let body = json!({ "error": { "code": status, "message": "as planned" } });
    Fault::new(method, path, times, What::Status(status, body))
}

#[tokio::test]
async fn errors_that_pass_are_outlasted() {
    let (google, lake) = lake().await;
    for status in [429, 500, 503] {
        google.fault(failing("", "/storage/", 2, status));
        lake.put("a", "one".into()).await.unwrap();
        google.fault(failing("GET", "/o/a$", 2, status));
        assert_eq!(&lake.get("a").await.unwrap().unwrap().bytes[..], b"one");
        google.fault(failing("GET", "/o$", 2, status));
        assert_eq!(lake.list("").await.unwrap(), ["a"]);
        google.fault(failing("DELETE", "/o/a$", 2, status));
        lake.delete("a").await.unwrap();
    }
    assert_eq!(google.violations(), [""; 0]);
}

#[tokio::test]
async fn a_conditional_write_whose_answer_was_lost_is_known_again() {
    let (google, lake) = lake().await;
    // Of a resumable upload the last request writes; its answer is lost.
    google.fault(Fault::new("PUT", "/upload/", 1, What::LoseAnswer));
    let version = lake.put_if_absent("state/x.json", "mine".into()).await.unwrap();
    assert_eq!(lake.get("state/x.json").await.unwrap().unwrap().version, version);
    google.fault(Fault::new("PUT", "/upload/", 1, What::LoseAnswer));
    lake.compare_and_swap("state/x.json", Some(&version), "mine again".into()).await.unwrap();
    assert!(matches!(lake.put_if_absent("state/x.json", "theirs".into()).await, Err(LakeError::Exists(_))));
}

#[tokio::test]
async fn what_does_not_pass_says_what_to_do() {
    let (google, lake) = lake().await;
    lake.put("a", "one".into()).await.unwrap();
    google.fault(failing("", "/storage/", u32::MAX, 403));
    let error = lake.get("a").await.unwrap_err().to_string();
    assert!(error.contains("403") && error.contains("service account"), "{error}");
    google.clear_faults();
    google.remove_bucket("lake");
    let gone = StorageLake::open("gs://lake", &settings(&google).endpoints).await.unwrap();
    let error = gone.get("a").await.unwrap_err().to_string();
    assert!(error.contains("bucket gone"), "a bucket that is gone is no empty lake: {error}");
    assert!(gone.list("").await.is_err() && gone.put("a", "x".into()).await.is_err());
    for bad in ["gs://", "gs:///x"] {
        assert!(StorageLake::open(bad, &settings(&google).endpoints).await.is_err(), "{bad}");
    }
}

#[tokio::test]
async fn half_an_object_is_never_taken_for_the_whole() {
    let (google, lake) = lake().await;
    let content = vec![7_u8; 300_000];
    lake.put("a", content.clone().into()).await.unwrap();
    google.fault(Fault::new("GET", "/o/a$", 1, What::HalfAnswer));
    assert!(lake.get("a").await.unwrap().unwrap().bytes == content, "it is read on from where it broke off");
}

/// The key file of a service account that exists nowhere.
fn key_file() -> serde_json::Value {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    json!({
        "type": "service_account", "project_id": "quarterday-test", "private_key_id": "1", "private_key": pem,
        "client_email": "web@quarterday-test.iam.gserviceaccount.com", "universe_domain": "googleapis.com",
    })
}

#[tokio::test]
async fn a_signed_address_opens_one_object_to_anybody_for_a_while() {
    let google = Google::start().await;
    google.create_bucket("lake");
    let signer = service_account::Builder::new(key_file()).build_signer().unwrap();
    let lake =
        StorageLake::open("gs://lake", &settings(&google).endpoints).await.unwrap().with_signer(signer);
    lake.put("exports/a b.csv", "one".into()).await.unwrap();
    let url = lake.download_url("exports/a b.csv", Duration::from_secs(1)).await.unwrap().unwrap();
    for part in ["X-Goog-Signature=", "X-Goog-Expires=1", "X-Goog-Algorithm=GOOG4-RSA-SHA256"] {
        assert!(url.contains(part), "{url}");
    }
    let reply = reqwest::get(&url).await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.text().await.unwrap().as_str()), (200, "one"));
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(reqwest::get(&url).await.unwrap().status().as_u16(), 400, "it has ended");
}

#[tokio::test]
async fn a_stand_in_without_a_key_signs_nothing() {
    let (_google, lake) = lake().await;
    lake.put("a", "one".into()).await.unwrap();
    assert_eq!(lake.download_url("a", Duration::from_secs(60)).await.unwrap(), None);
}
