use serde_json::json;

use super::*;
use crate::settings::Settings;

#[test]
fn settings_are_checked() {
    let parse = |section: serde_json::Value| {
        Settings::parse(&json!({"instagram": section}).to_string(), true, |_| None)
    };
    let good = json!({"base_url": "http://h/instagram", "access_token": "token-1", "app_id": "app-123", "app_secret": "secret-1",
        "user_id": "17841", "hashtags": ["#Stocks", "stocks", "börse"], "accounts": ["acme.inc"]});
    assert_eq!(parse(good.clone()).unwrap().secrets.len(), 3);
    let many: Vec<String> = (0..31).map(|n| format!("t{n}")).collect();
    for (field, value, part) in [
        ("user_id", json!("me"), "number of your professional account"),
        ("hashtags", json!(["two words"]), "letters, digits"),
        ("hashtags", json!(many), "at most 30"),
        ("accounts", json!(["a){id}"]), "without @"),
        ("app_secret", json!(null), "instagram.app_secret is missing"),
        ("version", json!("latest"), "such as v26.0"),
        ("access_token", json!(null), "instagram.access_token is missing"),
        ("tags", json!([]), "not a field"),
    ] {
        let mut section = good.clone();
        section[field] = value;
        let said = parse(section).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(said.contains(part), "{field}: {said}");
    }
}

#[test]
fn says_what_a_hashtag_cannot_show_any_more() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let reaches_to = at("2026-11-20T06:05:00Z");
    assert!(lost(at("2026-11-20T23:30:00Z"), reaches_to).is_none());
    let trouble = lost(at("2026-11-19T18:00:00Z"), reaches_to).unwrap();
    assert!(!trouble.again && trouble.message.contains("2026-11-19 18:00"), "{}", trouble.message);
}
