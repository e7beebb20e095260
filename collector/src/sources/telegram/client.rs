//! The client of Telegram's protocol, and its session as one text.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::future::BoxFuture;
use grammers_client::session::storages::MemorySession;
use grammers_client::session::types::{DcOption, PeerRef};
use grammers_client::session::{Session as _, SessionData};
use grammers_client::{Client, InvocationError, SenderPool};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::mtproto::{History, Message, refusal};
use crate::trouble::Trouble;

/// Messages of one call.
const MESSAGES: usize = 100;

/// What is kept of a signed-in session: where it is at home, and the keys.
#[derive(Serialize, Deserialize)]
struct Saved {
    home: i32,
    centres: Vec<DcOption>,
}

/// A connection; it ends when it is dropped.
pub(super) struct Connection {
    pub(super) client: Client,
    session: Arc<MemorySession>,
    /// Looking names up costs dearly, so each is looked up once.
    peers: Mutex<HashMap<String, PeerRef>>,
}

/// Reads a session from the text that signing in printed.
pub(super) fn parse(text: &str) -> Option<SessionData> {
    let saved: Saved = serde_json::from_slice(&BASE64.decode(text.trim()).ok()?).ok()?;
    let mut data = SessionData { home_dc: saved.home, ..SessionData::default() };
    data.dc_options.extend(saved.centres.into_iter().map(|centre| (centre.id, centre)));
    Some(data)
}

impl Connection {
    /// Connects once something is asked.
    pub(super) fn open(data: SessionData, api_id: i32) -> Self {
        let session = Arc::new(MemorySession::from(data));
        let SenderPool { runner, handle, .. } = SenderPool::new(Arc::clone(&session), api_id);
        tokio::spawn(runner.run());
        Self { client: Client::new(handle), session, peers: Mutex::default() }
    }

    /// The session as one text: whoever has it is signed in.
    pub(super) fn text(&self) -> Option<String> {
        let home = self.session.home_dc_id().ok()?;
        let centres = (1..=5).filter_map(|id| self.session.dc_option(id).ok()?).collect();
        Some(BASE64.encode(serde_json::to_vec(&Saved { home, centres }).ok()?))
    }

    async fn peer(&self, channel: &str) -> Result<PeerRef, Trouble> {
        let mut peers = self.peers.lock().await;
        if let Some(peer) = peers.get(channel) {
            return Ok(*peer);
        }
        let unknown = || refusal(400, "USERNAME_NOT_OCCUPIED", None);
        let found = self.client.resolve_username(channel).await.map_err(|e| trouble(&e))?;
        let peer = found.ok_or_else(unknown)?.to_ref().await.ok().flatten().ok_or_else(unknown)?;
        peers.insert(channel.to_owned(), peer);
        Ok(peer)
    }
}

/// What an error of the client means.
pub(super) fn trouble(error: &InvocationError) -> Trouble {
    match error {
        InvocationError::Rpc(error) => refusal(error.code, &error.name, error.value),
        other => Trouble::transient(format!("no answer ({other}): see whether Telegram can be reached")),
    }
}

impl History for Connection {
    fn page<'a>(
        &'a self,
        channel: &'a str,
        before: Option<i32>,
    ) -> BoxFuture<'a, Result<Vec<Message>, Trouble>> {
        Box::pin(async move {
            let peer = self.peer(channel).await?;
            let mut found = self.client.iter_messages(peer).limit(MESSAGES).offset_id(before.unwrap_or(0));
            let mut messages = Vec::new();
            while let Some(message) = found.next().await.map_err(|error| trouble(&error))? {
                let hidden = message.edit_hide();
                messages.push(Message {
                    id: message.id(),
                    date: message.date().as_second(),
                    edit_date: message.edit_date().filter(|_| !hidden).map(|at| at.as_second()),
                    text: message.text().to_owned(),
                    views: message.view_count().map(i64::from),
                    forwards: message.forward_count().map(i64::from),
                    replies: message.reply_count().map(i64::from),
                    reactions: message.reaction_count().map(i64::from),
                    grouped_id: message.grouped_id(),
                    author: message.post_author().map(str::to_owned),
                    reply_to: message.reply_to_message_id(),
                    forwarded: message.forward_header().is_some(),
                    has_media: message.media().is_some(),
                    is_notice: message.action().is_some(),
                });
            }
            Ok(messages)
        })
    }
}
