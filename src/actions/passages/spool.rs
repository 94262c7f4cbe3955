//! Openings that the tables do not have yet. Each lies in a file, flushed, before its answer leaves; the writer,
//! who alone touches the file, stores them later: after an outage those that the database could not take, and
//! after a restart those that nobody remembers ([`super::journal`]).

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::held::Held;
use super::offline::take_down;
use super::recognise::load;
use crate::ctx::Ctx;
use crate::domain::campus::{DeviceId, Direction, Gate};
use crate::domain::gate::{Credential, Kind, Known, Reason};
use crate::ids::{AreaId, GateId, PassId, PassageId, VisitId};
use crate::secret::KeyedHash;
use crate::store::passages::Passage;
use crate::store::{StoreError, begin, commit, gates};

/// How many are stored in one transaction: gates that ask meanwhile wait for it.
const AT_ONCE: usize = 100;

/// A file of one process.
pub struct Spool {
    file: PathBuf,
    /// The file, while it is written to.
    open: Option<File>,
    /// How much of the file was answered, in bytes: all of its whole lines. What lies behind was being written
    /// when the power went or the disk was full.
    whole: u64,
    /// How many of its lines are stored; after a restart they are stored again, which changes nothing.
    stored: usize,
}

/// A passage that opened, and where.
#[derive(Clone)]
pub(super) struct Opening {
    pub gate: GateId,
    pub area: AreaId,
    /// The visit, where it may be the first of it to come in.
    pub awaited: Option<VisitId>,
    pub passage: Passage,
}

impl Opening {
    pub fn at(gate: &Gate, passage: Passage, credential: &Credential) -> Self {
        let enters = passage.direction != Direction::Out;
        let first = credential
            .holding()
            .filter(|holding| enters && !holding.arrived);
        Self {
            gate: gate.id,
            area: gate.area,
            awaited: first.map(|holding| holding.pass.visit),
            passage,
        }
    }
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
    alert: Option<String>,
    at: DateTime<Utc>,
    passed_at: Option<DateTime<Utc>>,
}

impl Spool {
    /// That of the process with this number in which openings wait out an outage. Those of several processes lie
    /// side by side.
    ///
    /// # Errors
    /// If there is a file that cannot be read.
    pub fn of(folder: &Path, node: u16) -> io::Result<Self> {
        Self::open(folder.join(format!("passages-{node}.jsonl")))
    }

    pub(super) fn open(file: PathBuf) -> io::Result<Self> {
        let waits = match fs::read(&file) {
            Ok(waits) => waits,
            Err(error) if nothing_there(&error) => Vec::new(),
            Err(error) => return Err(error),
        };
        let end = waits.iter().rposition(|byte| *byte == b'\n');
        Ok(Self {
            file,
            open: None,
            whole: end.map_or(0, |end| length(&waits[..=end])),
            stored: 0,
        })
    }

    pub(super) fn waits(&self) -> bool {
        self.whole > 0
    }

    /// Keeps openings at some gates: when this is done they outlast a loss of power. The writer waits for the disk
    /// on its own thread.
    pub(super) fn keep(&mut self, openings: &[Opening]) -> io::Result<()> {
        let mut lines = Vec::new();
        for opening in openings {
            serde_json::to_writer(&mut lines, &Line::of(opening))?;
            lines.push(b'\n');
        }
        self.append(&lines)
    }

    /// Writes behind what is whole, and nothing of it if not all.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut file = match self.open.take() {
            Some(file) => file,
            None => whole_of(&self.file, self.whole)?,
        };
        if let Err(error) = file.write_all(lines).and_then(|()| file.sync_data()) {
            file.set_len(self.whole)?;
            return Err(error);
        }
        if self.whole == 0 {
            // Else the file may be there without its name.
            File::open(folder_of(&self.file))?.sync_all()?;
        }
        self.open = Some(file);
        self.whole += length(lines);
        Ok(())
    }

    /// Takes what lies in another file, which is empty then.
    pub(super) fn take_over(&mut self, other: &mut Self) -> io::Result<()> {
        if other.waits() {
            self.append(&other.read()?)?;
            other.empty()?;
        }
        Ok(())
    }

    /// All whole lines.
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut waits = fs::read(&self.file)?;
        waits.truncate(usize::try_from(self.whole).unwrap_or(usize::MAX));
        Ok(waits)
    }

    /// Forgets what lies in it.
    pub(super) fn empty(&mut self) -> io::Result<()> {
        fs::remove_file(&self.file)?;
        (self.open, self.whole, self.stored) = (None, 0, 0);
        Ok(())
    }

    /// Stores some of what waits.
    pub(super) async fn give_back(&mut self, ctx: &Ctx) -> Result<(), StoreError> {
        let failed = |error: io::Error| {
            let error = sea_orm::DbErr::Custom(format!("the spool: {error}"));
            StoreError::Database(error)
        };
        let waits = self.read().map_err(failed)?;
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
            let mut aside = whole_of(&aside, whole).map_err(failed)?;
            aside
                .write_all(&strange)
                .and_then(|()| aside.sync_data())
                .map_err(failed)?;
        }
        self.stored += some.len();
        if some.len() < AT_ONCE {
            tracing::info!(openings = self.stored, "the spool is stored");
            self.empty().map_err(failed)?;
        }
        Ok(())
    }
}

/// The file without what lies behind so many bytes, to write there.
fn whole_of(path: &Path, whole: u64) -> io::Result<File> {
    fs::create_dir_all(folder_of(path))?;
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.set_len(whole)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
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
    fn of(Opening { gate, passage, .. }: &Opening) -> Self {
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
            alert: passage.alert.map(|reason| reason.as_str().to_owned()),
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
            alert: match line.alert {
                Some(alert) => Some(Reason::parse(&alert)?),
                None => None,
            },
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
