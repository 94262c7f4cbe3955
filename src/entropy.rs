//! The only door to randomness: the operating system's, or a seeded stream for a test that must
//! be able to run the same way twice.

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A source of random bytes.
#[derive(Clone, Debug)]
pub enum Entropy {
    /// The operating system's generator. A machine that cannot give random bytes cannot run a
    /// service that hands out secrets, so a failure there ends the process.
    System,
    /// The same bytes for the same seed.
    Seeded(Arc<Mutex<StdRng>>),
}

impl Entropy {
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match self {
            #[expect(
                clippy::expect_used,
                clippy::disallowed_methods,
                reason = "this is the door, and no secret may ever be made without randomness"
            )]
            Self::System => getrandom::fill(&mut bytes).expect("the system gives random bytes"),
            Self::Seeded(stream) => {
                stream
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .fill_bytes(&mut bytes);
            }
        }
        bytes
    }

    /// 256 random bits in 43 characters of `[A-Za-z0-9_-]`: a session token.
    #[must_use]
    pub fn token(&self) -> String {
        BASE64URL_NOPAD.encode(&self.bytes::<32>())
    }

    /// A number below `bound` for jitter; not for secrets (it is slightly uneven).
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        u64::from_le_bytes(self.bytes()) % bound.max(1)
    }
}
