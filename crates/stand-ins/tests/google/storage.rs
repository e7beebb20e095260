//! Cloud Storage.

use google_cloud_storage::client::Storage;
use google_cloud_storage::model_ext::ReadRange;
use serde_json::Value;
use stand_ins::{Fault, Google, What};

use crate::{anonymous, fits};

const BUCKET: &str = "projects/_/buckets/lake";

async fn lake() -> (Google, Storage) {
    let google = Google::start().await;
    google.create_bucket("lake");
    let client =
        Storage::builder().with_endpoint(&google.url).with_credentials(anonymous()).build().await.unwrap();
    (google, client)
}

async fn read(client: &Storage, name: &str) -> Vec<u8> {
    let mut reader = client.read_object(BUCKET, name).send().await.unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next().await.transpose().unwrap() {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * index / 7) as u8).collect()
}

#[tokio::test]
async fn single_shot_writes_are_read_back_whole_and_in_ranges() {
    let (google, client) = lake().await;
    for bytes in [noise(0), noise(1), b"\r\n--\r\n".to_vec(), noise(300_000)] {
        let write = client.write_object(BUCKET, "a/b c.bin", bytes::Bytes::from(bytes.clone()));
        let object = write.set_content_type("text/x-noise").set_metadata([("kind", "noise")]).compute_md5();
        let object = object.send_unbuffered().await.unwrap();
        assert_eq!(object.size, bytes.len() as i64);
        assert_eq!(google.objects("lake")["a/b c.bin"], bytes);
        assert_eq!(read(&client, "a/b c.bin").await, bytes);
        let reader = client.read_object(BUCKET, "a/b c.bin").send().await.unwrap();
        let found = reader.object();
        assert_eq!((found.generation, found.size), (object.generation, bytes.len() as i64));
        assert_eq!((found.content_type.as_str(), found.metadata["kind"].as_str()), ("text/x-noise", "noise"));
    }
    for (range, expected) in [
        (ReadRange::segment(10, 5), noise(300_000)[10..15].to_vec()),
        (ReadRange::offset(299_990), noise(300_000)[299_990..].to_vec()),
        (ReadRange::tail(7), noise(300_000)[299_993..].to_vec()),
    ] {
        let mut reader = client.read_object(BUCKET, "a/b c.bin").set_read_range(range).send().await.unwrap();
        assert_eq!(reader.next().await.unwrap().unwrap(), expected);
    }
    fits(&google);
}

#[tokio::test]
async fn buffered_and_resumable_writes_arrive_whole() {
    let (google, client) = lake().await;
    let bytes = noise(3_000_000);
    let write = || {
        client
            .write_object(BUCKET, "big", bytes::Bytes::from(bytes.clone()))
            .with_resumable_upload_threshold(0_usize)
    };
    let first = write().send_unbuffered().await.unwrap();
    assert_eq!(google.objects("lake")["big"], bytes);
    let second = write().with_resumable_upload_buffer_size(512 * 1024_usize).send_buffered().await.unwrap();
    assert_eq!(google.objects("lake")["big"], bytes);
    assert!(second.generation > first.generation);
    let empty = client
        .write_object(BUCKET, "empty", "")
        .with_resumable_upload_threshold(0_usize)
        .send_unbuffered()
        .await
        .unwrap();
    assert_eq!(empty.size, 0);
    assert_eq!(read(&client, "big").await, bytes);
    fits(&google);
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_resumed_and_done_once() {
    let (google, client) = lake().await;
    google.fault(Fault::new("PUT", "^/upload/", 1, What::LoseAnswer));
    let bytes = noise(1_000_000);
    let write = client
        .write_object(BUCKET, "big", bytes::Bytes::from(bytes.clone()))
        .with_resumable_upload_threshold(0_usize);
    let object = write.set_if_generation_match(0).send_unbuffered().await.unwrap();
    assert_eq!(google.objects("lake")["big"], bytes);
    let asked = google
        .requests()
        .iter()
        .filter(|request| request.header("content-range") == Some("bytes */*"))
        .count();
    assert_eq!((asked, object.size), (1, 1_000_000));
    fits(&google);
}

#[tokio::test]
async fn an_upload_that_breaks_off_goes_on_where_it_was() {
    let (google, client) = lake().await;
    google.fault(Fault::new("PUT", "^/upload/", 1, What::HalfRequest));
    let bytes = noise(1_000_000);
    let write = client
        .write_object(BUCKET, "big", bytes::Bytes::from(bytes.clone()))
        .with_resumable_upload_threshold(0_usize);
    write.send_unbuffered().await.unwrap();
    assert_eq!(google.objects("lake")["big"], bytes);
    let ranges: Vec<_> = google
        .requests()
        .iter()
        .filter_map(|request| request.headers.get("content-range").cloned())
        .collect();
    assert_eq!(ranges, ["bytes 0-999999/1000000", "bytes */*", "bytes 262144-999999/1000000"]);
    fits(&google);
}

#[tokio::test]
async fn preconditions_and_what_is_missing() {
    let (google, client) = lake().await;
    let put = |data: &'static str, generation: i64| {
        client.write_object(BUCKET, "k", data).set_if_generation_match(generation).send_unbuffered()
    };
    let first = put("one", 0).await.unwrap();
    assert_eq!(put("two", 0).await.unwrap_err().http_status_code(), Some(412));
    let second = put("two", first.generation).await.unwrap();
    assert!(second.generation > first.generation);
    assert_eq!(put("three", first.generation).await.unwrap_err().http_status_code(), Some(412));
    assert_eq!(google.objects("lake")["k"], b"two");

    let resumable = client
        .write_object(BUCKET, "k", "x")
        .with_resumable_upload_threshold(0_usize)
        .set_if_generation_match(0);
    assert_eq!(resumable.send_unbuffered().await.unwrap_err().http_status_code(), Some(412));
    assert_eq!(client.read_object(BUCKET, "none").send().await.unwrap_err().http_status_code(), Some(404));
    google.remove_bucket("lake");
    assert_eq!(client.read_object(BUCKET, "k").send().await.unwrap_err().http_status_code(), Some(404));
    assert_eq!(put("four", 0).await.unwrap_err().http_status_code(), Some(404));
    fits(&google);
}

