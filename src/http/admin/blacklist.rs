//! 访客黑名单: add, lift, list. What was added is never shown again, only its mask.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, FixedOffset, SubsecRound, Utc};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{Page, PageOut, choice, queries};
use super::words;
use crate::actions::blacklist::{self, Listed, Listing};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::screening::{Effect, Entry, Mark, MarkKind, Scope};
use crate::domain::window::{campus_time, screen_time};
use crate::domain::{Cause, Fault};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Path, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{AreaId, EntryId};
use crate::secret::{KeyedHash, Masked};
use crate::store::blacklist::EntryFilter;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListIn {
    /// `id_number`, `phone`, `plate` or `name`.
    #[serde(default)]
    #[schema(example = "id_number")]
    kind: String,
    /// The number, plate or name itself, however it is typed.
    #[serde(default)]
    value: String,
    /// `refuse`, `review` or `notify`.
    #[serde(default)]
    #[schema(example = "refuse")]
    effect: String,
    /// 列入原因, at most 200 characters; guards read it.
    #[serde(default)]
    cause: String,
    /// The only area where it counts; everywhere when it is left out.
    area: Option<String>,
    /// Until when it counts, RFC 3339; for good when it is left out.
    until: Option<String>,
}

impl ListIn {
    fn listing(&self) -> Result<Listing, Problem> {
        let mut f = Fields::default();
        let no_kind = Fault::new("kind_unknown", "kind 应为 id_number、phone、plate 或 name");
        let kind = f.take("kind", MarkKind::parse(&self.kind).ok_or(no_kind));
        let mark = kind.and_then(|kind| f.take("value", Mark::parse(kind, &self.value)));
        let no_effect = Fault::new("effect_unknown", "effect 应为 refuse、review 或 notify");
        let effect = f.take("effect", Effect::parse(&self.effect).ok_or(no_effect));
        let cause = f.take("cause", Cause::parse(&self.cause));
        let no_area = Fault::new("area_unknown", "该到访区域不存在");
        let area: Option<AreaId> = f.maybe("area", self.area.as_deref(), |text| {
            text.parse().map_err(|_| no_area)
        });
        let until = self.until.as_deref().filter(|text| !text.is_empty());
        let until = until.and_then(|text| f.time("until", text));
        // The databases keep different parts of a second.
        let until = until.map(|until| until.trunc_subsecs(0));
        let whole = mark.zip(effect).zip(cause);
        f.finish(whole.map(|((mark, effect), cause)| Listing {
            mark,
            scope: Scope::from(area),
            effect,
            cause,
            until,
        }))
    }
}

/// An entry, masked.
#[derive(Serialize, ToSchema)]
pub struct EntryOut {
    id: EntryId,
    kind: &'static str,
    kind_text: &'static str,
    #[schema(value_type = String, example = "139****0003")]
    mask: Masked,
    effect: &'static str,
    effect_text: &'static str,
    cause: String,
    /// The only area where it counts.
    area: Option<String>,
    area_id: Option<AreaId>,
    until: Option<DateTime<FixedOffset>>,
    /// `active`, `over` or `lifted`.
    #[schema(example = "active")]
    state: &'static str,
    #[schema(value_type = String, example = "吴*")]
    added_by: Masked,
    added_at: DateTime<FixedOffset>,
    lifted_at: Option<DateTime<FixedOffset>>,
    /// How many passes it revoked when it was added.
    revoked: i32,
}

impl EntryOut {
    fn of(listed: Listed, now: DateTime<Utc>) -> Self {
        let Listed { entry, area, by } = listed;
        Self {
            id: entry.id,
            kind: entry.kind.as_str(),
            kind_text: entry.kind.word(),
            effect: entry.effect.as_str(),
            effect_text: entry.effect.word(),
            cause: entry.cause.as_str().to_owned(),
            area_id: entry.scope.area(),
            area: area.map(|area| area.name),
            until: entry.until.map(campus_time),
            state: entry.state(now).as_str(),
            added_by: Masked::name(&by),
            added_at: campus_time(entry.added_at),
            lifted_at: entry.lifted_at.map(campus_time),
            revoked: entry.revoked,
            mask: entry.mask,
        }
    }
}

queries! {
    /// What is looked for; everything that is given must fit.
    EntriesQuery {
        /// `id_number`, `phone`, `plate` or `name`.
        kind,
        /// `refuse`, `review` or `notify`.
        effect,
        /// The whole number, plate or name of somebody who may be listed.
        q,
    }
}

