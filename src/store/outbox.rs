//! What is owed to the outside. A row is ids and a kind, never rendered text.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{Db, StoreError, begin, commit, corrupt};
use crate::domain::message::{Kind, Lane, Message, Recipient};
use crate::ids::{OutboxId, PersonId, VisitId};

mod forgetting;

pub use forgetting::{forget, give_up, to_these};

row!("outbox" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    message: String,
    subject_id: i64,
    to_kind: String,
    to_id: i64,
    visit_id: Option<i64>,
    chain: i16,
    channel: i16,
    lane: String,
    state: String,
    due_at: DateTimeUtc,
    leased_by: Option<String>,
    leased_until: Option<DateTimeUtc>,
    attempts: i32,
    doubtful: bool,
    why: Option<String>,
    created_at: DateTimeUtc,
    done_at: Option<DateTimeUtc>,
});

pub(super) use row::{Column, Entity, Model};

/// A message owed to one recipient, by one chain of channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    pub id: OutboxId,
    pub message: Message,
    pub to: Recipient,
    /// The visit it is about, if it is about one: what one person hears of one visit comes in order.
    pub visit: Option<VisitId>,
    /// Which `[[send]]` of the template.
    pub chain: usize,
    /// Which of its channels is to be tried next.
    pub channel: usize,
    /// The lane of that channel.
    pub lane: Lane,
    pub attempts: i32,
    /// An answer was lost after sending: it may have arrived already.
    pub doubtful: bool,
    pub created_at: DateTime<Utc>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// The provider has it.
    Sent,
    /// To be tried again from then on, by the channel of that number.
    Later {
        due_at: DateTime<Utc>,
        channel: usize,
        lane: Lane,
        doubtful: bool,
        why: &'static str,
    },
    /// It cannot be delivered, by any channel of its chain.
    Never { why: String },
    /// It is no longer true, so nobody is told.
    Overtaken,
}

impl Ending {
    /// Its short text in a column and in the figures.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Later { .. } => "due",
            Self::Never { .. } => "dead",
            Self::Overtaken => "overtaken",
        }
    }
}

/// Where a row stands, for the operator.
#[derive(Clone, Debug)]
pub struct Standing {
    pub owed: Owed,
    pub state: String,
    pub why: Option<String>,
    pub due_at: DateTime<Utc>,
}

/// Adds a row, unless the same message to the same recipient by the same chain is there already.
pub async fn insert_once(db: &impl ConnectionTrait, owed: &Owed) -> Result<(), StoreError> {
    use row::Column::{Chain, Message, SubjectId, ToId, ToKind};

    let (to_kind, to_id) = owed.to.as_column();
    let row = row::Model {
        id: owed.id.get(),
        message: owed.message.kind().as_str().to_owned(),
        subject_id: owed.message.subject(),
        to_kind: to_kind.to_owned(),
        to_id,
        visit_id: owed.visit.map(VisitId::get),
        chain: small(owed.chain),
        channel: small(owed.channel),
        lane: owed.lane.as_str().to_owned(),
        state: "due".to_owned(),
        due_at: owed.created_at,
        leased_by: None,
        leased_until: None,
        attempts: 0,
        doubtful: false,
        why: None,
        created_at: owed.created_at,
        done_at: None,
    };
    row::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([Message, SubjectId, ToKind, ToId, Chain])
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: OutboxId) -> Result<Option<Owed>, StoreError> {
    let found = row::Entity::find_by_id(id.get()).one(db).await?;
    found.map(owed).transpose()
}

/// Who takes rows, of which lane, until when, and how many at most.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    pub worker: &'a str,
    pub lane: Lane,
    pub until: DateTime<Utc>,
    pub most: u64,
}

/// Takes rows that are due. A row whose worker died comes back when its lease ends. What one recipient is
/// told of one visit by one lane leaves in the order in which it became true.
pub async fn lease(db: &Db, lease: Lease<'_>, now: DateTime<Utc>) -> Result<Vec<Owed>, StoreError> {
    use row::Column::{Doubtful, DueAt, Id, LeasedBy, LeasedUntil, State};
    let free = Condition::any()
        .add(LeasedUntil.is_null())
        .add(LeasedUntil.lte(now));
    let due = row::Entity::find()
        .filter(row::Column::Lane.eq(lease.lane.as_str()))
        .filter(State.eq("due"))
        .filter(DueAt.lte(now))
        .filter(free)
        .filter(Expr::exists(an_older_one()).not())
        .order_by_asc(DueAt)
        .order_by_asc(Id)
        .limit(lease.most);
    // A look without a lock first: most of the time nothing is due, and no writer is held up.
    if due.clone().one(&db.read).await?.is_none() {
        return Ok(Vec::new());
    }
    let txn = begin(db).await?;
    let due = due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    let rows = due.all(&txn).await?;
    row::Entity::update_many()
        .col_expr(LeasedBy, Expr::value(lease.worker))
        .col_expr(LeasedUntil, Expr::value(lease.until))
        .col_expr(
            Doubtful,
            Expr::col(Doubtful).or(Expr::col(LeasedBy).is_not_null()),
        )
        .filter(Id.is_in(rows.iter().map(|row| row.id)))
        .exec(&txn)
        .await?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        // A lease that ran out was held by a worker that died or hung, perhaps after it had sent.
        let abandoned = row::Model {
            doubtful: row.doubtful || row.leased_by.is_some(),
            ..row
        };
        let id = abandoned.id.into();
        match owed(abandoned) {
            Ok(owed) => taken.push(owed),
            Err(error) => {
                // It must not keep the others from being delivered.
                tracing::error!(outbox.id = %id, %error, "a message makes no sense");
                let why = error.to_string();
                conclude(&txn, id, lease.worker, &Ending::Never { why }, now).await?;
            }
        }
    }
    commit(txn).await?;
    Ok(taken)
}

