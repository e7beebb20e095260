//! Cloud Storage as the lake. A version is an object's generation; create-if-absent and compare-and-swap are its
//! preconditions; contents are checked by CRC32C on the way there and back, by the client library.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use google_cloud_auth::credentials::Builder;
use google_cloud_auth::signer::Signer;
use google_cloud_gax::error::Error;
use google_cloud_gax::exponential_backoff::ExponentialBackoffBuilder;
use google_cloud_gax::retry_policy::{NeverRetry, RetryPolicyExt as _};
use google_cloud_storage::builder::storage::SignedUrlBuilder;
use google_cloud_storage::client::Storage;
use google_cloud_storage::model_ext::ReadRange;
use google_cloud_storage::retry_policy::RetryableErrors;

use super::error::{GcpError, status, words};
use super::rest::{Bucket, Refusal, passes};
use super::settings::{Endpoints, credentials};
use crate::lake::{ByteStream, Lake, LakeError, Object, Version, check_key};

/// Attempts of a conditional write; after an attempt that may have gone through, the object is looked at first.
const TRIES: u32 = 4;
/// The pause after a first failure that passes; it grows from there.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// What is larger is sent in parts that can be repeated one by one.
const RESUMABLE_BYTES: usize = 8 << 20;

/// A bucket, or a folder of one.
#[derive(Clone)]
pub struct StorageLake {
    storage: Storage,
    bucket: Bucket,
    /// `projects/_/buckets/NAME`.
    parent: String,
    /// Put before each key; empty, or ends with a slash.
    prefix: String,
    endpoint: Option<String>,
    signer: Option<Signer>,
    /// Whether the bucket has answered: a missing object and a missing bucket look alike.
    seen: Arc<AtomicBool>,
}

impl StorageLake {
    /// The lake at `gs://bucket` or `gs://bucket/folder`.
    ///
    /// # Errors
    /// `uri` is not of that form, or there are no credentials.
    pub async fn open(uri: &str, endpoints: &Endpoints) -> Result<Self, GcpError> {
        let endpoint = endpoints.storage.clone();
        let path = uri.strip_prefix("gs://").filter(|path| !path.is_empty() && !path.starts_with('/'));
        let path = path.ok_or_else(|| GcpError::Setting(format!("{uri:?} is no lake: write gs://BUCKET")))?;
        let (name, folder) = path.split_once('/').unwrap_or((path, ""));
        let folder = folder.trim_matches('/');
        let mut builder = Storage::builder()
            .with_backoff_policy(ExponentialBackoffBuilder::new().with_initial_delay(FIRST_PAUSE).clamp())
            .with_credentials(credentials(endpoint.as_ref())?)
            .with_retry_policy(
                RetryableErrors.with_attempt_limit(5).with_time_limit(Duration::from_secs(120)),
            );
        builder = match &endpoint {
            // Stand-ins lag behind the newest form of a single-shot upload; all know the resumable one.
            Some(endpoint) => builder.with_endpoint(endpoint).with_resumable_upload_threshold(0_usize),
            None => builder.with_resumable_upload_threshold(RESUMABLE_BYTES),
        };
        Ok(Self {
            storage: builder.build().await.map_err(GcpError::client("Cloud Storage"))?,
            bucket: Bucket::new(name, endpoint.as_ref())?,
            parent: format!("projects/_/buckets/{name}"),
            prefix: if folder.is_empty() { String::new() } else { format!("{folder}/") },
            endpoint,
            signer: None,
            seen: Arc::default(),
        })
    }

