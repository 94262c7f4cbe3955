//! Openings that the database could not take. Each lies in a file, flushed, before its answer leaves; the writer,
//! who alone touches the file, stores them when the database can be asked again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::held::Held;
use super::offline::take_down;
use super::recognise::load;
use crate::ctx::Ctx;
use crate::domain::campus::{DeviceId, Direction};
use crate::domain::gate::{Credential, Kind, Known, Reason};
use crate::ids::{GateId, PassId, PassageId};
use crate::secret::KeyedHash;
use crate::store::passages::Passage;
use crate::store::{StoreError, begin, commit, gates};

/// How many are stored in one transaction: gates that ask meanwhile wait for it.
const AT_ONCE: usize = 100;

/// One process's file. Those of several processes lie side by side.
pub struct Spool {
    file: PathBuf,
    /// Whether something waits in it.
    waits: bool,
    /// How many of its lines are stored; after a restart they are stored again, which changes nothing.
    stored: usize,
}

/// An opening as it lies in the file: nothing of it is personal but the masked name in the answer.
#[derive(Serialize, Deserialize)]
struct Line {
    id: PassageId,
    gate: GateId,
    device: String,
    nonce: String,
    request_hash: String,
    pass: Option<PassId>,
    direction: String,
    kind: String,
    reader: i16,
    content: String,
    answer: String,
    at: DateTime<Utc>,
    passed_at: Option<DateTime<Utc>>,
}

impl Spool {
    /// That of the process with this number.
    #[must_use]
    pub fn of(folder: &Path, node: u16) -> Self {
        let file = folder.join(format!("passages-{node}.jsonl"));
        let waits = file.exists();
        Self {
            file,
            waits,
            stored: 0,
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// Keeps openings at some gates: when this is done they outlast a loss of power.
    pub(super) async fn keep(&mut self, openings: &[(GateId, Passage)]) -> io::Result<()> {
        let mut lines = Vec::new();
        for opening in openings {
            serde_json::to_writer(&mut lines, &Line::of(opening))?;
            lines.push(b'\n');
        }
        let (file, new) = (self.file.clone(), !self.waits);
        let kept = tokio::task::spawn_blocking(move || append(&file, &lines, new));
        kept.await.map_err(io::Error::other)??;
        self.waits = true;
        Ok(())
    }

    /// Stores some of what waits.
    pub(super) async fn give_back(&mut self, ctx: &Ctx) -> Result<(), StoreError> {
        let failed = |error: io::Error| {
            let error = sea_orm::DbErr::Custom(format!("the spool: {error}"));
            StoreError::Database(error)
        };
        let text = fs::read_to_string(&self.file).map_err(failed)?;
        // A line without an end was being written when the power went, and was never answered.
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        let lines = lines.into_iter().filter(|line| line.ends_with('\n'));
        let some: Vec<_> = lines.skip(self.stored).take(AT_ONCE).collect();
        let read: Vec<_> = some.iter().filter_map(|line| Line::read(line)).collect();
        if read.len() < some.len() {
            tracing::error!(
                lines = some.len() - read.len(),
                "the spool has what is no opening"
            );
        }
        store(ctx, read).await?;
        self.stored += some.len();
        if some.len() < AT_ONCE {
            tracing::info!(openings = self.stored, "the spool is stored");
            fs::remove_file(&self.file).map_err(failed)?;
            (self.waits, self.stored) = (false, 0);
        }
        Ok(())
    }
}

fn append(path: &Path, lines: &[u8], new: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if new {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(lines)?;
    file.sync_data()?;
    if new {
        // Else the file may be there without its name.
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// In the order of their passes, as the writer takes them.
async fn store(ctx: &Ctx, openings: Vec<(GateId, Passage)>) -> Result<(), StoreError> {
    let txn = begin(&ctx.db).await?;
    let mut told = Vec::with_capacity(openings.len());
    for (gate, opening) in openings {
        let Some(gate) = gates::find(&txn, gate).await? else {
            continue;
        };
        let credential = match opening.pass {
            Some(pass) => load(&txn, ctx, pass, &Known::InPerson { stale: false }).await?,
            None => Credential::Unknown { stale: false },
        };
        told.push((gate, opening, credential));
    }
    let credentials = told.iter().map(|(_, _, credential)| credential);
    let mut held = Held::take(&txn, credentials).await?;
    for (gate, opening, credential) in told {
        take_down(&txn, ctx, &gate, opening, &credential, &mut held).await?;
    }
    held.keep(&txn).await?;
    commit(txn).await
}

impl Line {
    fn of((gate, passage): &(GateId, Passage)) -> Self {
        Self {
            id: passage.id,
            gate: *gate,
            device: passage.device.as_str().to_owned(),
            nonce: passage.nonce.clone(),
            request_hash: passage.request_hash.clone(),
            pass: passage.pass,
            direction: passage.direction.as_str().to_owned(),
            kind: passage.kind.as_str().to_owned(),
            reader: passage.reader,
            content: passage.content.as_str().to_owned(),
            answer: passage.answer.clone(),
            at: passage.at,
            passed_at: passage.passed_at,
        }
    }

    fn read(line: &str) -> Option<(GateId, Passage)> {
        let line: Self = serde_json::from_str(line).ok()?;
        let passage = Passage {
            id: line.id,
            device: DeviceId::parse(&line.device)?,
            nonce: line.nonce,
            request_hash: line.request_hash,
            pass: line.pass,
            reason: Reason::Ok,
            alert: Some(Reason::Unavailable),
            direction: Direction::parse(&line.direction)?,
            kind: Kind::parse(&line.kind),
            reader: line.reader,
            content: KeyedHash::from_column(line.content),
            answer: line.answer,
            at: line.at,
            offline: None,
            passed_at: line.passed_at,
        };
        Some((line.gate, passage))
    }
}