#[tokio::test]
async fn a_wrong_checksum_is_refused() {
    let (google, client) = lake().await;
    for threshold in [0_usize, 1 << 20] {
        let write = client
            .write_object(BUCKET, "k", "bytes")
            .with_resumable_upload_threshold(threshold)
            .with_known_crc32c(7_u32);
        assert_eq!(write.send_unbuffered().await.unwrap_err().http_status_code(), Some(400));
    }
    assert!(google.objects("lake").is_empty());
    fits(&google);
}

#[tokio::test]
async fn a_read_that_breaks_off_is_resumed() {
    let (google, client) = lake().await;
    google.put_object("lake", "k", noise(500_000));
    google.fault(Fault::new("GET", "/o/k$", 2, What::HalfAnswer));
    assert_eq!(read(&client, "k").await, noise(500_000));
    assert_eq!(google.requests().len(), 3);
    fits(&google);
}

#[tokio::test]
async fn listing_pages_and_deletion_through_plain_json() {
    let (google, _) = lake().await;
    for index in 0..5 {
        google.put_object("lake", &format!("day/{index}"), [index]);
    }
    google.put_object("lake", "other", []);
    let http = reqwest::Client::new();
    let base = format!("{}/storage/v1/b/lake/o", google.url);
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let query =
            [("prefix", "day/"), ("maxResults", "2"), ("pageToken", token.as_str()), ("versions", "false")];
        let query = &query[..if token.is_empty() { 2 } else { 4 }];
        let page: Value = http.get(&base).query(query).send().await.unwrap().json().await.unwrap();
        names.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        match page["nextPageToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(names, ["day/0", "day/1", "day/2", "day/3", "day/4"]);

    let object = format!("{base}/day%2F0");
    let found: Value = http.get(&object).send().await.unwrap().json().await.unwrap();
    let delete = |generation: String| http.delete(&object).query(&[("ifGenerationMatch", generation)]).send();
    assert_eq!(delete("7".to_owned()).await.unwrap().status(), 412);
    assert_eq!(delete(found["generation"].as_str().unwrap().to_owned()).await.unwrap().status(), 204);
    assert_eq!(http.delete(&object).send().await.unwrap().status(), 404);
    fits(&google);
}

#[tokio::test]
async fn chunks_by_hand_are_counted() {
    let (google, _) = lake().await;
    let http = reqwest::Client::new();
    let begin = format!("{}/upload/storage/v1/b/lake/o?uploadType=resumable&name=k", google.url);
    let session = http.post(begin).send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let put =
        |range: &str, bytes: Vec<u8>| http.put(&session).header("content-range", range).body(bytes).send();
    let range = |answer: &reqwest::Response| {
        answer.headers().get("range").map(|range| range.to_str().unwrap().to_owned())
    };
    let bytes = noise(262_144 + 10);

    let answer = put("bytes */*", Vec::new()).await.unwrap();
    assert_eq!((answer.status().as_u16(), range(&answer)), (308, None));
    let answer = put("bytes 0-262143/*", bytes[..262_144].to_vec()).await.unwrap();
    assert_eq!((answer.status().as_u16(), range(&answer).as_deref()), (308, Some("bytes=0-262143")));
    assert_eq!(put("bytes 900000-900009/900010", noise(10)).await.unwrap().status(), 400);
    assert_eq!(put("bytes 262144-262153/*", bytes[262_144..].to_vec()).await.unwrap().status(), 400);
    assert_eq!(put("bytes */262154", Vec::new()).await.unwrap().status(), 308);
    let answer = put("bytes 0-262153/262154", bytes.clone()).await.unwrap();
    assert_eq!(answer.status(), 200);
    // A finished upload answers its object to whoever asks again.
    assert_eq!(put("bytes */*", Vec::new()).await.unwrap().status(), 200);
    assert_eq!(google.objects("lake")["k"], bytes);
    fits(&google);
}

#[tokio::test]
async fn a_signed_address_answers_until_it_expires() {
    let (google, _) = lake().await;
    google.put_object("lake", "a/b c", "content");
    let http = reqwest::Client::new();
    let get = |date: String, name: &str| {
        let query = [
            ("X-Goog-Algorithm", "GOOG4-RSA-SHA256"),
            ("X-Goog-Credential", "a@b/20261121/auto/storage/goog4_request"),
            ("X-Goog-Date", date.as_str()),
            ("X-Goog-Expires", "60"),
            ("X-Goog-SignedHeaders", "host"),
            ("X-Goog-Signature", "00"),
        ];
        http.get(format!("{}/lake/{name}", google.url)).query(&query).send()
    };
    let now = chrono::Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
    let answer = get(now.clone(), "a/b%20c").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "content"));
    assert_eq!(get(now, "none").await.unwrap().status(), 404);
    assert_eq!(get("20200101T000000Z".to_owned(), "a/b%20c").await.unwrap().status(), 400);
    assert_eq!(
        http.get(format!("{}/lake/a/b%20c?X-Goog-Date=x", google.url)).send().await.unwrap().status(),
        400
    );
    fits(&google);
}
