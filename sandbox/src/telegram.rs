//! Telegram's preview pages: `GET /s/{channel}?before=` as public HTML, without a login.
//!
//! [`channels`] numbers the posts of each channel, [`page`] finds those of a page, [`html`] writes them with the classes of the real pages.
//!
//! A post's id is `channel/number`. A world's id of that form is kept; any other post gets a number in order of time.

mod channels;
mod html;
mod page;

use serde_json::{Value, json};

use crate::clock::Reading;
use crate::keys;
use crate::moment::Micros;
use crate::service::{Reply, Service};
use crate::wire::{Answer, Request};
use crate::world::World;
use channels::Channels;

/// The service.
pub(crate) struct Telegram {
    channels: Channels,
}

impl Telegram {
    /// The service for a world.
    pub(crate) fn new(world: &World) -> Self {
        Self { channels: Channels::new(world.posts("telegram")) }
    }
}

impl Service for Telegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        let path = request.path.trim_matches('/');
        match path.strip_prefix("s/") {
            None => Answer::text(200, html::TYPE, html::contact(path)).into(),
            Some(name) => match self.channels.named(name) {
                Some(channel) => {
                    let page = page::Page::find(world.posts("telegram"), channel, clock.now, request);
                    let body =
                        html::history(world.posts("telegram"), &self.channels, channel, clock.now, &page);
                    Answer::text(200, html::TYPE, body).into()
                }
                // Whoever has no preview is shown as a contact.
                None => Answer::text(302, html::TYPE, "").with("location", contact_url(request, name)).into(),
            },
        }
    }

    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        let answer = Answer::text(429, html::TYPE, html::plain("Too Many Requests"));
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    fn broken(&self, status: u16) -> Answer {
        Answer::text(status, html::TYPE, html::plain("Server Error"))
    }

    /// The pages know no login: this is what a blocked address gets.
    fn unauthorised(&self) -> Answer {
        Answer::text(403, html::TYPE, html::plain("Forbidden"))
    }

    fn setup(&self, _world: &World, base: &str, _clock: Reading) -> Value {
        json!({"base_url": format!("{base}/telegram"), "channels": self.channels.names()})
    }

    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// A page marks an edited post but does not reliably say when it was edited.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let posts = world.posts("telegram");
        let window = posts.first_from(from)..posts.first_from(to).max(posts.first_from(from));
        window
            .map(|row| (&posts.rows[row], self.channels.wire_id(row as u32)))
            .filter(|(post, _)| post.visible_at <= clock.now && post.visible_at < post.deleted_at)
            .map(|(post, id)| {
                let mut key = keys::of_post(post, clock.now, id);
                if let Some(key) = key.as_object_mut() {
                    key.remove("edited_at");
                }
                key
            })
            .collect()
    }
}

fn contact_url(request: &Request, name: &str) -> String {
    match request.header("host") {
        Some(host) => format!("http://{host}/telegram/{name}"),
        None => format!("/telegram/{name}"),
    }
}
