//! What was read a moment ago: fresh for a few seconds, known however old, and read once however many ask.

use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Recent;

/// Values by key, read when they are asked for. One that was read before it was forgotten is never taken for
/// one that was read after, even if it arrives later.
pub struct Reads<K, V> {
    slots: Recent<K, Arc<Slot<V>>>,
    fresh_for: Duration,
    /// How often everything was forgotten.
    round: AtomicU64,
}

struct Slot<V> {
    kept: Mutex<Option<Kept<V>>>,
    /// How often this one was forgotten.
    turn: AtomicU64,
    /// Held by whoever reads; the others wait for what they get.
    reading: tokio::sync::Mutex<()>,
}

struct Kept<V> {
    value: V,
    at: Instant,
    age: Age,
}

/// The round and the turn in which a reading began.
type Age = (u64, u64);

impl<K, V> Reads<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// At most so many values, each fresh for so long. With no time at all everything is read each time.
    #[must_use]
    pub fn new(most: usize, fresh_for: Duration) -> Self {
        Self {
            slots: Recent::new(most, Duration::MAX),
            fresh_for,
            round: AtomicU64::new(0),
        }
    }

    /// The value: as it was read a moment ago, or read now. What is not there is not remembered. Who asks often
    /// boxes what reads: its space is else made and moved each time, mostly for nothing.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn get<E>(
        &self,
        key: &K,
        read: impl AsyncFnOnce() -> Result<Option<V>, E>,
    ) -> Result<Option<V>, E> {
        let slot = self.slots.get(key);
        if let Some(value) = slot.as_ref().and_then(|slot| self.fresh(slot)) {
            return Ok(Some(value));
        }
        let slot = slot.unwrap_or_else(|| self.slots.get_or_insert(key.clone(), Slot::empty).0);
        let _one = slot.reading.lock().await;
        if let Some(value) = self.fresh(&slot) {
            return Ok(Some(value));
        }
        let age = self.age(&slot);
        let found = read().await?;
        match &found {
            Some(value) => slot.keep(Kept {
                value: value.clone(),
                at: Instant::now(),
                age,
            }),
            None => self.slots.remove(key),
        }
        Ok(found)
    }

    /// As it was last read, however long ago: for when it cannot be read.
    pub fn last(&self, key: &K) -> Option<V> {
        let slot = self.slots.get(key)?;
        let kept = slot.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().map(|kept| kept.value.clone())
    }

    /// It has changed: whoever asks next reads it.
    pub fn forget(&self, key: &K) {
        if let Some(slot) = self.slots.get(key) {
            slot.turn.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Any of them may have changed.
    pub fn forget_all(&self) {
        self.round.fetch_add(1, Ordering::SeqCst);
    }

    fn fresh(&self, slot: &Slot<V>) -> Option<V> {
        let kept = slot.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let fresh = kept.age == self.age(slot) && kept.at.elapsed() < self.fresh_for;
        fresh.then(|| kept.value.clone())
    }

    fn age(&self, slot: &Slot<V>) -> Age {
        let turn = slot.turn.load(Ordering::SeqCst);
        (self.round.load(Ordering::SeqCst), turn)
    }
}

impl<V> Slot<V> {
    fn empty() -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::new(None),
            turn: AtomicU64::new(0),
            reading: tokio::sync::Mutex::new(()),
        })
    }

    fn keep(&self, kept: Kept<V>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

impl<K, V> fmt::Debug for Reads<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reads")
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tokio::sync::oneshot;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    async fn ask(reads: &Reads<u8, u32>, value: u32) -> Option<u32> {
        let read = async || Ok::<_, Infallible>(Some(value));
        reads.get(&1, read).await.unwrap()
    }

    #[tokio::test]
    async fn a_value_is_read_again_when_it_was_forgotten_or_is_old() {
        let reads = Reads::new(9, LONG);
        assert_eq!(ask(&reads, 1).await, Some(1));
        assert_eq!(ask(&reads, 2).await, Some(1));
        reads.forget(&1);
        assert_eq!((reads.last(&1), ask(&reads, 3).await), (Some(1), Some(3)));
        reads.forget_all();
        assert_eq!(ask(&reads, 4).await, Some(4));
        let reads = Reads::new(9, Duration::ZERO);
        assert_eq!(ask(&reads, 1).await, Some(1));
        assert_eq!(ask(&reads, 2).await, Some(2));
    }

    #[tokio::test]
    async fn one_reads_for_all_who_ask() {
        let reads = Reads::<u8, u32>::new(9, LONG);
        let (go, wait) = oneshot::channel::<()>();
        let slow = async || {
            wait.await.unwrap();
            Ok::<_, Infallible>(Some(1))
        };
        let first = reads.get(&1, slow);
        let second = async {
            // By now the first reads.
            tokio::task::yield_now().await;
            tokio::join!(ask(&reads, 2), async { go.send(()).unwrap() }).0
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!((first.unwrap(), second), (Some(1), Some(1)));
    }

    #[tokio::test]
    async fn what_was_forgotten_while_it_was_read_is_read_again() {
        let reads = Reads::new(9, LONG);
        let read = async || {
            reads.forget(&1);
            Ok::<_, Infallible>(Some(1))
        };
        assert_eq!(reads.get(&1, read).await.unwrap(), Some(1));
        assert_eq!(ask(&reads, 2).await, Some(2));
    }

    #[tokio::test]
    async fn what_is_not_there_is_asked_for_each_time() {
        let reads = Reads::<u8, u32>::new(9, LONG);
        let nothing = async || Ok::<_, Infallible>(None);
        assert_eq!(reads.get(&1, nothing).await.unwrap(), None);
        assert_eq!(ask(&reads, 2).await, Some(2));
        let broken = async || Err("gone");
        reads.forget_all();
        assert_eq!(reads.get(&1, broken).await, Err("gone"));
        assert_eq!(reads.last(&1), Some(2));
    }
}