    /// The same, with an own key for signing addresses.
    pub fn with_signer(mut self, signer: Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    fn name(&self, key: &str) -> Result<String, LakeError> {
        check_key(key)?;
        Ok(format!("{}{key}", self.prefix))
    }

    fn refused(&self, key: &str, status: Option<u16>, reason: String) -> LakeError {
        LakeError::Service {
            lake: format!("gs://{}", self.bucket_name()),
            key: key.to_owned(),
            status,
            reason,
        }
    }

    fn bucket_name(&self) -> &str {
        self.parent.rsplit('/').next().unwrap_or_default()
    }

    fn error(&self, key: &str, error: &Error) -> LakeError {
        self.refused(key, status(error), words(error))
    }

    /// There is no such object; an error where there is no such bucket.
    async fn absent(&self, key: &str) -> Result<(), LakeError> {
        if !self.seen.load(Ordering::Relaxed) {
            let refused = |r: Refusal| self.refused(key, r.status, r.reason);
            self.bucket.list(&self.prefix, Some(1)).await.map_err(refused)?;
            self.seen.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// A write under a precondition. `Ok(None)`: the precondition does not hold.
    async fn put_when(&self, key: &str, generation: i64, bytes: Bytes) -> Result<Option<Version>, LakeError> {
        let name = self.name(key)?;
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            let written = self
                .storage
                .write_object(&self.parent, &name, bytes.clone())
                .set_if_generation_match(generation)
                .with_retry_policy(NeverRetry)
                .send_unbuffered()
                .await;
            let error = match written {
                Ok(object) => return Ok(Some(Version(object.generation.to_string()))),
                Err(error) => error,
            };
            match status(&error) {
                // After an attempt that got no answer, the object that stands in the way may be our own.
                Some(412) if attempt > 1 => {
                    let current = self.get(key).await?.filter(|object| object.bytes == bytes);
                    return Ok(current.map(|object| object.version));
                }
                Some(412) => return Ok(None),
                code if attempt < TRIES && passes(code) => {}
                _ => return Err(self.error(key, &error)),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }
}

#[async_trait]
impl Lake for StorageLake {
    async fn get(&self, key: &str) -> Result<Option<Object>, LakeError> {
        let name = self.name(key)?;
        let mut reply = match self.storage.read_object(&self.parent, &name).send().await {
            Ok(reply) => reply,
            Err(error) if status(&error) == Some(404) => return self.absent(key).await.map(|()| None),
            Err(error) => return Err(self.error(key, &error)),
        };
        self.seen.store(true, Ordering::Relaxed);
        let version = Version(reply.object().generation.to_string());
        let mut bytes = Vec::new();
        while let Some(piece) = reply.next().await {
            bytes.extend_from_slice(&piece.map_err(|e| self.error(key, &e))?);
        }
        Ok(Some(Object { bytes: bytes.into(), version }))
    }

    async fn read(&self, key: &str) -> Result<Option<ByteStream>, LakeError> {
        let name = self.name(key)?;
        let reply = match self.storage.read_object(&self.parent, &name).send().await {
            Ok(reply) => reply,
            Err(error) if status(&error) == Some(404) => return self.absent(key).await.map(|()| None),
            Err(error) => return Err(self.error(key, &error)),
        };
        let (lake, key) = (self.clone(), key.to_owned());
        let pieces = stream::unfold((reply, lake, key), |(mut reply, lake, key)| async move {
            let piece = reply.next().await?.map_err(|e| lake.error(&key, &e));
            Some((piece, (reply, lake, key)))
        });
        Ok(Some(pieces.boxed()))
    }

    async fn tail(&self, key: &str, bytes: u64) -> Result<Option<Bytes>, LakeError> {
        let name = self.name(key)?;
        let read = self.storage.read_object(&self.parent, &name).set_read_range(ReadRange::tail(bytes));
        let mut reply = match read.send().await {
            Ok(reply) => reply,
            Err(error) if status(&error) == Some(404) => return self.absent(key).await.map(|()| None),
            Err(error) => return Err(self.error(key, &error)),
        };
        let mut last = Vec::new();
        while let Some(piece) = reply.next().await {
            last.extend_from_slice(&piece.map_err(|e| self.error(key, &e))?);
        }
        Ok(Some(last.into()))
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), LakeError> {
        let name = self.name(key)?;
        let write = self.storage.write_object(&self.parent, &name, bytes).with_idempotency(true);
        write.send_unbuffered().await.map_err(|e| self.error(key, &e))?;
        Ok(())
    }

    async fn put_file(&self, key: &str, file: &Path) -> Result<(), LakeError> {
        let name = self.name(key)?;
        let source = tokio::fs::File::open(file).await;
        let source = source.map_err(|source| LakeError::Io { key: file.display().to_string(), source })?;
        let write = self.storage.write_object(&self.parent, &name, source).with_idempotency(true);
        write.send_unbuffered().await.map_err(|e| self.error(key, &e))?;
        Ok(())
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<Version, LakeError> {
        self.put_when(key, 0, bytes).await?.ok_or_else(|| LakeError::Exists(key.to_owned()))
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&Version>,
        bytes: Bytes,
    ) -> Result<Version, LakeError> {
        let conflict = || LakeError::Conflict(key.to_owned());
        let generation = expected.map_or(Ok(0), |version| version.0.parse()).map_err(|_| conflict())?;
        self.put_when(key, generation, bytes).await?.ok_or_else(conflict)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        let full = format!("{}{prefix}", self.prefix);
        let refused = |r: Refusal| self.refused(prefix, r.status, r.reason);
        let names = self.bucket.list(&full, None).await.map_err(refused)?;
        self.seen.store(true, Ordering::Relaxed);
        let mut keys: Vec<String> =
            names.iter().filter_map(|name| name.strip_prefix(&self.prefix)).map(str::to_owned).collect();
        keys.sort();
        Ok(keys)
    }

    async fn delete(&self, key: &str) -> Result<(), LakeError> {
        let name = self.name(key)?;
        self.bucket.delete(&name).await.map_err(|r| self.refused(key, r.status, r.reason))
    }

    async fn download_url(&self, key: &str, valid_for: Duration) -> Result<Option<String>, LakeError> {
        let name = self.name(key)?;
        let signer = match (&self.signer, &self.endpoint) {
            (Some(signer), _) => signer.clone(),
            // A stand-in has no key to sign with.
            (None, Some(_)) => return Ok(None),
            (None, None) => {
                Builder::default().build_signer().map_err(|e| self.refused(key, None, e.to_string()))?
            }
        };
        let mut url = SignedUrlBuilder::for_object(&self.parent, &name).with_expiration(valid_for);
        if let Some(endpoint) = &self.endpoint {
            url = url.with_endpoint(endpoint);
        }
        url.sign_with(&signer).await.map(Some).map_err(|e| self.refused(key, None, e.to_string()))
    }
}
