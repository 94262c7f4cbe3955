//! What is true on a campus: who may be what, what may happen to a visit, what a gate decides.
//!
//! Pure: no async, no storage, no clock (`now` is an argument). Text that comes in is parsed into a
//! type that cannot be wrong ([`Phone`], [`IdNumber`], [`Window`] …); a visit's stage is an enum whose
//! variants hold that stage's facts and whose transitions consume; a gate's refusal is a value.

pub mod actors;
pub mod campus;
pub mod gate;
pub mod group;
pub mod hours;
pub mod id_number;
pub mod invitation;
pub mod keyword;
pub mod limits;
pub mod login_code;
pub mod message;
pub mod mode;
pub mod pass;
pub mod pass_code;
pub mod phone;
pub mod photo;
pub mod plate;
pub mod presence;
pub mod resident;
pub mod revision;
pub mod rotating_code;
pub mod route;
pub mod rules;
pub mod screening;
pub mod stage;
pub mod subscription;
pub mod texts;
pub mod visit;
pub mod visitor;
pub mod window;

pub use id_number::IdNumber;
pub use phone::Phone;
pub use plate::Plate;
pub use resident::HouseNumber;
pub use texts::{AreaNote, Cause, Comment, Items, Note, PersonName, Title};
pub use window::Window;

/// Why a text is not what it should be: a stable code, and a sentence its writer can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Fault {
    pub code: &'static str,
    pub sentence: &'static str,
}

impl Fault {
    #[must_use]
    pub const fn new(code: &'static str, sentence: &'static str) -> Self {
        Self { code, sentence }
    }
}

impl From<Fault> for crate::sheet::Reason {
    fn from(fault: Fault) -> Self {
        Self::new(fault.code, fault.sentence)
    }
}

/// Full-width letters and digits become their plain forms, and surrounding space goes: what a
/// Chinese keyboard and a copied line leave behind.
pub(crate) fn plain(text: &str) -> String {
    let half = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    };
    text.trim()
        .chars()
        .map(half)
        .collect::<String>()
        .trim()
        .to_owned()
}
