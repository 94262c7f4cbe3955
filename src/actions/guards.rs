//! What a guard does at a gate: looks somebody up, checks a code, lets them through by hand, and sees who is
//! inside. A guard's hand opens what the gate would open, by the same decision and through the same writer;
//! it stands in for a reader and for no approval.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::passages::{look, scan, verify};
use crate::ctx::{Answered, Ctx};
use crate::domain::Plate;
use crate::domain::actors::{Account, Guard, Reader};
use crate::domain::campus::{Device, DeviceId, DeviceKey, Direction, Gate, Habits};
use crate::domain::gate::{Content, Kind, Verdict};
use crate::domain::keyword::Keyword;
use crate::domain::pass::Pass;
use crate::ids::{GateId, PassId, VisitId};
use crate::store::expected::{self, Gone};
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::{StoreError, audit, begin, commit, gates, news, passes, posts};

/// More people than a guard reads through; the count is of all.
const MOST_SHOWN: usize = 200;

/// Where a guard stands, and which way they let people through.
#[derive(Clone, Debug)]
pub struct Post {
    pub gate: Gate,
    pub direction: Direction,
}

/// A visitor with what the gate would say of them.
pub struct Expected {
    pub pass: Pass,
    pub facts: VisitFacts,
    /// The vehicle that was looked for.
    pub plate: Option<Plate>,
    pub verdict: Verdict,
}

/// Those of today whom a keyword finds. A vehicle is let through by its plate.
pub async fn look_up(
    ctx: &Ctx,
    post: &Post,
    keyword: &Keyword,
) -> Result<Vec<Expected>, StoreError> {
    let found = expected::list(&ctx.db.read, keyword, ctx.clock.now()).await?;
    let facts = facts_of(ctx, &found).await?;
    let plate = match keyword {
        Keyword::Plate(plate) => Some(plate.clone()),
        Keyword::Number(_) | Keyword::Phone(_) | Keyword::Name(_) => None,
    };
    let mut all = Vec::with_capacity(found.len());
    for pass in found {
        let content = match &plate {
            Some(plate) => of_plate(plate),
            None => of_pass(ctx, &pass),
        };
        let (_, verdict) = look(ctx, &post.gate, &content, post.direction).await?;
        if let Some(facts) = facts.get(&pass.visit) {
            all.push(Expected {
                facts: facts.clone(),
                plate: plate.clone(),
                pass,
                verdict,
            });
        }
    }
    Ok(all)
}

/// What the gate would say of a code, and whose it is.
pub async fn check(
    ctx: &Ctx,
    post: &Post,
    code: String,
) -> Result<(Verdict, Option<(Pass, VisitFacts)>), StoreError> {
    let content = Content {
        kind: Kind::Qr,
        text: code,
    };
    let (credential, verdict) = look(ctx, &post.gate, &content, post.direction).await?;
    let Some(holding) = credential.holding() else {
        return Ok((verdict, None));
    };
    let pass = holding.pass.clone();
    let facts = facts_of(ctx, std::slice::from_ref(&pass)).await?;
    let facts = facts.get(&pass.visit).cloned();
    Ok((verdict, facts.map(|facts| (pass, facts))))
}

/// Who is let through by hand.
#[derive(Clone, Debug)]
pub enum Through {
    Pass(PassId),
    Plate(Plate),
}

/// What the gate answers, as far as it is for people.
#[derive(Debug, Deserialize)]
pub struct Said {
    pub ok: u8,
    pub r: String,
    pub alert: Option<String>,
    pub say: String,
    pub hint: Option<String>,
}

/// What came of letting somebody through.
#[derive(Debug)]
pub enum Hand {
    Said(Said),
    /// The key was used for something else, or too long ago.
    KeySpent,
    NoSuchPass,
}

/// Lets somebody through, when the gate would; the same key again is the same passage.
pub async fn let_through(
    ctx: &Ctx,
    by: &Guard,
    post: &Post,
    who: &Through,
    (key, request_hash): (String, String),
) -> Result<Hand, StoreError> {
    let content = match who {
        Through::Plate(plate) => of_plate(plate),
        Through::Pass(id) => match passes::find(&ctx.db.read, *id).await? {
            Some(pass) => of_pass(ctx, &pass),
            None => return Ok(Hand::NoSuchPass),
        },
    };
    // Read first, as for any other reader: then at worst the gate is newer than its version.
    let version = news::gates_version(&ctx.db.read).await?;
    let Some(gate) = gates::find(&ctx.db.read, post.gate.id).await? else {
        return Ok(Hand::NoSuchPass);
    };
    let device = Arc::new(device_of(ctx, by, &gate).await?);
    let scan = scan(content.kind, post.direction, key);
    let reader = Reader { device, version };
    let said = match verify(ctx, reader, scan, &content, request_hash).await? {
        Answered::With(body) => serde_json::from_str::<Said>(&body),
        Answered::NonceSpent => return Ok(Hand::KeySpent),
    };
    let said = said.map_err(|_| StoreError::Changed)?;
    note(ctx, by, post, who, &said).await?;
    Ok(Hand::Said(said))
}

