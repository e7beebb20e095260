//! What every page has in common.
//!
//! - [`reader`]: who reads, in which language and colours. [`page`]: the frame round a page.
//! - [`failure`]: pages for what goes wrong; [`refusal`]: for what cannot be asked. [`headers`]: security and caching. [`origin`]: no posts from other sites.
//! - [`files`]: scripts, styles and fonts. [`preferences`]: language, theme, colours. [`info`]: pages that say what we do.
//! - [`visitors`]: pages that go to many at once. [`shared`]: pages that are the same for all readers of a tier.
//! - How answers are compressed: [`pack`]. What is read before anybody asks for it: [`warm`].

pub mod clock;
pub mod failure;
pub mod files;
pub mod headers;
pub mod info;
pub mod origin;
pub mod pack;
pub mod page;
pub mod preferences;
pub mod reader;
pub mod refusal;
pub mod shared;
pub mod visitors;
pub mod warm;
