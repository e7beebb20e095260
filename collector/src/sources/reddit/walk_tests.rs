use super::*;
use crate::settings::Settings;

fn page(names: &[&str], after: Option<&str>) -> Page {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Page { names, after: after.map(str::to_owned), ..Page::default() }
}

/// What is asked for after each page; `None` where the listing has ended.
fn walked(pages: Vec<Page>) -> Vec<Option<String>> {
    let mut walk = Walk::default();
    pages.into_iter().map(|page| if walk.goes_on(page) { walk.after.clone() } else { None }).collect()
}

#[test]
fn follows_the_cursor_to_the_end() {
    let pages = vec![page(&["a", "b"], Some("b")), page(&["c"], Some("c")), page(&["d"], None)];
    assert_eq!(walked(pages), [Some("b".to_owned()), Some("c".to_owned()), None]);
    assert_eq!(walked(vec![page(&[], None)]), [None]);
}

#[test]
fn a_repeated_cursor_is_replaced_by_the_name_it_should_be() {
    let pages = vec![page(&["a", "b"], Some("b")), page(&["c", "d"], Some("b")), page(&["e"], None)];
    assert_eq!(walked(pages), [Some("b".to_owned()), Some("d".to_owned()), None]);
    // A listing that only repeats itself has ended.
    let pages = vec![page(&["a"], Some("a")), page(&["a"], Some("a"))];
    assert_eq!(walked(pages), [Some("a".to_owned()), None]);
}

#[test]
fn a_deleted_anchor_is_replaced_by_the_one_before_it() {
    let pages =
        vec![page(&["a", "b", "c"], Some("c")), page(&[], None), page(&[], None), page(&["b", "d"], None)];
    assert_eq!(walked(pages), [Some("c".to_owned()), Some("b".to_owned()), Some("a".to_owned()), None]);
}

#[test]
fn empty_pages_go_on_but_not_for_ever() {
    let mut pages = vec![page(&["a"], Some("a")), page(&[], Some("x1")), page(&["b"], Some("b"))];
    pages.extend((0..5).map(|n| page(&[], Some(&format!("y{n}")))));
    let asked = walked(pages);
    assert!(asked[..7].iter().all(Option::is_some));
    assert_eq!(asked[7], None);
}

#[test]
fn settings_are_checked() {
    let parse = |section: serde_json::Value| {
        Settings::parse(&serde_json::json!({"reddit": section}).to_string(), true, |_| None)
    };
    let good = serde_json::json!({"base_url": "http://h/reddit", "token_url": "http://h/t", "client_id": "c1",
        "client_secret": "s1", "username": "ann", "password": "p1", "subreddits": ["r/stocks", "/r/Stocks", "x_y"]});
    let settings = parse(good.clone()).unwrap();
    assert_eq!(settings.secrets.len(), 3);
    let with = |field: &str, value: serde_json::Value| {
        let mut section = good.clone();
        section[field] = value;
        parse(section).err().map(|e| e.to_string()).unwrap_or_default()
    };
    for (field, value, part) in [
        ("subreddits", serde_json::json!(["a/b"]), "such as stocks"),
        ("subreddits", serde_json::Value::Null, "reddit.subreddits is missing"),
        ("password", serde_json::Value::Null, "reddit.password is missing"),
        ("username", serde_json::Value::Null, "(by /u/name)"),
        ("user_agent", serde_json::json!("a\nb"), "(by /u/name)"),
        ("client_id", serde_json::Value::Null, "reddit.client_id is missing"),
        ("secret", serde_json::json!("x"), "not a field"),
    ] {
        let said = with(field, value);
        assert!(said.contains(part), "{field}: {said}");
    }
}
