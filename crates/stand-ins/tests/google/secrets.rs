//! Secret Manager.

use google_cloud_secretmanager_v1::client::SecretManagerService;
use stand_ins::Google;

use crate::{PROJECT, anonymous, fits};

#[tokio::test]
async fn the_latest_version_a_numbered_one_and_none() {
    let google = Google::start().await;
    google.set_secret("quarterday-x", b"first");
    google.set_secret("quarterday-x", b"second\xff");
    let client = SecretManagerService::builder()
        .with_endpoint(&google.url)
        .with_credentials(anonymous())
        .build()
        .await
        .unwrap();
    let access = |secret: &str, version: &str| {
        let name = format!("projects/{PROJECT}/secrets/{secret}/versions/{version}");
        client.access_secret_version().set_name(name).send()
    };
    let latest = access("quarterday-x", "latest").await.unwrap();
    assert!(latest.name.ends_with("/versions/2"));
    let payload = latest.payload.unwrap();
    assert_eq!(
        (payload.data.as_ref(), payload.data_crc32c),
        (&b"second\xff"[..], Some(i64::from(crc32c::crc32c(b"second\xff"))))
    );
    assert_eq!(access("quarterday-x", "1").await.unwrap().payload.unwrap().data.as_ref(), b"first");
    for (secret, version) in [("quarterday-x", "3"), ("quarterday-x", "0"), ("quarterday-y", "latest")] {
        let error = access(secret, version).await.unwrap_err();
        assert_eq!(error.status().unwrap().code, google_cloud_gax::error::rpc::Code::NotFound);
    }
    fits(&google);
}
