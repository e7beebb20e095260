//! Server-sent events of live prices: for the page of one asset, and for programs that watch several.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use domain::{Feature, Quote};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::board::{Live, Place, is_fresh};
use super::view;
use crate::access::Access;
use crate::api::caller::call;
use crate::api::operation::LIVE;
use crate::api::problem::Problem;
use crate::error::Error;
use crate::site::reader::Reader;
use crate::state::App;

/// Symbols that a program may watch with one stream.
const WATCHED: usize = 100;
/// How often a comment tells the reader, and every proxy between, that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts; then its reader comes back and is checked anew.
const LIFE: Duration = Duration::from_secs(900);

/// `GET /api/assets/{symbol}/live`: the live price of one asset, as its page shows it.
///
/// # Errors
/// There is no such asset, its price is locked, or there is no room for one more stream.
pub async fn for_pages(reader: Reader, symbol: web::Path<String>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let symbol = edition.front.assets.get(symbol.as_str()).ok_or(Error::NotFound)?.symbol.clone();
    if let Access::Locked { unlocked_by } = edition.access(reader.who(), Feature::Price, &symbol, reader.now)
    {
        return Err(Error::Locked { feature: Feature::Price, unlocked_by });
    }
    if edition.is_left_out(&symbol) {
        return Err(Error::NotFound);
    }
    let dossier = reader.app.dossier(&edition, &symbol).await?;
    let (close, lang) = (view::last_close(&dossier.bars), reader.lang());
    let shown = move |quote: &Quote| json!(view::price(quote, close, lang));
    let place = reader.app.live.place();
    let place = place.ok_or_else(|| Error::Unavailable(anyhow::anyhow!("no room for one more stream")))?;
    Ok(answer(events(&reader.app, BTreeSet::from([symbol]), place, shown)))
}

/// `GET /api/v1/live`: the live prices of some assets, for programs.
pub async fn for_programs(request: HttpRequest) -> HttpResponse {
    call(request, &LIVE, async |caller| {
        let named = caller.parameters.text("symbols").unwrap_or_default();
        let symbols: BTreeSet<String> = named.split(',').map(str::to_owned).collect();
        if symbols.len() > WATCHED {
            return Err(Problem::parameter("symbols", &format!("at most {WATCHED} symbols in a stream")));
        }
        for symbol in &symbols {
            let is_out = caller.edition.is_left_out(symbol);
            if is_out || !caller.edition.front.assets.contains_key(symbol) {
                let accepted = format!("symbols of assets, separated by commas; {symbol:?} is none");
                return Err(Problem::parameter("symbols", &accepted));
            }
            caller.access(Feature::Price, symbol)?;
        }
        let place = caller.app.live.place().ok_or_else(|| {
            let detail = "This instance has no room for one more stream.";
            Problem::new("unavailable", detail).retry_after(30)
        })?;
        Ok(answer(events(&caller.app, symbols, place, |quote| json!(quote))))
    })
    .await
}

fn answer(events: impl Stream<Item = Result<Bytes, actix_web::Error>> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((CACHE_CONTROL, "private, no-store"))
        // Named, so that nothing collects events in order to compress them.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events)
}

struct Watching<F> {
    live: Arc<Live>,
    news: Receiver<Arc<Vec<Quote>>>,
    symbols: BTreeSet<String>,
    waiting: VecDeque<Quote>,
    shown: F,
    _place: Place,
}

/// What is live now of these symbols, then what is newer.
fn events<F: Fn(&Quote) -> Value + 'static>(
    app: &web::Data<App>,
    symbols: BTreeSet<String>,
    place: Place,
    shown: F,
) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + use<F> {
    let live = Arc::clone(&app.live);
    live.relay.listen(&live);
    // Before the newest ones are read, so that none falls between.
    let news = live.subscribe();
    let now = app.clock.now();
    let waiting = symbols.iter().filter_map(|symbol| live.fresh(symbol, now)).collect();
    let app = app.clone();
    let watching = Watching { live, news, symbols, waiting, shown, _place: place };
    let begin = stream::iter([Bytes::from_static(b"retry: 3000\n\n")]);
    let later = stream::unfold(watching, move |mut watching| {
        let app = app.clone();
        async move {
            let said = watching.next(&app).await?;
            Some((said, watching))
        }
    });
    begin.chain(later).map(Ok).take_until(tokio::time::sleep(LIFE))
}

impl<F: Fn(&Quote) -> Value> Watching<F> {
    async fn next(&mut self, app: &App) -> Option<Bytes> {
        loop {
            if let Some(quote) = self.waiting.pop_front() {
                if !is_fresh(&quote, app.clock.now()) {
                    continue;
                }
                let json = (self.shown)(&quote);
                return Some(Bytes::from(format!("event: quote\ndata: {json}\n\n")));
            }
            match tokio::time::timeout(HEARTBEAT, self.news.recv()).await {
                Err(_) => return Some(Bytes::from_static(b": alive\n\n")),
                Ok(Ok(quotes)) => {
                    let watched = quotes.iter().filter(|quote| self.symbols.contains(quote.symbol.as_str()));
                    self.waiting.extend(watched.cloned());
                }
                // Behind: what was missed is replaced by what is newest.
                Ok(Err(RecvError::Lagged(_))) => {
                    let now = app.clock.now();
                    self.waiting = self.symbols.iter().filter_map(|s| self.live.fresh(s, now)).collect();
                }
                Ok(Err(RecvError::Closed)) => return None,
            }
        }
    }
}
