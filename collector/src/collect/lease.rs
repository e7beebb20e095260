//! One collector a slot: a lease in the lake that its holder renews, and that lapses where the holder is gone.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use cloud::{Lake, LakeError};
use domain::{Key, Slot};
use serde::{Deserialize, Serialize};

/// For how long a lease is good without being renewed.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(30);

/// How often it is renewed, and how often one that is taken is looked at again.
const EVERY: Duration = Duration::from_secs(5);

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    /// The machine as it was booted.
    machine: String,
    /// The process on it.
    process: String,
    /// Until when it is good.
    expires_at: DateTime<Utc>,
}

impl Holder {
    fn this() -> Self {
        let id = std::process::id();
        let process = format!("{id}:{}", started(id).unwrap_or_default());
        Self { machine: machine(), process, expires_at: cloud::clock::now() + GOOD_FOR }
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.machine, &self.process) == (&other.machine, &other.process)
    }

    /// Whether the holder can no longer renew it: the lease has lapsed, or its process on this machine is gone.
    fn is_gone(&self) -> bool {
        let ended = || {
            let (id, start) = self.process.split_once(':').unwrap_or((&self.process, ""));
            id.parse().ok().is_some_and(|id| started(id).as_deref() != Some(start))
        };
        self.expires_at < cloud::clock::now()
            || (self.machine == machine() && !self.machine.is_empty() && ended())
    }
}

/// Names this machine until it is booted again; empty where the system does not tell.
fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

/// When a process of this machine started, in the kernel's ticks: ids are used again, starts are not.
fn started(id: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields after it are numbers, the start the twentieth of them.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// A lease that is held; given back by [`Self::release`], else it lapses.
pub(super) struct Lease {
    lake: Arc<dyn Lake>,
    key: String,
    renewing: tokio::task::JoinHandle<()>,
}

impl Lease {
    /// Takes the lease of `slot`, waiting for as long as somebody who is alive holds it, `patience` at most.
    ///
    /// # Errors
    /// Somebody else still holds it then; or the lake fails.
    pub(super) async fn take(lake: &Arc<dyn Lake>, slot: Slot, patience: Duration) -> anyhow::Result<Self> {
        let key = Key::Lease { slot }.to_string();
        let until = tokio::time::Instant::now() + patience;
        loop {
            let object = lake.get(&key).await?;
            let holder = object.as_ref().and_then(|o| serde_json::from_slice::<Holder>(&o.bytes).ok());
            if holder.as_ref().is_none_or(Holder::is_gone) {
                let bytes = serde_json::to_vec(&Holder::this())?;
                let version = object.as_ref().map(|object| &object.version);
                match lake.compare_and_swap(&key, version, bytes.into()).await {
                    Ok(_) => break,
                    Err(LakeError::Conflict(_) | LakeError::Exists(_)) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
            if tokio::time::Instant::now() + EVERY > until {
                let expires_at = holder.map(|holder| holder.expires_at).unwrap_or_default();
                anyhow::bail!(
                    "another collector is at work on {slot} (its lease {key} is good until {expires_at} and renewed): wait for it, or end it"
                );
            }
            tokio::time::sleep(EVERY).await;
        }
        let renewing = tokio::spawn(renew(Arc::clone(lake), key.clone()));
        Ok(Self { lake: Arc::clone(lake), key, renewing })
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// The lake fails.
    pub(super) async fn release(self) -> anyhow::Result<()> {
        self.renewing.abort();
        let held = self.lake.get(&self.key).await?;
        let holder = held.and_then(|object| serde_json::from_slice::<Holder>(&object.bytes).ok());
        if holder.is_some_and(|holder| holder.is_same(&Holder::this())) {
            self.lake.delete(&self.key).await.context("the lease is not given back")?;
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

async fn renew(lake: Arc<dyn Lake>, key: String) {
    loop {
        tokio::time::sleep(EVERY).await;
        let renewed = async {
            let Some(object) = lake.get(&key).await? else { return Ok(()) };
            let holder: Option<Holder> = serde_json::from_slice(&object.bytes).ok();
            if holder.is_some_and(|holder| holder.is_same(&Holder::this())) {
                let bytes = serde_json::to_vec(&Holder::this()).unwrap_or_default();
                lake.compare_and_swap(&key, Some(&object.version), bytes.into()).await?;
            }
            Ok::<_, LakeError>(())
        };
        if let Err(error) = renewed.await {
            tracing::warn!(%error, %key, "the lease was not renewed");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn lake() -> (tempfile::TempDir, Arc<dyn Lake>, Slot, String) {
        let folder = tempfile::tempdir().unwrap();
        let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
        let slot: Slot = "2026-11-21T06Z".parse().unwrap();
        (folder, lake, slot, Key::Lease { slot }.to_string())
    }

    #[tokio::test]
    async fn is_held_once_and_given_back() {
        let (_folder, lake, slot, key) = lake().await;
        let lease = Lease::take(&lake, slot, Duration::ZERO).await.unwrap();
        let error = Lease::take(&lake, slot, Duration::ZERO).await.err().unwrap();
        assert!(error.to_string().contains("another collector is at work on 2026-11-21T06Z"), "{error}");
        lease.release().await.unwrap();
        assert!(lake.get(&key).await.unwrap().is_none());
        Lease::take(&lake, slot, Duration::ZERO).await.unwrap();
    }

    #[tokio::test]
    async fn is_taken_over_from_the_dead() {
        let (_folder, lake, slot, key) = lake().await;
        let alive = Holder { machine: "elsewhere".to_owned(), ..Holder::this() };
        let lapsed = Holder { expires_at: cloud::clock::now() - TimeDelta::seconds(1), ..alive.clone() };
        let ended = Holder { process: "1:0".to_owned(), ..Holder::this() };
        for (holder, is_free) in [(alive, false), (lapsed, true), (ended, !machine().is_empty())] {
            lake.put(&key, serde_json::to_vec(&holder).unwrap().into()).await.unwrap();
            assert_eq!(Lease::take(&lake, slot, Duration::ZERO).await.is_ok(), is_free, "{holder:?}");
        }
        lake.put(&key, "damaged".into()).await.unwrap();
        assert!(Lease::take(&lake, slot, Duration::ZERO).await.is_ok());
    }
}
