//! Instagram through the Graph API: hashtags of the last day, named accounts, token exchange.
//!
//! [`accounts`] says which post is whose, [`hashtags`] answers for hashtags, [`media`] writes posts.
//!
//! A post is a medium with the world's id. Every post is on an account of the setup.

mod accounts;
mod hashtags;
mod media;

use serde_json::{Map, Value, json};

use crate::clock::Reading;
use crate::fnv;
use crate::graph::failure::Failure;
use crate::graph::fields::{self, Field};
use crate::graph::{Call, Graph};
use crate::keys;
use crate::moment::Micros;
use crate::service::{Reply, Service};
use crate::wire::{Answer, Request};
use crate::world::World;
use accounts::Accounts;
use hashtags::Hashtags;

/// What the token may do.
const SCOPES: [&str; 4] =
    ["instagram_basic", "instagram_manage_insights", "pages_read_engagement", "pages_show_list"];
/// The fields of the own account.
const USER_FIELDS: [&str; 6] =
    ["id", "username", "name", "followers_count", "media_count", "business_discovery"];

/// The service.
pub(crate) struct Instagram {
    graph: Graph,
    user_id: String,
    accounts: Accounts,
    hashtags: Hashtags,
}

impl Instagram {
    /// The service for a world.
    pub(crate) fn new(world: &World) -> Self {
        let posts = world.posts("instagram");
        Self {
            graph: Graph::new(world, "instagram", &SCOPES),
            user_id: (17_841_400_000_000_000 + fnv::hash(&world.name) % 99_999_999_999).to_string(),
            accounts: Accounts::new(posts),
            hashtags: Hashtags::new(posts),
        }
    }

    fn resolve(&self, world: &World, call: &Call<'_>, over: &mut bool) -> Result<Value, Failure> {
        let posts = world.posts("instagram");
        match call.path.as_slice() {
            ["ig_hashtag_search"] => {
                self.check_user(call.request.param("user_id"))?;
                self.hashtags.search(call)
            }
            [user, "recently_searched_hashtags"] => {
                self.check_user(Some(user))?;
                self.hashtags.recently_searched(call)
            }
            [hashtag, "recent_media"] => {
                self.check_user(call.request.param("user_id"))?;
                self.hashtags.recent_media(posts, call, hashtag)
            }
            [user] if *user == self.user_id || *user == "me" => self.user(world, call),
            [hashtag] => self.hashtags.node(call, hashtag),
            [.., last] => Err(Failure::new(400, 2500, format!("Unknown path components: /{last}"))),
            [] => Err(Failure::new(400, 2500, "Unsupported get request.")),
        }
        .inspect_err(|failure| *over = failure.is_over_limit)
    }

    fn check_user(&self, user: Option<&str>) -> Result<(), Failure> {
        match user {
            None => Err(Failure::parameter("The parameter user_id is required")),
            Some(user) if user == self.user_id => Ok(()),
            Some(other) => Err(Failure::nothing(other)),
        }
    }

    /// The own account; `business_discovery` leads to another one.
    fn user(&self, world: &World, call: &Call<'_>) -> Result<Value, Failure> {
        let asked = fields::asked(call.request.param("fields"), &USER_FIELDS, &["id"], "IGUser")?;
        let mut value = Map::new();
        for field in &asked {
            match field.name.as_str() {
                "username" | "name" => value.insert(field.name.clone(), "sandbox.reader".into()),
                "followers_count" | "media_count" => value.insert(field.name.clone(), 0.into()),
                "business_discovery" => {
                    let found = self.discovery(world, call.now, field)?;
                    value.insert(field.name.clone(), found)
                }
                _ => None,
            };
        }
        value.insert("id".into(), self.user_id.as_str().into());
        Ok(Value::Object(value))
    }

    fn discovery(&self, world: &World, now: Micros, field: &Field) -> Result<Value, Failure> {
        let username = field
            .modifier("username")
            .ok_or_else(|| Failure::parameter("The parameter username is required"))?;
        self.accounts.discover(world.posts("instagram"), now, username, &field.fields)
    }
}

impl Service for Instagram {
    fn name(&self) -> &'static str {
        "instagram"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        let mut over = false;
        let mut reply = self.graph.serve(clock, request, |call| self.resolve(world, call, &mut over));
        reply.exceeded |= over;
        reply
    }

    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        Graph::too_many(wait_s)
    }

    fn broken(&self, status: u16) -> Answer {
        Graph::broken(status)
    }

    fn unauthorised(&self) -> Answer {
        Graph::unauthorised()
    }

    fn expire_tokens(&self) {
        self.graph.expire_tokens();
    }

    fn setup(&self, _world: &World, base: &str, _clock: Reading) -> Value {
        let mut setup = self.graph.setup(base);
        setup["user_id"] = json!(self.user_id);
        setup["hashtags"] = json!(self.hashtags.most_used());
        setup["accounts"] = json!(self.accounts.names());
        setup
    }

    fn secrets(&self) -> Vec<String> {
        self.graph.secrets()
    }

    /// A medium does not say that it was edited.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let mut keys =
            keys::of_posts(world.posts("instagram"), clock.now, (from, to), |post| post.id.to_string());
        keys.iter_mut().filter_map(Value::as_object_mut).for_each(|key| {
            key.remove("edited_at");
        });
        keys
    }
}
