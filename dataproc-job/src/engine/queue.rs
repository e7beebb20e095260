//! Spreads reading over threads: groups of rows are decoded by whoever is free, and what is decoded is taken by whoever is
//! free, so that few groups keep all threads busy. What is decoded comes first: little of it waits at any time.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What a thread has to do.
pub(crate) enum Work<'q, G, B> {
    /// Decode a group.
    Decode(G, Decoding<'q, G, B>),
    /// Take a batch.
    Take(B),
}

struct State<G, B> {
    groups: VecDeque<G>,
    batches: VecDeque<B>,
    decoding: usize,
    open: bool,
    stopped: bool,
}

/// Groups `G` that wait to be decoded, batches `B` that wait to be taken.
pub(crate) struct Queue<G, B> {
    state: Mutex<State<G, B>>,
    changed: Condvar,
    most_batches: usize,
}

impl<G, B> Queue<G, B> {
    /// An empty queue that lets at most `most_batches` wait.
    pub(crate) fn new(most_batches: usize) -> Self {
        let state = State {
            groups: VecDeque::new(),
            batches: VecDeque::new(),
            decoding: 0,
            open: true,
            stopped: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), most_batches }
    }

    fn lock(&self) -> MutexGuard<'_, State<G, B>> {
        // The state is whole at every moment, even where a thread has died.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds groups.
    pub(crate) fn add(&self, groups: impl IntoIterator<Item = G>) {
        let mut state = self.lock();
        if !state.stopped {
            state.groups.extend(groups);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Drops all that waits and takes no more: a thread has failed.
    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        (state.open, state.stopped) = (false, true);
        state.groups.clear();
        state.batches.clear();
        self.changed.notify_all();
    }

    /// No more groups will be added.
    pub(crate) fn close(&self) {
        self.lock().open = false;
        self.changed.notify_all();
    }

    /// The next thing to do; waits for it. `None` once all is done.
    pub(crate) fn next(&self) -> Option<Work<'_, G, B>> {
        let mut state = self.lock();
        loop {
            if let Some(batch) = state.batches.pop_front() {
                return Some(Work::Take(batch));
            }
            if let Some(group) = state.groups.pop_front() {
                state.decoding += 1;
                return Some(Work::Decode(group, Decoding(self)));
            }
            if !state.open && state.decoding == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Offers a batch to the other threads; given back where enough wait already.
    pub(crate) fn offer(&self, batch: B) -> Option<B> {
        let mut state = self.lock();
        if state.stopped || state.batches.len() >= self.most_batches {
            return Some(batch);
        }
        state.batches.push_back(batch);
        drop(state);
        self.changed.notify_one();
        None
    }

    /// A group has been decoded, or its thread has failed.
    fn decoded(&self) {
        self.lock().decoding -= 1;
        self.changed.notify_all();
    }
}

/// A group that is being decoded: more batches may come of it until this is dropped.
pub(crate) struct Decoding<'q, G, B>(&'q Queue<G, B>);

impl<G, B> Drop for Decoding<'_, G, B> {
    fn drop(&mut self) {
        self.0.decoded();
    }
}
