//! Who reaches what: every route with every tier and every role, against a list that is kept by hand in `routes.txt`. A
//! route that is not in it fails the test until somebody has written down who may reach it, and a line without a route
//! fails, too.
//!
//! What a page shows of an asset, once it is reached, is walked in `walk.rs`.

use std::collections::BTreeMap;

use web::access::Role;
use web::app::{Guard, Verb, routes};

use crate::kit::Site;

/// Who asks: a visitor, the tiers, the roles.
const CALLERS: [&str; 9] = ["visitor", "free", "basic", "plus", "pro", "support", "admin", "ml", "operator"];

/// Who reaches a route, as `routes.txt` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    /// Everybody. What it shows may follow the tier.
    Everybody,
    /// Everybody who is signed in, or the tiers and roles named; visitors are sent to sign in, others get 403.
    SignedIn(Vec<String>),
    /// The tiers and roles named, for an asset that is not among the ten most mentioned; others get 403.
    Tiers(Vec<String>),
    /// The roles named; visitors are sent to sign in, others get 403.
    Staff(Vec<Role>),
    /// Whoever asks from this machine itself, as these tests do.
    Near,
    /// Nobody with a session: an API key, a push token or a signature is asked for.
    Machines,
}

fn listed() -> BTreeMap<(String, String), Reach> {
    let mut list = BTreeMap::new();
    for line in include_str!("routes.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [verb, path, reach, names @ ..] = words.as_slice() else { panic!("{line}") };
        let reach = match *reach {
            "everybody" => Reach::Everybody,
            "signed-in" => Reach::SignedIn(names.iter().map(|name| (*name).to_owned()).collect()),
            "machines" => Reach::Machines,
            "near" => Reach::Near,
            "tiers" => Reach::Tiers(names.iter().map(|name| (*name).to_owned()).collect()),
            "staff" => Reach::Staff(names.iter().map(|name| role(name)).collect()),
            other => panic!("{other} in {line}"),
        };
        assert!(list.insert(((*verb).to_owned(), (*path).to_owned()), reach).is_none(), "twice: {line}");
    }
    list
}

fn role(name: &str) -> Role {
    let role = Role::parse(name);
    assert!(role.as_str() == name && role.is_staff(), "{name} is no role of staff");
    role
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
    }
}

#[test]
fn every_route_is_classified_and_its_guard_says_the_same() {
    let mut list = listed();
    let mut unknown = Vec::new();
    for route in routes() {
        let Some(reach) = list.remove(&(verb(route.verb).to_owned(), route.path.to_owned())) else {
            unknown.push(format!("{} {}", verb(route.verb), route.path));
            continue;
        };
        let fits = match (&reach, route.guard) {
            (Reach::Everybody, Guard::Open | Guard::Shows(_))
            | (Reach::SignedIn(_), Guard::SignedIn | Guard::Stream)
            | (Reach::Tiers(_), Guard::Needs(_) | Guard::StreamOf(_)) => true,
            (Reach::Staff(listed), Guard::Staff(guard)) => {
                Role::ALL.iter().all(|role| listed.contains(role) == guard.contains(role))
            }
            (Reach::Near, guard) => guard == Guard::Internal && route.verb == Verb::Get,
            (Reach::Machines, guard) => {
                !matches!(guard, Guard::Open | Guard::Shows(_) | Guard::SignedIn | Guard::Staff(_))
            }
            _ => false,
        };
        assert!(
            fits,
            "{} {}: listed as {reach:?}, guarded by {:?}",
            verb(route.verb),
            route.path,
            route.guard
        );
    }
    assert!(
        unknown.is_empty(),
        "write into tests/it/routes.txt who may reach these:\n{}",
        unknown.join("\n")
    );
    assert!(list.is_empty(), "there is no such route: {:?}", list.keys());
}

/// What came of a request: reached, sent to sign in, or refused. What a reached route makes of an empty form is its own.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Reached,
    SignIn,
    Refused,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_caller_reaches_what_the_list_says_and_nothing_else() {
    let site = Site::with_slots().await;
    let list = listed();
    let mut wrong = Vec::new();
    for caller in CALLERS {
        let reading = site.sign_in_as(caller).await;
        for route in routes() {
            let Some(reach) = list.get(&(verb(route.verb).to_owned(), route.path.to_owned())) else {
                continue;
            };
            // What changes something may end the session: each gets a fresh account.
            let key = if route.verb == Verb::Get { reading.clone() } else { site.sign_in_as(caller).await };
            let mut request = site.request(verb(route.verb), &address(route.path), key.as_deref());
            if route.verb == Verb::Post {
                request = request.form(&[("nothing", "1")]);
            }
            // The body is not read: a stream has no end.
            let response = request.send().await.unwrap();
            let location =
                response.headers().get("location").map(|l| l.to_str().unwrap()).unwrap_or_default();
            let outcome = match response.status().as_u16() {
                303 if location.starts_with("/sign-in?next=") => Outcome::SignIn,
                401 | 403 => Outcome::Refused,
                // Nothing can be bought at this site, so there is nobody whose signature it could check.
                503 if route.path == "/webhooks/stripe" => Outcome::Refused,
                status => {
                    assert!(status < 500, "{} {} as {caller}: {status}", verb(route.verb), route.path);
                    Outcome::Reached
                }
            };
            let expected = expected(reach, caller);
            if outcome != expected {
                wrong.push(format!("{} {} as {caller}: {outcome:?}", verb(route.verb), route.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    site.stop().await;
}

fn expected(reach: &Reach, caller: &str) -> Outcome {
    let visitor = caller == "visitor";
    match reach {
        Reach::Everybody | Reach::Near => Outcome::Reached,
        Reach::SignedIn(_) | Reach::Staff(_) if visitor => Outcome::SignIn,
        Reach::SignedIn(names) if names.is_empty() || names.iter().any(|name| name == caller) => {
            Outcome::Reached
        }
        Reach::Staff(roles) if roles.iter().any(|role| role.as_str() == caller) => Outcome::Reached,
        Reach::Tiers(names) if names.iter().any(|name| name == caller) => Outcome::Reached,
        Reach::SignedIn(_) | Reach::Tiers(_) | Reach::Staff(_) | Reach::Machines => Outcome::Refused,
    }
}

/// An address of the route; an asset in it is one that the free tier does not see.
fn address(path: &str) -> String {
    let path =
        path.replace("{symbol}", "SYM12").replace("{name}", "absent.js").replace("{slot}", "2026-11-21T06Z");
    let mut address = String::new();
    let mut rest = path.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        address += before;
        address += "1";
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    address + rest
}
