//! Finding the seal of a slot's forecasts in the chain that `ledger/` holds.

use domain::lake::sha256;
use domain::seal::{Head, Seal};
use domain::{Key, Slot};

use crate::lake::{Lake, LakeError};

/// Seals that are looked through, from the newest back.
const SEALS: usize = 256;

/// The first seal of this slot's forecasts among the newest of the chain; `None` where it has none.
///
/// # Errors
/// The lake cannot be read, or a link is not the one that the next one names.
pub async fn seal_of(lake: &dyn Lake, slot: Slot) -> Result<Option<Seal>, LakeError> {
    let head_key = Key::SealHead.to_string();
    let Some(head) = lake.get(&head_key).await? else { return Ok(None) };
    let head: Head = serde_json::from_slice(&head.bytes).map_err(|_| LakeError::Damaged(head_key))?;
    let (mut found, mut expected) = (None, Some(head.sha256));
    for number in (1..=head.number).rev().take(SEALS) {
        let key = Key::Seal { number }.to_string();
        let object = lake.get(&key).await?.ok_or_else(|| LakeError::Missing(key.clone()))?;
        if expected.as_deref() != Some(sha256(&object.bytes).as_str()) {
            return Err(LakeError::Damaged(key));
        }
        let seal: Seal = serde_json::from_slice(&object.bytes).map_err(|_| LakeError::Damaged(key))?;
        // The chain runs in the order of slots, but for those that were sealed late.
        let before = seal.slot < slot && !seal.late;
        expected.clone_from(&seal.previous);
        if seal.slot == slot {
            found = Some(seal);
        }
        if before {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::manifest::ObjectEntry;

    use super::*;

    #[tokio::test]
    async fn the_first_seal_of_a_slot_is_found_and_a_broken_chain_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let lake = crate::open_lake(folder.path().to_str().unwrap()).await.unwrap();
        let slot = |text: &str| text.parse::<Slot>().unwrap();
        assert_eq!(seal_of(lake.as_ref(), slot("2026-11-21T06Z")).await.unwrap(), None);
        let mut head: Option<Head> = None;
        let slots = ["2026-11-20T18Z", "2026-11-21T06Z", "2026-11-21T06Z", "2026-11-21T12Z"];
        for (n, name) in slots.into_iter().enumerate() {
            let entry = ObjectEntry::of(format!("ledger/forecasts-{n}"), name.as_bytes(), 1);
            let seal = domain::seal::next(head.as_ref(), slot(name), entry);
            lake.put(&Key::Seal { number: seal.number }.to_string(), seal.to_bytes().into()).await.unwrap();
            head = Some(Head::after(head.as_ref(), &seal));
        }
        lake.put(&Key::SealHead.to_string(), head.unwrap().to_bytes().into()).await.unwrap();
        let found = seal_of(lake.as_ref(), slot("2026-11-21T06Z")).await.unwrap().unwrap();
        assert_eq!((found.number, found.forecasts.key.as_str()), (2, "ledger/forecasts-1"));
        assert_eq!(seal_of(lake.as_ref(), slot("2026-11-21T00Z")).await.unwrap(), None);
        lake.put(&Key::Seal { number: 3 }.to_string(), b"{}".to_vec().into()).await.unwrap();
        let broken = seal_of(lake.as_ref(), slot("2026-11-21T06Z")).await;
        assert!(matches!(broken, Err(LakeError::Damaged(_))), "{broken:?}");
    }
}
