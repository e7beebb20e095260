//! What can go wrong with a source, by what is to be done about it.

use std::fmt;
use std::time::Duration;

pub use domain::manifest::TroubleClass as Class;

use crate::exchange::Exchange;

/// Why a request, or a whole stream, came to nothing.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub class: Class,
    /// What happened and what to do, in words for an operator.
    pub message: String,
    /// Whether the same request may succeed a little later.
    pub again: bool,
    /// How long the server asks to wait before that.
    pub wait: Option<Duration>,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The exchange that ended it, to be kept with the stream.
    pub exchange: Option<Box<Exchange>>,
}

impl Trouble {
    fn new(class: Class, message: impl Into<String>, again: bool) -> Self {
        Self { class, message: message.into(), again, wait: None, status: None, exchange: None }
    }

    /// It may go away by itself: worth another try.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(Class::Transient, message, true)
    }

    /// A limit that goes away after a wait.
    pub fn limited(message: impl Into<String>, wait: Option<Duration>) -> Self {
        Self { wait, ..Self::new(Class::Limit, message, true) }
    }

    /// A limit that this run cannot outwait: a day's quota, a plan's cap, a spend cap, the time of the source.
    pub fn exhausted(message: impl Into<String>) -> Self {
        Self::new(Class::Limit, message, false)
    }

    /// The operator has to change something: a key, a permission, a name, an address.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(Class::Configuration, message, false)
    }

    /// Our own fault or our own machine's, or a server that breaks its own rules.
    pub fn system(message: impl Into<String>) -> Self {
        Self::new(Class::System, message, false)
    }

    /// The same, where what looks final is now and then a whim of something in between.
    #[must_use]
    pub fn worth_another_try(self) -> Self {
        Self { again: true, ..self }
    }

    /// The same with the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self::transient(message)
    }
}