/// Another row of the same lane for the same recipient about the same visit, that became true before and
/// is not done.
fn an_older_one() -> SelectStatement {
    let older = |column: row::Column| Expr::col(("older", column));
    let same = |column: row::Column| older(column).equals((row::Entity, column));
    Query::select()
        .expr(Expr::value(1))
        .from_as(row::Entity, "older")
        .and_where(older(row::Column::State).eq("due"))
        .and_where(older(row::Column::Id).lt(Expr::col((row::Entity, row::Column::Id))))
        .and_where(same(row::Column::VisitId))
        .and_where(same(row::Column::ToKind))
        .and_where(same(row::Column::ToId))
        .and_where(same(row::Column::Lane))
        .take()
}

/// Writes down what became of a row that `worker` holds; says whether it still held it.
pub async fn conclude(
    db: &impl ConnectionTrait,
    id: OutboxId,
    worker: &str,
    ending: &Ending,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    use row::Column::{
        Attempts, Channel, DoneAt, Doubtful, DueAt, Id, LeasedBy, LeasedUntil, State, Why,
    };
    let mut change = row::Entity::update_many()
        .col_expr(LeasedBy, Expr::value(Option::<String>::None))
        .col_expr(LeasedUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Id.eq(id.get()))
        .filter(LeasedBy.eq(worker));
    let (done_at, why) = match ending {
        Ending::Sent | Ending::Overtaken => (Some(now), None),
        Ending::Never { why } => (Some(now), Some(why.clone())),
        Ending::Later {
            due_at,
            channel,
            lane,
            doubtful,
            why,
        } => {
            change = change
                .col_expr(DueAt, Expr::value(*due_at))
                .col_expr(Channel, Expr::value(small(*channel)))
                .col_expr(row::Column::Lane, Expr::value(lane.as_str()))
                .col_expr(Attempts, Expr::col(Attempts).add(1_i32));
            if *doubtful {
                change = change.col_expr(Doubtful, Expr::value(true));
            }
            (None, Some((*why).to_owned()))
        }
    };
    let change = change
        .col_expr(State, Expr::value(ending.as_str()))
        .col_expr(DoneAt, Expr::value(done_at))
        .col_expr(Why, Expr::value(why));
    Ok(change.exec(db).await?.rows_affected == 1)
}

/// Rows in one state (`due`, `sent`, `dead`, `overtaken`), newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    state: &str,
    limit: u64,
) -> Result<Vec<Standing>, StoreError> {
    let rows = row::Entity::find()
        .filter(row::Column::State.eq(state))
        .order_by_desc(row::Column::Id)
        .limit(limit);
    rows.all(db).await?.into_iter().map(standing).collect()
}

/// Makes a dead row due again, from its first channel; says whether it was dead.
pub async fn revive(
    db: &impl ConnectionTrait,
    id: OutboxId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    use row::Column::{Attempts, Channel, CreatedAt, DoneAt, Doubtful, DueAt, Id, State, Why};
    let done = row::Entity::update_many()
        .col_expr(State, Expr::value("due"))
        .col_expr(DueAt, Expr::value(now))
        .col_expr(Channel, Expr::value(0_i16))
        .col_expr(Attempts, Expr::value(0_i32))
        .col_expr(Doubtful, Expr::value(false))
        .col_expr(CreatedAt, Expr::value(now))
        .col_expr(DoneAt, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Why, Expr::value(Option::<String>::None))
        .filter(Id.eq(id.get()))
        .filter(State.eq("dead"))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Messages on their way to one person go to another.
pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::ToId, Expr::value(to.get()))
        .filter(row::Column::ToKind.eq("person"))
        .filter(row::Column::ToId.eq(from.get()))
        .exec(db)
        .await?;
    Ok(())
}

fn standing(row: row::Model) -> Result<Standing, StoreError> {
    let (state, why, due_at) = (row.state.clone(), row.why.clone(), row.due_at);
    Ok(Standing {
        owed: owed(row)?,
        state,
        why,
        due_at,
    })
}

pub(super) fn owed(row: row::Model) -> Result<Owed, StoreError> {
    let corrupt = corrupt("outbox", row.id);
    let kind = Kind::parse(&row.message).ok_or_else(&corrupt)?;
    Ok(Owed {
        id: row.id.into(),
        message: Message::of(kind, row.subject_id),
        to: Recipient::from_column(&row.to_kind, row.to_id).ok_or_else(&corrupt)?,
        visit: row.visit_id.map(VisitId::from),
        chain: usize::try_from(row.chain).map_err(|_| corrupt())?,
        channel: usize::try_from(row.channel).map_err(|_| corrupt())?,
        lane: Lane::parse(&row.lane).ok_or_else(&corrupt)?,
        attempts: row.attempts,
        doubtful: row.doubtful,
        created_at: row.created_at,
    })
}

/// A template has a handful of chains and channels.
fn small(n: usize) -> i16 {
    i16::try_from(n).unwrap_or(i16::MAX)
}
