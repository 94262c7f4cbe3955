//! Lists of visits for whoever may read more than what they began: what is asked for, and whose.
//!
//! An index answers an `and` newest first, and no `or`: the database would sort all that there is. So a
//! list is read in *arms*, each of which has an `and` only and gives a page at most, and the newest of all
//! arms are the page.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Utc};
use sea_orm::sea_query::{Expr, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use super::deciders::Names;
use super::visits::{Column, Entity, visit};
use super::{
    StoreError, deciders, invitations, readers, registrations, staff, vehicles, visitor_search,
};
use crate::domain::campus::{Member, Role};
use crate::domain::keyword::{Keyword, NameStart};
use crate::domain::mode::Mode;
use crate::domain::stage::StageKind;
use crate::domain::visit::Visit;
use crate::domain::window::Span;
use crate::ids::{AreaId, DepartmentId, ReasonId, StaffId, VisitId};

/// Whose visits may be read. Of several scopes, all that any of them holds.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Everybody's.
    Campus,
    /// Those that a department decides.
    Department(DepartmentId),
    /// Those that a member of staff began or is the host of.
    Own(StaffId),
    /// Those that a member of staff began.
    Begun(StaffId),
    /// Those that a member of staff may read: 抄送.
    Copied(StaffId),
    /// Those in which one of these names is asked, and has not answered.
    Todo(Names),
    /// Those in which one of these names was asked, and somebody has answered.
    Done(Names),
}

impl Scope {
    /// What a member of staff may read: an administrator everything, an approver what their department
    /// decides, and everybody their own and what they were granted.
    #[must_use]
    pub fn of(member: &Member) -> Vec<Self> {
        if member.is(Role::Administrator) {
            return vec![Self::Campus];
        }
        let decides = member.is(Role::Approver);
        let department = decides.then_some(Self::Department(member.department));
        department
            .into_iter()
            .chain([Self::Own(member.id), Self::Copied(member.id)])
            .collect()
    }
}

/// What is looked for; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub keyword: Option<Keyword>,
    /// 发起人.
    pub initiator: Option<NameStart>,
    /// 被访人.
    pub host: Option<NameStart>,
    pub department: Option<DepartmentId>,
    pub area: Option<AreaId>,
    pub reason: Option<ReasonId>,
    /// 来源.
    pub mode: Option<Mode>,
    /// 状态 as it stands at the time of asking, whatever was stored.
    pub stage: Option<StageKind>,
    /// 开始时间.
    pub starts: Span,
    /// 申请时间.
    pub submitted: Span,
}

/// The visits in any of `scopes` that fit, newest first, those before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    scopes: &[Scope],
    filter: &Filter,
    now: DateTime<Utc>,
    before: Option<VisitId>,
    limit: u64,
) -> Result<Vec<Visit>, StoreError> {
    let newest = newest(db, scopes, filter, now, before, limit).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let page: Vec<_> = newest.into_iter().rev().take(limit).collect();
    let rows = Entity::find()
        .filter(Column::Id.is_in(page))
        .order_by_desc(Column::Id);
    rows.all(db).await?.into_iter().map(visit).collect()
}

/// How many there are, up to `most`.
pub async fn count(
    db: &impl ConnectionTrait,
    scopes: &[Scope],
    filter: &Filter,
    now: DateTime<Utc>,
    most: u64,
) -> Result<u64, StoreError> {
    let found = newest(db, scopes, filter, now, None, most).await?;
    Ok(u64::try_from(found.len()).unwrap_or(most).min(most))
}

/// One of them; another is not found.
pub async fn find(
    db: &impl ConnectionTrait,
    scopes: &[Scope],
    id: VisitId,
) -> Result<Option<Visit>, StoreError> {
    for arm in whose(scopes) {
        let found = { arm.into_iter() }.fold(Entity::find_by_id(id.get()), Select::filter);
        if let Some(row) = found.one(db).await? {
            return visit(row).map(Some);
        }
    }
    Ok(None)
}

/// The ids of a page of every arm.
async fn newest(
    db: &impl ConnectionTrait,
    scopes: &[Scope],
    filter: &Filter,
    now: DateTime<Utc>,
    before: Option<VisitId>,
    limit: u64,
) -> Result<BTreeSet<i64>, StoreError> {
    let mut newest = BTreeSet::new();
    let common = Common::of(db, filter).await?;
    for page in pages(scopes, (filter, common), now, before, limit) {
        for row in db.query_all(&page).await? {
            newest.insert(row.try_get::<i64>("", "id")?);
        }
    }
    Ok(newest)
}

/// Which of the names that are looked for are those of many: what is looked up for a rare name would be
/// sorted for a common one, and what is walked through for a common one would find no end for a rare one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Common {
    pub keyword: bool,
    pub initiator: bool,
}

