//! What a form was when it was read, so that of two who save it the second is told of the first.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Sixteen hexadecimal digits that are others when a word of what was read is another. They are computed
/// from the row itself, so that every door that changes it changes them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Revision(String);

impl Revision {
    /// Of everything that the form saves.
    #[must_use]
    pub fn of(words: &str) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(words)[..8]))
    }

    /// Whether it is what the form says it has read.
    #[must_use]
    pub fn is(&self, read: &str) -> bool {
        self.0 == read
    }
}
