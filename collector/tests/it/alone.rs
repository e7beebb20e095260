//! One source asked on its own, for a window of the test's making.

use std::collections::BTreeMap;
use std::sync::Arc;

use collector::http::{Redactor, Session, client};
use collector::normalise::{Normalised, gather};
use collector::quota::Quota;
use collector::settings::Settings;
use collector::source::{Stream, Task};
use collector::spool::Spool;
use collector::window::{Prior, Window};
use domain::{AssetList, SourceId};
use serde_json::Value;

use crate::fake::at;

/// A source with what it needs.
pub(crate) struct Alone {
    id: SourceId,
    settings: Settings,
    pub(crate) task: Task,
    _folder: tempfile::TempDir,
}

impl Alone {
    /// The only source of `settings`, with one asset, AAA.
    pub(crate) async fn new(settings: Value, window: Window) -> Self {
        let settings = Settings::parse(&settings.to_string(), true, |_| None).unwrap();
        let (id, connected) = settings.sources.iter().next().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
        let deadline = tokio::time::Instant::now() + settings.limits.source;
        let source = Arc::clone(&connected.source);
        let session = Session::new(
            client(&settings).unwrap(),
            Redactor::new(settings.secrets.clone()),
            deadline,
            &settings.limits,
            source.calls_per_minute(),
        );
        let task = Task {
            session,
            window,
            assets: AssetList::from_csv(&b"symbol,name,class\nAAA,Alpha,equity\n"[..]).unwrap(),
            state: None,
            pages: settings.limits.pages,
            quota: Quota::new(lake, id, source.allowance(), chrono::Utc::now),
            spool: Spool::new().unwrap(),
        };
        Self { id: id.clone(), task, _folder: folder, settings }
    }

    /// Fetches; gives the records and what went wrong by stream.
    pub(crate) async fn fetch(&self) -> (Normalised, BTreeMap<String, String>) {
        let streams = self.settings.sources[&self.id].source.fetch(&self.task).await;
        let troubles = streams.iter().filter_map(|stream| {
            let trouble = stream.trouble.as_ref()?;
            Some((stream.name.clone(), format!("{}: {}", trouble.class.as_str(), trouble.message)))
        });
        let troubles = troubles.collect();
        (self.read(&streams), troubles)
    }

    /// What the cheapest call says.
    pub(crate) async fn check(&self) -> Result<String, String> {
        let checked = self.settings.sources[&self.id].source.check(&self.task).await;
        checked.map_err(|trouble| format!("{}: {}", trouble.class.as_str(), trouble.message))
    }

    fn read(&self, streams: &[Stream]) -> Normalised {
        let extents = streams.iter().flat_map(|stream| &stream.exchanges);
        let exchanges = extents
            .enumerate()
            .map(|(n, extent)| Ok::<_, std::io::Error>((format!("raw#{n}"), self.task.spool.read(*extent)?)));
        let lag = self.settings.limits.lag;
        gather(&self.id, exchanges, &self.task.window, lag).unwrap().into_memory().unwrap()
    }
}

/// [00:00, 06:00) of 2026-11-21.
pub(crate) fn window() -> Window {
    Window::plain(at("2026-11-21T00:00:00Z"), at("2026-11-21T06:00:00Z"))
}

/// The same with posts of the last two days that may be asked for again.
pub(crate) fn window_after(prior: &[(&str, Option<&str>, &str)]) -> Window {
    let prior = prior.iter().map(|(id, channel, created_at)| {
        let channel = channel.map(str::to_owned);
        ((*id).to_owned(), Prior { created_at: at(created_at), channel, mark: String::new() })
    });
    Window { prior: prior.collect(), prior_from: Some(at("2026-11-19T06:00:00Z")), ..window() }
}
