//! One campus for one story.
//!
//! [`App`] is the service as `app` plugs it together, with a clock that stands still, seeded
//! randomness, and a delivery worker that is cranked by hand. One listener serves it together with its
//! sandbox, so that what goes out is real HTTP; a story's own requests go straight into the router.
//! [`Guest`], [`Approver`] and [`Gate`] are people and things with hands.

mod app;
mod campus;
mod child;
mod database;
mod delivery;
mod doors;
mod people;
mod plain;
mod replica;
mod residents;
mod wire;

pub use app::{App, workers};
pub use campus::MEMBERS;
pub use child::{Service, client, command, run};
pub use database::Database;
pub use delivery::Delivery;
pub use doors::{Gate, entries_of, pass_of};
pub use people::{Approver, Guest, ID_NUMBER, Visit, invited, percent};
pub use plain::plain;
pub use replica::{GATE_KEY, Replica, signed_scan, verify};
pub use residents::{KNOWN, Resident, Typed, UNKNOWN};
pub use wire::{Answer, TOLD_TO_MACHINES, body, json_body, picture, read_modules, read_qr, upload};

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

/// `2026-03-02 14:05`, on campus.
pub fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&rfc3339(text))
        .expect("a moment such as 2026-03-02 14:05")
        .to_utc()
}

/// The same as the API takes it.
pub fn rfc3339(text: &str) -> String {
    format!("{}:00+08:00", text.replace(' ', "T"))
}

/// A folder `name` with the shipped message templates, of which one is changed.
pub fn shipped_templates(name: &str, kind: &str, change: impl Fn(&str) -> String) -> PathBuf {
    let folder = format!("words_{}_{name}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("message_templates");
    for entry in fs::read_dir(shipped).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let file = folder.join(format!("{kind}.toml"));
    let text = fs::read_to_string(&file).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "the change changes something");
    fs::write(&file, changed).unwrap();
    folder
}
