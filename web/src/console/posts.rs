//! Posts: announcements and analyses, written in the console in English and Spanish, read by everybody.
//!
//! In reading order: [`draft`] (a form, and what is wrong with it), [`markdown`] (how it becomes HTML that is safe),
//! [`store`] (all SQL), [`pages`] (the console's pages), [`public`] (`/posts`), [`feed`] (Atom).
//!
//! A post is visible from `publish_at` on until it is withdrawn; nothing has to run for that. Every saved version is kept;
//! the newest one is shown. A post that is visible or scheduled has title and text in both languages.

pub mod draft;
pub mod feed;
pub mod markdown;
pub mod pages;
pub mod public;
pub mod store;

use chrono::{DateTime, Utc};

/// What a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something about the product.
    Announcement,
    /// Something about markets.
    Analysis,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Announcement, Self::Analysis];

    /// Its name in Postgres and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Announcement => "announcement",
            Self::Analysis => "analysis",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Announcement => "post_announcement",
            Self::Analysis => "post_analysis",
        }
    }
}

/// Where a post stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Seen by staff alone.
    Draft,
    /// Will be seen.
    Scheduled,
    /// Is seen.
    Published,
    /// Is no longer seen.
    Withdrawn,
}

impl Standing {
    /// Where a post stands at `now`.
    pub fn at(
        publish_at: Option<DateTime<Utc>>,
        withdrawn_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        match publish_at {
            _ if withdrawn_at.is_some() => Self::Withdrawn,
            None => Self::Draft,
            Some(at) if at > now => Self::Scheduled,
            Some(_) => Self::Published,
        }
    }

    /// The key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "post_draft",
            Self::Scheduled => "post_scheduled",
            Self::Published => "post_published",
            Self::Withdrawn => "post_withdrawn",
        }
    }
}
