//! 待处理, 已处理, 抄送我, 我发起: the visits that lie before one member of staff.

use super::lapses::settle_due;
use crate::ctx::Ctx;
use crate::domain::actors::Staff;
use crate::domain::stage::StageKind;
use crate::ids::VisitId;
use crate::store::deciders::Names;
use crate::store::visit_facts::{self, VisitFacts};
use crate::store::visit_filter::{self, Filter, Scope};
use crate::store::{StoreError, deciders};

/// What is counted of a tray: a badge says 99+ for more.
pub const MOST_COUNTED: u64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tray {
    /// 待处理: they are asked, and have not answered.
    Todo,
    /// 已处理: they have answered, or another of those who were asked.
    Done,
    /// 抄送我.
    Copied,
    /// 我发起.
    Begun,
}

impl Tray {
    pub const ALL: [Self; 4] = [Self::Todo, Self::Done, Self::Copied, Self::Begun];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Done => "done",
            Self::Copied => "cc",
            Self::Begun => "mine",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tray| tray.as_str() == text)
    }

    fn scope(self, names: &Names) -> Scope {
        match self {
            Self::Todo => Scope::Todo(names.clone()),
            Self::Done => Scope::Done(names.clone()),
            Self::Copied => Scope::Copied(names.of),
            Self::Begun => Scope::Begun(names.of),
        }
    }

    /// What lies in it of what is looked for: what no longer waits is not to be done.
    fn within(self, filter: Filter) -> Option<Filter> {
        let waiting = StageKind::Pending;
        match self {
            Self::Todo if filter.stage.is_some_and(|stage| stage != waiting) => None,
            Self::Todo => Some(Filter {
                stage: Some(waiting),
                ..filter
            }),
            Self::Done | Self::Copied | Self::Begun => Some(filter),
        }
    }
}

/// What lies in a tray and is looked for, newest first: those before `before`.
pub async fn list(
    ctx: &Ctx,
    by: &Staff,
    tray: Tray,
    filter: Filter,
    before: Option<VisitId>,
    limit: u64,
) -> Result<Vec<VisitFacts>, StoreError> {
    // What has lapsed with some in it waits by now, and no timer need have struck.
    settle_due(ctx).await?;
    let (db, now) = (&ctx.db.read, ctx.clock.now());
    let Some(filter) = tray.within(filter) else {
        return Ok(Vec::new());
    };
    let scopes = [tray.scope(&names(ctx, by).await?)];
    let found = visit_filter::list(db, &scopes, &filter, now, before, limit).await?;
    visit_facts::of(db, found, now).await
}

/// How many lie in each tray, up to [`MOST_COUNTED`].
pub async fn counts(ctx: &Ctx, by: &Staff) -> Result<[(Tray, u64); 4], StoreError> {
    settle_due(ctx).await?;
    let (db, now) = (&ctx.db.read, ctx.clock.now());
    let names = names(ctx, by).await?;
    let mut counts = Tray::ALL.map(|tray| (tray, 0));
    for (tray, count) in &mut counts {
        let filter = tray.within(Filter::default()).unwrap_or_default();
        let scopes = [tray.scope(&names)];
        *count = visit_filter::count(db, &scopes, &filter, now, MOST_COUNTED).await?;
    }
    Ok(counts)
}

async fn names(ctx: &Ctx, by: &Staff) -> Result<Names, StoreError> {
    deciders::names(&ctx.db.read, &by.member, ctx.clock.now()).await
}
