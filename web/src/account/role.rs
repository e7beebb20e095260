//! What an account is for: given on the command line, by whoever runs the site.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgPool;

use crate::access::Role;
use crate::audit::{self, Entry};
use crate::auth::address::key_of;
use crate::auth::store::{self, sessions};

/// Gives the account with this address another role and ends its sessions; the role that it had.
///
/// # Errors
/// There is no such account, or Postgres fails.
pub async fn set(
    pool: &PgPool,
    email: &str,
    role: Role,
    reason: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Role> {
    let found = match key_of(email) {
        Some(key) => store::by_key(pool, &key).await?,
        None => None,
    };
    let customer = found.ok_or_else(|| anyhow::anyhow!("{email} has no account"))?;
    let mut db = pool.begin().await?;
    store::set_role(&mut db, customer.id, role).await?;
    // A session begun with few rights does not grow, nor does one with many stay.
    sessions::end_all(&mut db, customer.id, None).await?;
    let entry = Entry {
        actor: "web set-role",
        action: "account.role_changed",
        subject: &customer.pseudonym,
        reason,
        address: "",
        detail: &json!({ "from": customer.role.as_str(), "to": role.as_str() }),
    };
    audit::append(&mut db, &entry, now).await?;
    db.commit().await?;
    Ok(customer.role)
}
