//! The newest of many: what is remembered by count and for a while, and shed in the order in which it came.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// At most so many values, none for longer than a while. Every delivery passes here, and a cache that
/// chooses what to shed by use costs ten times as much as one that sheds the oldest.
#[derive(Debug)]
pub struct Recent<K, V> {
    most: usize,
    memory: Duration,
    kept: Mutex<Kept<K, V>>,
}

#[derive(Debug)]
struct Kept<K, V> {
    values: HashMap<K, (u64, V)>,
    /// By age, the oldest first. One that was removed may stay here until its turn, and its number tells
    /// it from what came under the same key later.
    order: VecDeque<(Instant, u64, K)>,
    next: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Recent<K, V> {
    #[must_use]
    pub fn new(most: usize, memory: Duration) -> Self {
        let kept = Kept {
            values: HashMap::new(),
            order: VecDeque::new(),
            next: 0,
        };
        Self {
            most,
            memory,
            kept: Mutex::new(kept),
        }
    }

    /// The value under the key, and whether it was put there now.
    pub fn get_or_insert(&self, key: K, make: impl FnOnce() -> V) -> (V, bool) {
        let now = Instant::now();
        let mut kept = self.kept(now);
        if let Some((_, value)) = kept.values.get(&key) {
            return (value.clone(), false);
        }
        let value = make();
        let number = kept.next;
        kept.next += 1;
        kept.values.insert(key.clone(), (number, value.clone()));
        kept.order.push_back((now, number, key));
        while kept.values.len() > self.most {
            kept.shed_oldest();
        }
        if kept.order.len() > self.most.saturating_mul(2) {
            kept.close_gaps();
        }
        (value, true)
    }

    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let kept = self.kept(Instant::now());
        kept.values.get(key).map(|(_, value)| value.clone())
    }

    pub fn remove(&self, key: &K) {
        self.kept(Instant::now()).values.remove(key);
    }

    /// What is not too old by now.
    fn kept(&self, now: Instant) -> MutexGuard<'_, Kept<K, V>> {
        // Nothing in here panics halfway, so what another thread left is whole.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let aged = |since: Instant| now.duration_since(since) > self.memory;
        while kept.order.front().is_some_and(|(since, ..)| aged(*since)) {
            kept.shed_oldest();
        }
        kept
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    fn shed_oldest(&mut self) {
        if let Some((_, number, key)) = self.order.pop_front()
            && self.is_kept(number, &key)
        {
            self.values.remove(&key);
        }
    }

    /// Whether it is that one, and not what came under the same key later.
    fn is_kept(&self, number: u64, key: &K) -> bool {
        { self.values.get(key) }.is_some_and(|(kept, _)| *kept == number)
    }

    /// What was removed takes nobody's place; its turn need not be waited for when much was.
    fn close_gaps(&mut self) {
        let mut order = std::mem::take(&mut self.order);
        order.retain(|(_, number, key)| self.is_kept(*number, key));
        self.order = order;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: Duration = Duration::from_hours(1);

    #[test]
    fn what_was_removed_takes_nobodys_place_nor_room() {
        let recent = Recent::new(2, AGES);
        recent.get_or_insert(0, || "here");
        for stranger in 1..100 {
            recent.get_or_insert(stranger, || "nobody");
            recent.remove(&stranger);
        }
        assert_eq!(recent.get(&0), Some("here"));
        assert!(recent.kept(Instant::now()).order.len() <= 4);
        recent.get_or_insert(100, || "second");
        recent.get_or_insert(101, || "third");
        assert_eq!((recent.get(&0), recent.get(&100)), (None, Some("second")));
    }

    #[test]
    fn the_oldest_is_shed_first_however_often_it_is_asked_for() {
        let recent = Recent::new(2, AGES);
        recent.get_or_insert(1, || "a");
        recent.get_or_insert(2, || "b");
        assert_eq!(recent.get_or_insert(1, || "x"), ("a", false));
        recent.get_or_insert(3, || "c");
        assert_eq!(recent.get_or_insert(2, || "x"), ("b", false));
        assert_eq!(recent.get_or_insert(1, || "x"), ("x", true));
        assert_eq!(recent.get(&2), None);
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let recent = Recent::new(9, Duration::from_millis(1));
        recent.get_or_insert(1, || "a");
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(recent.get(&1), None);
        assert_eq!(recent.get_or_insert(1, || "b"), ("b", true));
    }

    #[test]
    fn what_came_again_after_it_was_removed_is_as_old_as_its_coming_again() {
        let recent = Recent::new(2, AGES);
        recent.get_or_insert(1, || "a");
        recent.remove(&1);
        recent.get_or_insert(2, || "b");
        assert_eq!(recent.get_or_insert(1, || "c"), ("c", true));
        assert_eq!(recent.get_or_insert(1, || "x"), ("c", false));
        assert_eq!(recent.get_or_insert(2, || "x"), ("b", false));
    }
}
