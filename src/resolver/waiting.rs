//! The requests that wait for a connection, in a fair order: organizations take turns.

use std::collections::{HashMap, VecDeque};

use crate::name::OrgId;

/// What waits. Some of it is asked for alone.
pub(super) struct Waiting<T> {
    queues: HashMap<OrgId, VecDeque<T>>,
    /// The organizations that wait, in the order of their turns.
    turns: VecDeque<OrgId>,
    alone: VecDeque<T>,
    /// Whether it is the turn of one that is asked for alone.
    alone_next: bool,
    count: usize,
}

impl<T> Waiting<T> {
    pub(super) fn new() -> Self {
        Self { queues: HashMap::new(), turns: VecDeque::new(), alone: VecDeque::new(), alone_next: false, count: 0 }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The one that is taken next.
    pub(super) fn first(&self) -> Option<&T> {
        if self.one_alone() { self.alone.front() } else { self.queues.get(self.turns.front()?)?.front() }
    }

    /// Whether the next one is asked for alone.
    fn one_alone(&self) -> bool {
        !self.alone.is_empty() && (self.alone_next || self.turns.is_empty())
    }

    pub(super) fn push(&mut self, org: &OrgId, one: T) {
        self.count += 1;
        if let Some(queue) = self.queues.get_mut(org) {
            queue.push_back(one);
            return;
        }
        self.queues.insert(org.clone(), VecDeque::from([one]));
        self.turns.push_back(org.clone());
    }

    pub(super) fn push_alone(&mut self, one: T) {
        self.count += 1;
        self.alone.push_back(one);
    }

    /// Takes those that are asked for together, at most this many: one of each organization, then a second of each, and so
    /// on. One that clashes with those before it waits for the next time.
    pub(super) fn take(&mut self, most: usize, clash: impl Fn(&T, &T) -> bool) -> Vec<T> {
        let alone = self.one_alone();
        self.alone_next = !alone;
        if alone {
            let taken: Vec<T> = self.alone.pop_front().into_iter().collect();
            self.count -= taken.len();
            return taken;
        }
        let mut taken = Vec::new();
        let mut clashed = Vec::new();
        while taken.len() < most {
            let Some(org) = self.turns.pop_front() else { break };
            let Some(queue) = self.queues.get_mut(&org) else { continue };
            if queue.front().is_some_and(|next| taken.iter().any(|one| clash(one, next))) {
                clashed.push(org);
                continue;
            }
            taken.extend(queue.pop_front());
            if queue.is_empty() {
                self.queues.remove(&org);
            } else {
                self.turns.push_back(org);
            }
        }
        self.turns.extend(clashed);
        self.count -= taken.len();
        taken
    }

    /// Takes everything.
    pub(super) fn take_all(&mut self) -> Vec<T> {
        let all = std::mem::replace(self, Self::new());
        all.queues.into_values().flatten().chain(all.alone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(name: &str) -> OrgId {
        name.parse().expect("an id")
    }

    fn waiting(of: &[(&str, u32)]) -> Waiting<u32> {
        let mut waiting = Waiting::new();
        for (name, one) in of {
            waiting.push(&org(name), *one);
        }
        waiting
    }

    #[test]
    fn organizations_take_turns_and_each_keeps_its_order() {
        let mut waiting = waiting(&[("busy", 1), ("busy", 2), ("busy", 3), ("acme", 4), ("busy", 5), ("bolt", 6)]);
        assert_eq!(waiting.take(4, |_, _| false), [1, 4, 6, 2]);
        waiting.push(&org("acme"), 7);
        assert_eq!(waiting.take(4, |_, _| false), [3, 7, 5]);
        assert_eq!((waiting.count(), waiting.take(4, |_, _| false)), (0, vec![]));
    }

    #[test]
    fn what_clashes_waits_for_the_next_time_and_holds_up_no_other_organization() {
        let mut waiting = waiting(&[("acme", 1), ("acme", 1), ("acme", 2), ("bolt", 1), ("bolt", 3)]);
        let same = |one: &u32, other: &u32| one == other;
        assert_eq!(waiting.take(9, same), [1]);
        assert_eq!(waiting.take(9, same), [1, 3]);
        assert_eq!(waiting.take(9, same), [1, 2]);
    }

    #[test]
    fn one_that_is_asked_alone_is_asked_alone_and_takes_its_turn() {
        let mut waiting = waiting(&[("acme", 1), ("bolt", 2), ("acme", 3)]);
        waiting.push_alone(8);
        waiting.push_alone(9);
        let mut taken = Vec::new();
        while let Some(first) = waiting.first().copied() {
            let batch = waiting.take(2, |_, _| false);
            assert_eq!(batch.first(), Some(&first));
            taken.push(batch);
        }
        assert_eq!(taken, [vec![1, 2], vec![8], vec![3], vec![9]]);
    }
}
