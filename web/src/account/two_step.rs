//! Signing in in two steps: an app shows codes that follow from a secret; recovery codes stand in for a lost phone.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sqlx::PgConnection;

use super::event::{self, Event};
use super::recent::Recent;
use crate::auth::factor;
use crate::auth::form::{quiet_path, refused, see_other};
use crate::auth::limit::{Act, limit};
use crate::auth::store::{second, sessions};
use crate::auth::totp;
use crate::error::Error;
use crate::site::page;
use crate::text::{count, text};

/// What the form sends that switches it on.
#[derive(Deserialize)]
pub struct Sent {
    code: String,
}

/// What an answer shows besides how things stand.
#[derive(Default)]
struct After {
    /// New recovery codes, shown this once.
    codes: Vec<String>,
    problem: Option<&'static str>,
}

/// `GET /account/two-step`
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn show(recent: Recent) -> Result<HttpResponse, Error> {
    render(&recent, After::default()).await
}

/// `POST /account/two-step`: the first code shows that the app has the secret.
///
/// # Errors
/// Not signed in, the password was not shown lately, too many tries, or Postgres fails.
pub async fn start(recent: Recent, input: web::Form<Sent>) -> Result<HttpResponse, Error> {
    let (app, now, id) = (&recent.reader.app, recent.reader.now, recent.account.id);
    limit(app, Act::Code, recent.origin.machine, &id.to_string()).await?;
    let Some(secret) = factor::begin(app, id, now).await? else {
        return Ok(see_other("/account/two-step"));
    };
    let Some(step) = totp::step(&secret, &input.code, now) else {
        let problem = Some(text(recent.reader.lang(), "code_wrong"));
        return render(&recent, After { problem, ..After::default() }).await;
    };
    let mut db = app.pool.begin().await?;
    if !factor::confirm(app, &mut db, id, (&secret, step), now).await? {
        return Ok(see_other("/account/two-step"));
    }
    let codes = new_codes(&recent, &mut db).await?;
    // Who is signed in elsewhere has shown no code.
    sessions::end_all(&mut db, id, Some(recent.account.session)).await?;
    let customer = recent.customer(&mut db).await?;
    event::record(&mut db, app, &customer, &Event::TwoStepOn, &recent.origin, now).await?;
    db.commit().await?;
    render(&recent, After { codes, ..After::default() }).await
}

/// `POST /account/two-step/off`
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn stop(recent: Recent) -> Result<HttpResponse, Error> {
    let (app, now) = (&recent.reader.app, recent.reader.now);
    let mut db = app.pool.begin().await?;
    let was_on = second::is_on(&app.pool, recent.account.id).await?;
    second::stop(&mut db, recent.account.id).await?;
    if was_on {
        let customer = recent.customer(&mut db).await?;
        event::record(&mut db, app, &customer, &Event::TwoStepOff, &recent.origin, now).await?;
    }
    db.commit().await?;
    Ok(see_other("/account"))
}

/// `POST /account/two-step/codes`: new recovery codes in place of the old ones.
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn renew(recent: Recent) -> Result<HttpResponse, Error> {
    let (app, now) = (&recent.reader.app, recent.reader.now);
    if !second::is_on(&app.pool, recent.account.id).await? {
        return Ok(see_other("/account/two-step"));
    }
    let mut db = app.pool.begin().await?;
    let codes = new_codes(&recent, &mut db).await?;
    let customer = recent.customer(&mut db).await?;
    event::record(&mut db, app, &customer, &Event::RecoveryRenewed, &recent.origin, now).await?;
    db.commit().await?;
    render(&recent, After { codes, ..After::default() }).await
}

async fn new_codes(recent: &Recent, db: &mut PgConnection) -> Result<Vec<String>, Error> {
    let codes = totp::new_recovery_codes();
    let prints: Vec<Vec<u8>> = codes.iter().filter_map(|code| totp::recovery_fingerprint(code)).collect();
    second::store_codes(db, recent.account.id, &prints, recent.reader.now).await?;
    Ok(codes)
}

async fn render(recent: &Recent, after: After) -> Result<HttpResponse, Error> {
    let (reader, account) = (&recent.reader, &recent.account);
    let (pool, lang) = (&reader.app.pool, reader.lang());
    let edition = reader.app.edition().await?;
    let mut context = page::context(reader, &edition, text(lang, "two_step_title"));
    quiet_path(reader, &mut context);
    let on = second::is_on(pool, account.id).await?;
    let left = second::codes_left(pool, account.id).await?;
    let mut setup = None;
    if !on {
        setup = factor::begin(&reader.app, account.id, reader.now).await?;
    }
    context.insert("on", &on);
    context.insert("left", &count(lang, "two_step_left", left, &[]));
    context.insert("codes", &after.codes);
    context.insert("problem", &after.problem);
    context.insert("manual", &setup.as_deref().map(totp::manual_key));
    context.insert("qr", &setup.as_deref().and_then(|secret| totp::qr(&totp::uri(&account.email, secret))));
    let response = page::render(&reader.app, "account/two-step.html", &context)?;
    Ok(if after.problem.is_some() { refused(response) } else { response })
}