impl Common {
    async fn of(db: &impl ConnectionTrait, filter: &Filter) -> Result<Self, StoreError> {
        let mut common = Self::default();
        if let Some(Keyword::Name(start)) = &filter.keyword {
            common.keyword = visitor_search::is_common(db, start).await?;
        }
        if let Some(start) = &filter.initiator {
            common.initiator = visitor_search::is_common(db, start).await?;
        }
        Ok(common)
    }
}

/// What is asked of the database for a page: the ids only, which the indexes hold, so that no row is read
/// that the page has not.
#[must_use]
pub fn pages(
    scopes: &[Scope],
    (filter, common): (&Filter, Common),
    now: DateTime<Utc>,
    before: Option<VisitId>,
    limit: u64,
) -> Vec<SelectStatement> {
    let page = |arm: Arm| {
        let ids = Entity::find().select_only().column(Column::Id);
        let older = before.map(|before| Column::Id.lt(before.get()));
        let found = arm.into_iter().chain(older).fold(ids, Select::filter);
        found.order_by_desc(Column::Id).limit(limit).into_query()
    };
    let arms = arms(scopes, (filter, common), now, before);
    arms.into_iter().map(page).collect()
}

/// Conditions that all hold.
type Arm = Vec<SimpleExpr>;

fn arms(
    scopes: &[Scope],
    (filter, common): (&Filter, Common),
    now: DateTime<Utc>,
    before: Option<VisitId>,
) -> Vec<Arm> {
    let (keyword, stage) = (filter.keyword.as_ref(), filter.stage);
    let choices = [
        Some(whose(scopes)),
        keyword.map(|keyword| mentioning(keyword, common.keyword, before)),
        filter
            .initiator
            .as_ref()
            .map(|start| begun_by(start, common.initiator, before)),
        filter.host.as_ref().map(hosted_by),
        stage.map(|stage| standing(stage, now)),
        spanning(&filter.starts, (Column::StartsAt, "starts_month"), now),
        spanning(
            &filter.submitted,
            (Column::SubmittedAt, "submitted_month"),
            now,
        ),
    ];
    let every = vec![plain(filter)];
    { choices.into_iter().flatten() }.fold(every, |arms, choice| {
        let with = |arm: &Arm| {
            choice
                .iter()
                .map(|more| [&arm[..], more].concat())
                .collect()
        };
        arms.iter().flat_map::<Vec<Arm>, _>(with).collect()
    })
}

fn whose(scopes: &[Scope]) -> Vec<Arm> {
    if scopes.iter().any(|scope| matches!(scope, Scope::Campus)) {
        return vec![vec![]];
    }
    let arms = |scope: &Scope| match scope {
        Scope::Campus => vec![vec![]],
        Scope::Department(id) => vec![vec![Column::DepartmentId.eq(id.get())]],
        Scope::Own(id) => vec![
            vec![Column::HostId.eq(id.get())],
            vec![Column::InitiatorStaffId.eq(id.get())],
        ],
        Scope::Begun(id) => vec![vec![Column::InitiatorStaffId.eq(id.get())]],
        Scope::Copied(id) => vec![vec![Column::Id.in_subquery(readers::visits_read_by(*id))]],
        Scope::Todo(names) => {
            vec![vec![Column::Id.in_subquery(deciders::visits_todo(names))]]
        }
        Scope::Done(names) => {
            vec![vec![Column::Id.in_subquery(deciders::visits_done(names))]]
        }
    };
    scopes.iter().flat_map(arms).collect()
}

/// What needs no arms.
fn plain(filter: &Filter) -> Arm {
    let Filter {
        department,
        area,
        reason,
        mode,
        ..
    } = filter;
    let named = [
        department.map(|id| Column::DepartmentId.eq(id.get())),
        area.map(|id| Column::AreaId.eq(id.get())),
        reason.map(|id| Column::ReasonId.eq(id.get())),
        mode.map(|mode| Column::Mode.eq(mode.as_str())),
    ];
    named.into_iter().flatten().collect()
}

/// No visit is older: the campus has registered them since then.
const FIRST_MONTH: i32 = 2023 * 12 + 1;
/// None begins later: [`Window::is_too_far`](crate::domain::window::Window::is_too_far).
const MONTHS_AHEAD: i32 = 13;

