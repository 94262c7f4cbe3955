//! Openings that the database could not take. Each lies in a file, flushed, before its answer leaves; the writer,
//! who alone touches the file, stores them when the database can be asked again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
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
    /// How much of the file was answered, in bytes: all of its whole lines. What lies behind was being written
    /// when the power went or the disk was full.
    whole: u64,
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
    content: Option<String>,
    answer: String,
    at: DateTime<Utc>,
    passed_at: Option<DateTime<Utc>>,
}

impl Spool {
    /// That of the process with this number.
    ///
    /// # Errors
    /// If there is a file that cannot be read.
    pub fn of(folder: &Path, node: u16) -> io::Result<Self> {
        let file = folder.join(format!("passages-{node}.jsonl"));
        let waits = match fs::read(&file) {
            Ok(waits) => waits,
            Err(error) if nothing_there(&error) => Vec::new(),
            Err(error) => return Err(error),
        };
        let end = waits.iter().rposition(|byte| *byte == b'\n');
        Ok(Self {
            file,
            whole: end.map_or(0, |end| length(&waits[..=end])),
            stored: 0,
        })
    }

    pub(super) fn waits(&self) -> bool {
        self.whole > 0
    }

    /// Keeps openings at some gates: when this is done they outlast a loss of power.
    pub(super) async fn keep(&mut self, openings: &[(GateId, Passage)]) -> io::Result<()> {
        let mut lines = Vec::new();
        for opening in openings {
            serde_json::to_writer(&mut lines, &Line::of(opening))?;
            lines.push(b'\n');
        }
        let (file, whole) = (self.file.clone(), self.whole);
        let kept = tokio::task::spawn_blocking(move || append(&file, whole, &lines));
        self.whole = kept.await.map_err(io::Error::other)??;
        Ok(())
    }

    /// Stores some of what waits.
    pub(super) async fn give_back(&mut self, ctx: &Ctx) -> Result<(), StoreError> {
        let failed = |error: io::Error| {
            let error = sea_orm::DbErr::Custom(format!("the spool: {error}"));
            StoreError::Database(error)
        };
        let mut waits = fs::read(&self.file).map_err(failed)?;
        waits.truncate(usize::try_from(self.whole).unwrap_or(usize::MAX));
        let lines = waits.split_inclusive(|byte| *byte == b'\n');
        let some: Vec<_> = lines.skip(self.stored).take(AT_ONCE).collect();
        let (mut read, mut strange) = (Vec::new(), Vec::new());
        for line in &some {
            match Line::read(line) {
                Some(opening) => read.push(opening),
                None => strange.extend_from_slice(line),
            }
        }
        store(ctx, read).await?;
        if !strange.is_empty() {
            let aside = self.file.with_extension("unreadable");
            tracing::error!(file = %aside.display(), "what is no opening is put aside");
            let whole = aside.metadata().map_or(0, |there| there.len());
            append(&aside, whole, &strange).map_err(failed)?;
        }
        self.stored += some.len();
        if some.len() < AT_ONCE {
            tracing::info!(openings = self.stored, "the spool is stored");
            fs::remove_file(&self.file).map_err(failed)?;
            (self.whole, self.stored) = (0, 0);
        }
        Ok(())
    }
}

/// Writes behind what is whole, and nothing of it if not all; gives what is whole then.
fn append(path: &Path, whole: u64, lines: &[u8]) -> io::Result<u64> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if whole == 0 {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.set_len(whole)?;
    file.seek(SeekFrom::End(0))?;
    if let Err(error) = file.write_all(lines).and_then(|()| file.sync_data()) {
        file.set_len(whole)?;
        return Err(error);
    }
    if whole == 0 {
        // Else the file may be there without its name.
        File::open(folder)?.sync_all()?;
    }
    Ok(whole + length(lines))
}

fn nothing_there(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
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
    held.keep(&txn, ctx).await?;
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
            content: passage
                .content
                .as_ref()
                .map(|content| content.as_str().to_owned()),
            answer: passage.answer.clone(),
            at: passage.at,
            passed_at: passage.passed_at,
        }
    }

    fn read(line: &[u8]) -> Option<(GateId, Passage)> {
        let line: Self = serde_json::from_slice(line).ok()?;
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
            content: line.content.map(KeyedHash::from_column),
            answer: line.answer,
            at: line.at,
            offline: None,
            passed_at: line.passed_at,
        };
        Some((line.gate, passage))
    }
}
