//! The check of requests against Google's descriptions, where these have been fetched.

use serde_json::{Value, json};
use stand_ins::Google;
use stand_ins::description::find;

#[tokio::test]
async fn what_does_not_fit_is_told() {
    if find().is_none() {
        stand_ins::skipped("Google's API descriptions are missing: run scripts/api-descriptions");
        return;
    }
    let google = Google::start().await;
    let http = reqwest::Client::new();
    let jobs = "/v1/projects/p/regions/r/jobs:submit";
    let vm = "/compute/v1/projects/p/zones/us-x1-a/instances/vm";
    let cases: [(&str, String, Value, &str); 14] = [
        ("GET", "/storage/v1/b/lake/o?prefx=a".to_owned(), json!(null), "unknown parameter prefx=a"),
        (
            "GET",
            "/storage/v1/b/lake/o?maxResults=many".to_owned(),
            json!(null),
            "maxResults=many is not of type",
        ),
        (
            "GET",
            "/storage/v1/b/lake/objects".to_owned(),
            json!(null),
            "no method of Google's is GET /storage/v1/b/lake/objects",
        ),
        (
            "POST",
            "/upload/storage/v1/b/lake/o?uploadType=resumable&name=k".to_owned(),
            json!({ "sise": 1 }),
            "body.sise: unknown field",
        ),
        ("POST", format!("{vm}/start?requestid=1"), json!(null), "unknown parameter requestid=1"),
        ("POST", format!("{vm}/start"), json!({ "a": 1 }), "the method takes none"),
        (
            "POST",
            format!("{vm}/setMetadata"),
            json!({ "items": [{ "key": "a b", "value": "c" }] }),
            "does not match",
        ),
        (
            "POST",
            format!("{vm}/setMetadata"),
            json!({ "items": { "key": "a" } }),
            "body.items: {\"key\":\"a\"} is not of type \"array\"",
        ),
        ("PUT", format!("{vm}/start"), json!(null), "no method of Google's is PUT"),
        (
            "POST",
            jobs.to_owned(),
            json!({ "job": { "placement": { "cluster": "c" } } }),
            "body.job.placement.cluster: unknown field",
        ),
        (
            "POST",
            jobs.to_owned(),
            json!({ "job": { "placement": {} } }),
            "body.job.placement.clusterName: missing, but required",
        ),
        (
            "POST",
            jobs.to_owned(),
            json!({ "job": { "placement": { "clusterName": "c" }, "labels": { "a": 1 } } }),
            "body.job.labels.a: 1 is not",
        ),
        (
            "POST",
            "/v1/projects/p/locations/r/batches?batch_id=b".to_owned(),
            json!({}),
            "unknown parameter batch_id=b",
        ),
        ("GET", "/v1/projects/p/secrets/s/versions/1:read".to_owned(), json!(null), "no method of Google's"),
    ];
    for (method, path, body, expected) in cases {
        let before = google.violations().len();
        let request = http.request(method.parse().unwrap(), format!("{}{path}", google.url));
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        request.send().await.unwrap();
        let found = google.violations().split_off(before);
        assert!(found.iter().any(|what| what.contains(expected)), "{method} {path}: {found:?}");
    }
    let before = google.violations().len();
    for (path, body) in [
        (format!("{vm}/start?requestId=&$alt=json&$apiVersion=2026-11-01"), json!({})),
        (
            jobs.to_owned(),
            json!({ "job": { "placement": { "clusterName": "c" }, "status": { "state": 5 } }, "requestId": "" }),
        ),
    ] {
        http.post(format!("{}{path}", google.url)).body(body.to_string()).send().await.unwrap();
    }
    assert_eq!(google.violations().split_off(before), Vec::<String>::new());
}
