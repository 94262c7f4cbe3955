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
    /// By age, the oldest first. One that was removed stays here until its turn, and its number tells
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
        kept.shed(|kept, _| kept.len() > self.most);
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
        kept.shed(|_, since| now.duration_since(since) > self.memory);
        kept
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    /// Sheds the oldest for as long as there is a reason to.
    fn shed(&mut self, due: impl Fn(&VecDeque<(Instant, u64, K)>, Instant) -> bool) {
        while let Some((since, number, key)) = self.order.front() {
            if !due(&self.order, *since) {
                return;
            }
            if self.values.get(key).is_some_and(|(kept, _)| kept == number) {
                self.values.remove(key);
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: Duration = Duration::from_hours(1);

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
