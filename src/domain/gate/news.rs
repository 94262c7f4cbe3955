//! What has changed of that by which gates decide.

use crate::ids::PassId;

/// What gates must not be answered from memory any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// These passes are others now.
    Passes(Vec<PassId>),
    /// Any pass may be.
    EveryPass,
    /// Gates, their devices or the rules of their areas.
    Gates,
}
