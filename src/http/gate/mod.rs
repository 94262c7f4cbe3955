//! What the devices ask. `/gate/v1`: each by its signature. Every answer is signed with the key that signed
//! the question; a refusal to open is an answer and so is 200, and only protocol faults are not.

mod dialects;
mod list;
mod passages;
mod passed;
mod verify;

pub use dialects::{MOST_BYTES as MOST_OF_A_READER, ask};
pub use list::{heartbeat, keys, list};
pub use passages::{MOST_BYTES, passages};
pub use passed::passed;
pub use verify::verify;

use super::problem::Problem;
use super::reader::Signed;
use crate::domain::campus::Direction;

/// A device says who it is in the body as well, and must mean itself.
fn must_be(signed: &Signed, dev: &str) -> Result<(), Problem> {
    if dev == signed.reader.device.id.as_str() {
        return Ok(());
    }
    let detail = "dev differs from the signature's";
    Err(Problem::field("dev", "device_differs", detail))
}

/// The device's own direction; what it says counts only where it has both.
fn way(registered: Direction, told: Option<&str>) -> Direction {
    match (registered, told) {
        (Direction::Both, Some("out")) => Direction::Out,
        (Direction::Both, _) => Direction::In,
        (one, _) => one,
    }
}