impl EntriesQuery {
    fn filter(&self, ctx: &Ctx) -> Result<(EntryFilter, Page<EntryId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let filter = EntryFilter {
            kind: choice(&mut f, "kind", self.kind.as_deref(), MarkKind::parse),
            effect: choice(&mut f, "effect", self.effect.as_deref(), Effect::parse),
            marks: { self.q.as_deref() }
                .filter(|text| !text.is_empty())
                .map(|text| marks(ctx, text)),
        };
        f.finish(Some((filter, page)))
    }
}

/// Whatever the text can be: nobody says which kind they type.
fn marks(ctx: &Ctx, text: &str) -> Vec<KeyedHash> {
    let mark = |kind| {
        Mark::parse(kind, text)
            .ok()
            .map(|mark| mark.hash(&ctx.keys))
    };
    MarkKind::ALL.into_iter().filter_map(mark).collect()
}

/// Puts somebody on the blacklist
///
/// Whoever is refused loses every pass that is or will be good where the entry counts; `revoked` says how
/// many there were.
#[utoipa::path(post, path = "/api/admin/blacklist", operation_id = "list_somebody", tag = "admin",
    request_body = ListIn,
    responses((status = 201, body = EntryOut), (status = 403, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(form): Json<ListIn>,
) -> Result<(StatusCode, Json<EntryOut>), Problem> {
    let entry = blacklist::add(&ctx, &by, &form.listing()?).await?;
    Ok((StatusCode::CREATED, one(&ctx, entry).await?))
}

/// The blacklist, newest first, with what was lifted
#[utoipa::path(get, path = "/api/admin/blacklist", operation_id = "blacklist", tag = "admin",
    params(EntriesQuery),
    responses((status = 200, body = PageOut<EntryOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    by: Admin,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<PageOut<EntryOut>>, Problem> {
    let (filter, page) = query.filter(&ctx)?;
    let found = blacklist::list(&ctx, &by, &filter, page.before, page.limit).await?;
    let (now, key) = (ctx.clock.now(), |listed: &Listed| {
        listed.entry.id.to_string()
    });
    Ok(Json(
        page.of(found, key, |listed| EntryOut::of(listed, now)),
    ))
}

/// Takes somebody off the blacklist; revoked passes stay revoked
#[utoipa::path(post, path = "/api/admin/blacklist/{id}/lift", operation_id = "lift_entry", tag = "admin",
    params(("id" = EntryId, Path)),
    responses((status = 200, body = EntryOut), (status = 403, body = ProblemOut),
        (status = 404, body = ProblemOut), (status = 409, body = ProblemOut)))]
pub async fn lift(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<EntryId>,
) -> Result<Json<EntryOut>, Problem> {
    let entry = blacklist::lift(&ctx, &by, id).await?;
    one(&ctx, entry).await
}

async fn one(ctx: &Ctx, entry: Entry) -> Result<Json<EntryOut>, Problem> {
    let listed = blacklist::named(ctx, vec![entry]).await?.pop();
    let listed = listed.ok_or_else(Problem::failure)?;
    Ok(Json(EntryOut::of(listed, ctx.clock.now())))
}

const SHEET: Sheet<Listed> = Sheet {
    name: "blacklist",
    what: "blacklist.export",
    columns: &[
        ("类型", |_, listed| listed.entry.kind.word().to_owned()),
        ("名单内容", |_, listed| listed.entry.mask.to_string()),
        ("处理方式", |_, listed| {
            listed.entry.effect.word().to_owned()
        }),
        ("列入原因", |_, listed| {
            listed.entry.cause.as_str().to_owned()
        }),
        ("适用区域", |_, listed| {
            let area = listed.area.as_ref();
            area.map_or("全部", |area| &area.name).to_owned()
        }),
        ("有效期至", |_, listed| {
            listed.entry.until.map_or("长期".to_owned(), screen_time)
        }),
        ("状态", |shown, listed| {
            words::standing(listed.entry.state(shown.ctx.clock.now())).to_owned()
        }),
        ("列入人", |shown, listed| shown.name(&listed.by)),
        ("列入时间", |_, listed| {
            screen_time(listed.entry.added_at)
        }),
        ("移出时间", |_, listed| {
            listed.entry.lifted_at.map_or_else(String::new, screen_time)
        }),
        ("作废凭证数", |_, listed| {
            listed.entry.revoked.to_string()
        }),
    ],
};

export! {
    /// 导出 of 访客黑名单; what was listed is kept as its mask only, and shown so with `plain`, too
    at "/api/admin/blacklist/export" as "export_blacklist",
    (ctx, by: Admin, asked: EntriesQuery) {
        let (filter, _) = asked.query.filter(&ctx)?;
        let page = |before| blacklist::list(&ctx, &by, &filter, before, PAGE).boxed();
        let key = |listed: &Listed| listed.entry.id;
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
