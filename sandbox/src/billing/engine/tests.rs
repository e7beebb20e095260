//! What happens to subscriptions, told as stories; [`lives`] has what holds whatever happens.

mod kit;
mod lives;
mod stories;
