use std::sync::Mutex;

use super::*;
use crate::trouble::Class;
use crate::window::Window;

/// A channel of messages 1 to 250, one a minute; the second call is told to wait.
#[derive(Default)]
struct Scripted {
    asked: Mutex<Vec<Option<i32>>>,
}

const START: i64 = 1_795_219_200; // 2026-11-21T00:00:00Z

impl History for Scripted {
    fn page<'a>(
        &'a self,
        channel: &'a str,
        before: Option<i32>,
    ) -> BoxFuture<'a, Result<Vec<Message>, Trouble>> {
        Box::pin(async move {
            let mut asked = self.asked.lock().unwrap();
            asked.push(before);
            if channel != "markets" {
                return Err(refusal(400, "USERNAME_NOT_OCCUPIED", None));
            }
            if asked.len() == 2 {
                return Err(refusal(420, "FLOOD_WAIT", Some(0)));
            }
            let newest = before.unwrap_or(251) - 1;
            let ids = (1..=newest).rev().take(100);
            Ok(ids
                .map(|id| Message {
                    id,
                    date: START + 60 * i64::from(id),
                    text: format!("number {id}"),
                    ..Message::default()
                })
                .collect())
        })
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn task(window: Window) -> (Task, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
    let settings = crate::settings::Settings::parse("", false, |_| None).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let client = crate::http::client(&settings).unwrap();
    let redactor = crate::http::Redactor::new(Vec::new());
    let task = Task {
        session: crate::http::Session::new(client, redactor, deadline, &settings.limits, None),
        window,
        assets: domain::AssetList::from_csv(&b"symbol,name,class\n"[..]).unwrap(),
        state: None,
        pages: 100,
        quota: crate::quota::Quota::new(
            lake,
            &domain::SourceId::new("telegram"),
            Default::default(),
            Utc::now,
        ),
        spool: crate::spool::Spool::new().unwrap(),
    };
    (task, folder)
}

#[tokio::test]
async fn pages_back_waits_as_it_is_told_and_keeps_what_was_decoded() {
    let window = Window::plain(at("2026-11-21T01:00:00Z"), at("2026-11-21T06:00:00Z"));
    let (task, _folder) = task(window).await;
    let history = Scripted::default();
    let stream = pages(&history, &task, "markets").await;
    assert!(stream.trouble.is_none(), "{:?}", stream.trouble);
    assert_eq!(*history.asked.lock().unwrap(), [None, Some(151), Some(151)]);
    let mut collected = Collected::new(&task.window, chrono::Duration::minutes(30));
    for (n, extent) in stream.exchanges.iter().enumerate() {
        let exchange = task.spool.read(*extent).unwrap();
        assert!(exchange.url.starts_with("mtproto:messages.getHistory?peer=markets"));
        super::super::wire::read(&format!("raw#{n}"), &exchange, &mut collected);
    }
    let records = collected.finish().unwrap().into_memory().unwrap();
    assert_eq!((records.posts.len(), records.posts[0].id.as_str()), (191, "markets/60"));
    assert_eq!(records.posts[0].url.as_deref(), Some("https://t.me/markets/60"));
    let unknown = pages(&history, &task, "nobody").await.trouble.unwrap();
    assert_eq!((unknown.class, unknown.again), (Class::Configuration, false));
}

#[test]
fn albums_are_one_post_and_notices_none() {
    let message = |id: i32, text: &str| Message {
        id,
        date: START + i64::from(id),
        text: text.to_owned(),
        ..Message::default()
    };
    let picture = |id: i32, text: &str| Message { grouped_id: Some(9), has_media: true, ..message(id, text) };
    let messages = vec![
        Message {
            reply_to: Some(2),
            edit_date: Some(START + 90),
            views: Some(1_841),
            ..message(8, "answer")
        },
        picture(7, ""),
        picture(6, "caption"),
        picture(5, ""),
        Message { has_media: true, ..message(4, "") },
        Message { is_notice: true, ..message(1, "Channel created") },
    ];
    let window = Window::plain(at("2026-11-21T00:00:00Z"), at("2026-11-21T06:00:00Z"));
    let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
    let body = serde_json::to_vec(&Batch { channel: "markets".to_owned(), messages }).unwrap();
    read("raw#1", &Exchange::answered("markets", SCHEME, body), &mut collected);
    read("raw#2", &Exchange::answered("markets", SCHEME, "{"), &mut collected);
    let records = collected.finish().unwrap().into_memory().unwrap();
    let posts: Vec<(&str, &str)> =
        records.posts.iter().map(|post| (post.id.as_str(), post.text.as_str())).collect();
    assert_eq!(posts, [("markets/5", "caption"), ("markets/8", "answer")]);
    assert_eq!(
        (records.posts[1].views, records.posts[1].parent_id.as_deref()),
        (Some(1_841), Some("markets/2"))
    );
    assert_eq!(records.posts[1].edited_at, instant(START + 90));
    assert_eq!(records.rejects.len(), 1);
}

#[test]
fn refusals_say_what_to_do() {
    let flood = refusal(420, "FLOOD_WAIT", Some(31));
    assert_eq!((flood.class, flood.again, flood.wait), (Class::Limit, true, Some(Duration::from_secs(31))));
    assert!(refusal(401, "AUTH_KEY_UNREGISTERED", None).message.contains("telegram-login"));
    assert_eq!(refusal(500, "INTERNAL", None).class, Class::Transient);
}