/// The passage names the guard by its device; this line says what they did, and what came of it.
async fn note(
    ctx: &Ctx,
    by: &Guard,
    post: &Post,
    who: &Through,
    said: &Said,
) -> Result<(), StoreError> {
    let subject = match who {
        Through::Pass(id) => format!("pass:{id}"),
        Through::Plate(plate) => format!("plate:{}", plate.masked()),
    };
    let who = Account::Staff(by.member.id).to_string();
    let detail = format!(
        "gate={} direction={} said={}",
        post.gate.name,
        post.direction.as_str(),
        said.r
    );
    let txn = begin(&ctx.db).await?;
    let line = super::audit(ctx, who, "gate.by_hand", subject, detail);
    audit::insert(&txn, &line).await?;
    commit(txn).await
}

/// The guard's own device at a gate: whatever passes by it was let through by them.
async fn device_of(ctx: &Ctx, by: &Guard, gate: &Gate) -> Result<Device, StoreError> {
    let device = |id| Device {
        id,
        gate: gate.clone(),
        direction: Direction::Both,
        // Told to nobody.
        key: ctx
            .keys
            .seal(&ctx.entropy, &DeviceKey::new(ctx.entropy.bytes())),
        old_key: None,
        habits: Habits::default(),
    };
    let guard = by.member.id;
    if let Some(id) = posts::find(&ctx.db.read, gate.id, guard).await? {
        return Ok(device(id));
    }
    let number: GateId = ctx.mint();
    let id = DeviceId::parse(&format!("hand-{number}"));
    let made = device(id.ok_or(StoreError::Changed)?);
    let txn = begin(&ctx.db).await?;
    match posts::insert(&txn, &made, guard, ctx.clock.now()).await {
        Ok(()) => {
            commit(txn).await?;
            Ok(made)
        }
        // Two taps at once: the other set it up.
        Err(error) if error.is_taken() => {
            drop(txn);
            let id = posts::find(&ctx.db.read, gate.id, guard).await?;
            Ok(device(id.ok_or(error)?))
        }
        Err(error) => Err(error),
    }
}

/// Somebody who is inside, or how many of a group are.
pub struct Inside {
    pub gone: Gone,
    pub facts: VisitFacts,
    pub people: i32,
    /// The gate by which they came in last.
    pub gate: Option<GateId>,
}

/// Who is inside, as far as the gates tell.
pub struct Presences {
    pub people: i32,
    /// How many came in by each gate.
    pub gates: Vec<(Gate, i32)>,
    /// Those who have been inside longest, longest first.
    pub longest: Vec<Inside>,
}

/// Who is inside now.
pub async fn inside(ctx: &Ctx) -> Result<Presences, StoreError> {
    let db = &ctx.db.read;
    let mut gone = expected::gone_in(db, ctx.clock.now()).await?;
    gone.retain(|gone| people(gone) > 0);
    gone.sort_by_key(|gone| (gone.presence.entered_at, gone.pass.id));
    let passes: Vec<_> = gone.iter().map(|gone| gone.pass.id).collect();
    let doors = expected::last_doors(db, &passes).await?;
    let devices = gates::devices(db).await?;
    let at: HashMap<_, _> = { devices.iter() }
        .map(|device| (device.id.as_str(), device.gate))
        .collect();
    let gate_of = |pass: PassId| {
        let door = doors.get(&pass)?;
        at.get(door.as_str()).copied()
    };
    let mut by_gate: BTreeMap<GateId, i32> = BTreeMap::new();
    for gone in &gone {
        if let Some(gate) = gate_of(gone.pass.id) {
            *by_gate.entry(gate).or_default() += people(gone);
        }
    }
    let total = gone.iter().map(people).sum();
    gone.truncate(MOST_SHOWN);
    let shown: Vec<_> = gone.iter().map(|gone| gone.pass.clone()).collect();
    let facts = facts_of(ctx, &shown).await?;
    let longest = gone.into_iter().filter_map(|gone| {
        Some(Inside {
            facts: facts.get(&gone.pass.visit)?.clone(),
            people: people(&gone),
            gate: gate_of(gone.pass.id),
            gone,
        })
    });
    let gates = gates::all(db).await?.into_iter();
    let gates = gates.filter_map(|gate| Some((by_gate.get(&gate.id).copied()?, gate)));
    Ok(Presences {
        people: total,
        gates: gates.map(|(people, gate)| (gate, people)).collect(),
        longest: longest.collect(),
    })
}

/// How many are inside by a pass: of a group's every entry is another person.
fn people(gone: &Gone) -> i32 {
    match gone.pass.entry_limit {
        Some(_) => gone.presence.inside(),
        None => i32::from(gone.presence.is_inside()),
    }
}

impl Inside {
    /// When they came in, or the last of a group.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.gone.presence.entered_at
    }
}

fn of_pass(ctx: &Ctx, pass: &Pass) -> Content {
    Content {
        kind: Kind::Qr,
        text: ctx.codes.sign(pass),
    }
}

fn of_plate(plate: &Plate) -> Content {
    Content {
        kind: Kind::Plate,
        text: plate.as_str().to_owned(),
    }
}

/// The visits of some passes.
async fn facts_of(ctx: &Ctx, passes: &[Pass]) -> Result<HashMap<VisitId, VisitFacts>, StoreError> {
    let db = &ctx.db.read;
    let mut ids: Vec<_> = passes.iter().map(|pass| pass.visit).collect();
    ids.sort_unstable();
    ids.dedup();
    let visits = expected::visits_of(db, ids).await?;
    let facts = visit_facts::of(db, visits, ctx.clock.now()).await?;
    Ok(facts
        .into_iter()
        .map(|facts| (facts.visit.id, facts))
        .collect())
}
