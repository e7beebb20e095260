//! Language, theme and colours: a form on every page, three cookies, no account needed.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::origin::local_path;
use crate::state::App;

/// What the form may send; what it leaves out stays as it is.
#[derive(Debug, Deserialize)]
pub struct Form {
    lang: Option<String>,
    theme: Option<String>,
    colours: Option<String>,
    back: Option<String>,
}

/// `POST /preferences`
pub async fn store(app: web::Data<App>, form: web::Form<Form>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header(("location", local_path(form.back.as_deref().unwrap_or("/")).to_owned()));
    let choices = [
        ("lang", &form.lang, ["en", "es", ""]),
        ("theme", &form.theme, ["light", "dark", "system"]),
        ("colours", &form.colours, ["classic", "safe", ""]),
    ];
    for (name, choice, known) in choices {
        let Some(value) = choice.as_deref().filter(|v| !v.is_empty() && known.contains(v)) else { continue };
        let cookie = Cookie::build(name, value.to_owned())
            .path("/")
            .max_age(Duration::days(365))
            .secure(app.settings.secure())
            .same_site(SameSite::Lax)
            .finish();
        response.cookie(cookie);
    }
    response.finish()
}