/// An arm for each month of a span; none of no span.
fn spanning(
    span: &Span,
    (time, month): (Column, &'static str),
    now: DateTime<Utc>,
) -> Option<Vec<Arm>> {
    let Span { from, until } = *span;
    from.or(until)?;
    let first = from.map_or(FIRST_MONTH, number).max(FIRST_MONTH);
    let last = number(now) + MONTHS_AHEAD;
    let last = until.map_or(last, number).min(last);
    let of = |number: i32| {
        let of_month = of_month(month, number);
        let from = from.map(|from| time.gte(from));
        let until = until.map(|until| time.lte(until));
        let within = from.into_iter().chain(until);
        std::iter::once(of_month).chain(within).collect()
    };
    Some((first..=last).map(of).collect())
}

fn of_month(column: &'static str, number: i32) -> SimpleExpr {
    // Only here: it has a `min` and a `max` for everything.
    use sea_orm::sea_query::ExprTrait;
    Expr::col((Entity, column)).eq(number)
}

/// As the database counts months, in UTC.
fn number(at: DateTime<Utc>) -> i32 {
    at.year() * 12 + at.month0().cast_signed() + 1
}

fn mentioning(keyword: &Keyword, common: bool, before: Option<VisitId>) -> Vec<Arm> {
    let of = |visits| vec![Column::Id.in_subquery(visits)];
    match keyword {
        Keyword::Number(id) => vec![vec![Column::Id.eq(id.get())]],
        Keyword::Phone(hash) => vec![
            of(visitor_search::visits_with_phone(hash)),
            vec![Column::HostId.in_subquery(staff::with_phone(hash))],
            of(registrations::visits_with_phone(hash)),
        ],
        Keyword::Plate(plate) => vec![
            of(visitor_search::visits_with_plate(plate)),
            of(vehicles::visits_with(plate)),
        ],
        Keyword::Name(start) => {
            let by_staff = vec![Column::InitiatorStaffId.in_subquery(staff::named(start))];
            let visitors = if common {
                vec![Expr::exists(visitor_search::one_is_called(start, before))]
            } else {
                of(visitor_search::visits_named(start))
            };
            [vec![visitors, by_staff], hosted_by(start)].concat()
        }
    }
}

/// The member of staff who began it, or else the first visitor.
fn begun_by(start: &NameStart, common: bool, before: Option<VisitId>) -> Vec<Arm> {
    let first_visitor = if common {
        Expr::exists(visitor_search::first_is_called(start, before))
    } else {
        Column::Id.in_subquery(visitor_search::visits_begun_by_named(start))
    };
    vec![
        vec![Column::InitiatorStaffId.in_subquery(staff::named(start))],
        vec![Column::InitiatorStaffId.is_null(), first_visitor],
    ]
}

/// 被访人, or the resident as they were typed.
fn hosted_by(start: &NameStart) -> Vec<Arm> {
    vec![
        vec![Column::HostId.in_subquery(staff::named(start))],
        vec![Column::Id.in_subquery(registrations::visits_named(start))],
    ]
}

/// The stored stages that mean this one at `now`: [`Visit::settle`] and what an invitation that has run
/// out makes of its visit, as conditions. The timer writes both down, so all arms but the first find few,
/// which are looked up first: a page that they do not fill would be walked for through another filter's.
fn standing(stage: StageKind, now: DateTime<Utc>) -> Vec<Arm> {
    let stored = |stage: StageKind| Column::Stage.eq(stage.as_str());
    let (on, over) = (|| Column::EndsAt.gte(now), || Column::EndsAt.lt(now));
    let few = |stage: StageKind, more: Option<SimpleExpr>| {
        let ids = Entity::find().select_only().column(Column::Id);
        let conditions = [stored(stage), over()].into_iter().chain(more);
        let few = conditions.fold(ids, Select::filter);
        vec![Column::Id.in_subquery(few.into_query())]
    };
    let run_out = || invitations::run_out(now);
    let overdue = || Column::Id.in_subquery(run_out());
    let lapsed_inviting = || vec![stored(StageKind::Inviting), on(), overdue()];
    let joined = visitor_search::visits();
    match stage {
        StageKind::Inviting => {
            let open = Column::Id.not_in_subquery(run_out());
            vec![vec![stored(stage), on(), open]]
        }
        StageKind::Pending => {
            let some = vec![Column::Id.in_subquery(joined)];
            vec![
                vec![stored(stage), on()],
                [lapsed_inviting(), some].concat(),
            ]
        }
        StageKind::Approved | StageKind::Returned => vec![vec![stored(stage), on()]],
        StageKind::Rejected | StageKind::Withdrawn => vec![vec![stored(stage)]],
        StageKind::Completed => {
            let came = Column::ArrivedAt.is_not_null();
            vec![vec![stored(stage)], few(StageKind::Approved, Some(came))]
        }
        StageKind::Lapsed => {
            let none = vec![Column::Id.not_in_subquery(joined)];
            let nobody_came = Column::ArrivedAt.is_null();
            vec![
                vec![stored(stage)],
                few(StageKind::Inviting, None),
                few(StageKind::Pending, None),
                few(StageKind::Returned, None),
                few(StageKind::Approved, Some(nobody_came)),
                [lapsed_inviting(), none].concat(),
            ]
        }
    }
}
