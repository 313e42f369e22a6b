//! The requests that wait for a connection, in a fair order: organizations take turns.
//!
//! Charges of one organization wait for each other in the database, for they change one row. So one call at a time charges an
//! organization, and what comes in the meantime waits here, and goes together.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::name::OrgId;

/// What waits. Some of it is asked for alone.
pub(super) struct Waiting<T> {
    queues: HashMap<Turn, VecDeque<T>>,
    /// Those whose turn can come, in the order of their turns.
    turns: VecDeque<Turn>,
    /// The organizations that a call charges at this moment. Their queues have no turn.
    charged: HashSet<OrgId>,
    alone: VecDeque<T>,
    /// Whether it is the turn of one that is asked for alone.
    alone_next: bool,
    count: usize,
}

/// The requests of one organization that charge, or those that do not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Turn {
    pub(super) org: OrgId,
    pub(super) charges: bool,
}

/// What is asked for next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken<T> {
    pub(super) requests: Vec<T>,
    /// The organizations that are charged. Nothing else of them that charges is taken until they are released.
    pub(super) charged: Vec<OrgId>,
}

impl<T> Waiting<T> {
    pub(super) fn new() -> Self {
        Self {
            queues: HashMap::new(),
            turns: VecDeque::new(),
            charged: HashSet::new(),
            alone: VecDeque::new(),
            alone_next: false,
            count: 0,
        }
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The one that is taken next. `None` if none waits, or only such as wait for a call to end.
    pub(super) fn first(&self) -> Option<&T> {
        if self.one_alone() { self.alone.front() } else { self.queues.get(self.turns.front()?)?.front() }
    }

    /// Whether the next one is asked for alone.
    fn one_alone(&self) -> bool {
        !self.alone.is_empty() && (self.alone_next || self.turns.is_empty())
    }

    pub(super) fn push(&mut self, turn: Turn, one: T) {
        self.count += 1;
        if let Some(queue) = self.queues.get_mut(&turn) {
            queue.push_back(one);
            return;
        }
        self.queues.insert(turn.clone(), VecDeque::from([one]));
        if !(turn.charges && self.charged.contains(&turn.org)) {
            self.turns.push_back(turn);
        }
    }

    pub(super) fn push_alone(&mut self, one: T) {
        self.count += 1;
        self.alone.push_back(one);
    }

    /// Takes those that are asked for together, at most this many: one of each turn, then a second of each, and so on. One that
    /// clashes with another one of its turn waits for the next time.
    pub(super) fn take(&mut self, most: usize, clash: impl Fn(&T, &T) -> bool) -> Taken<T> {
        let alone = self.one_alone();
        self.alone_next = !alone;
        if alone {
            let requests: Vec<T> = self.alone.pop_front().into_iter().collect();
            self.count -= requests.len();
            return Taken { requests, charged: Vec::new() };
        }
        let (mut requests, mut charged) = (Vec::new(), Vec::new());
        let mut places: HashMap<OrgId, Vec<usize>> = HashMap::new();
        let (mut later, mut clashed) = (VecDeque::new(), Vec::new());
        while requests.len() < most {
            let fresh = self.turns.pop_front();
            if let Some(turn) = fresh.as_ref().filter(|turn| turn.charges) {
                charged.push(turn.org.clone());
            }
            let Some(turn) = fresh.or_else(|| later.pop_front()) else { break };
            let Some(queue) = self.queues.get_mut(&turn) else { continue };
            let before = places.entry(turn.org.clone()).or_default();
            if queue.front().is_some_and(|next| before.iter().any(|at| clash(&requests[*at], next))) {
                clashed.push(turn);
                continue;
            }
            before.push(requests.len());
            requests.extend(queue.pop_front());
            if queue.is_empty() {
                self.queues.remove(&turn);
            } else {
                later.push_back(turn);
            }
        }
        self.turns.extend(later.into_iter().chain(clashed).filter(|turn| !turn.charges));
        self.charged.extend(charged.iter().cloned());
        self.count -= requests.len();
        Taken { requests, charged }
    }

    /// Gives organizations their turns again, when the call that charged them has ended.
    pub(super) fn release(&mut self, orgs: Vec<OrgId>) {
        for org in orgs {
            let ended = self.charged.remove(&org);
            let turn = Turn { org, charges: true };
            if ended && self.queues.contains_key(&turn) {
                self.turns.push_back(turn);
            }
        }
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

    fn turn(name: &str, charges: bool) -> Turn {
        Turn { org: org(name), charges }
    }

    fn waiting(of: &[(&str, u32)], charges: bool) -> Waiting<u32> {
        let mut waiting = Waiting::new();
        for (name, one) in of {
            waiting.push(turn(name, charges), *one);
        }
        waiting
    }

    #[test]
    fn organizations_take_turns_and_each_keeps_its_order() {
        let all = [("busy", 1), ("busy", 2), ("busy", 3), ("acme", 4), ("busy", 5), ("bolt", 6)];
        let mut waiting = waiting(&all, false);
        assert_eq!(waiting.take(4, |_, _| false).requests, [1, 4, 6, 2]);
        waiting.push(turn("acme", false), 7);
        assert_eq!(waiting.take(4, |_, _| false).requests, [3, 7, 5]);
        assert_eq!((waiting.count(), waiting.take(4, |_, _| false).requests), (0, vec![]));
    }

    #[test]
    fn what_clashes_waits_for_the_next_time_and_holds_up_no_other_organization() {
        let mut waiting =
            waiting(&[("acme", 1), ("acme", 1), ("acme", 2), ("bolt", 1), ("bolt", 3), ("bolt", 3)], false);
        let same = |one: &u32, other: &u32| one == other;
        assert_eq!(waiting.take(9, same).requests, [1, 1, 3]);
        assert_eq!(waiting.take(9, same).requests, [1, 3, 2]);
    }

    #[test]
    fn one_call_at_a_time_charges_an_organization_and_the_next_takes_all_that_came_in_the_meantime() {
        let mut waiting = waiting(&[("busy", 1), ("busy", 2), ("acme", 3)], true);
        let taken = waiting.take(2, |_, _| false);
        assert_eq!(taken, Taken { requests: vec![1, 3], charged: vec![org("busy"), org("acme")] });
        for (name, one) in [("busy", 4), ("acme", 5), ("bolt", 6)] {
            waiting.push(turn(name, true), one);
        }
        waiting.push(turn("busy", false), 7);
        let others = waiting.take(9, |_, _| false);
        assert_eq!(others, Taken { requests: vec![6, 7], charged: vec![org("bolt")] });
        assert_eq!((waiting.count(), waiting.first()), (3, None));
        waiting.release(taken.charged);
        assert_eq!(waiting.first(), Some(&2));
        assert_eq!(waiting.take(9, |_, _| false).requests, [2, 5, 4]);
        waiting.release(vec![org("busy"), org("acme"), org("bolt")]);
        assert_eq!((waiting.count(), waiting.first()), (0, None));
    }

    #[test]
    fn a_repetition_is_taken_when_the_call_before_it_has_ended() {
        let mut waiting = waiting(&[("acme", 1), ("acme", 1)], true);
        let same = |one: &u32, other: &u32| one == other;
        let taken = waiting.take(9, same);
        assert_eq!((taken.requests, waiting.first()), (vec![1], None));
        waiting.release(taken.charged);
        assert_eq!(waiting.take(9, same).requests, [1]);
    }

    #[test]
    fn one_that_is_asked_alone_is_asked_alone_and_takes_its_turn() {
        let mut waiting = waiting(&[("acme", 1), ("bolt", 2), ("acme", 3)], true);
        waiting.push_alone(8);
        waiting.push_alone(9);
        let mut taken = Vec::new();
        while let Some(first) = waiting.first().copied() {
            let Taken { requests, charged } = waiting.take(2, |_, _| false);
            assert_eq!(requests.first(), Some(&first));
            taken.push(requests);
            waiting.release(charged);
        }
        assert_eq!(taken, [vec![1, 2], vec![8], vec![3], vec![9]]);
    }
}
