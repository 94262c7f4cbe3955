//! 消息记录: who was told what, by which channel, and what became of it.

use axum::extract::State;
use chrono::{DateTime, FixedOffset};
use futures::FutureExt;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageOut, choice, named, queries};
use super::words;
use crate::actions::outbox::{self, ResendError, recipient};
use crate::ctx::Ctx;
use crate::domain::PersonName;
use crate::domain::actors::Admin;
use crate::domain::message::Kind;
use crate::domain::window::{campus_time, screen_time};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Path, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{OutboxId, VisitId};
use crate::secret::Masked;
use crate::store::StoreError;
use crate::store::message_list::{self, MessageFilter, Told};
use crate::store::receipts::Receipt;
use crate::templates::Channel;

queries! {
    /// What is looked for; everything that is given must fit.
    MessagesQuery {
        /// `due`, `sent`, `dead` or `overtaken`.
        state,
        /// `pass_issued`, `approval_waiting` …
        kind,
        /// 单据号.
        visit,
    }
}

const STATES: [&str; 4] = ["due", "sent", "dead", "overtaken"];

impl MessagesQuery {
    fn filter(&self) -> Result<(MessageFilter, Page<OutboxId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let state = |text: &str| STATES.into_iter().find(|state| *state == text);
        let filter = MessageFilter {
            state: choice(&mut f, "state", self.state.as_deref(), state),
            kind: choice(&mut f, "kind", self.kind.as_deref(), Kind::parse),
            visit: named(&mut f, "visit", self.visit.as_deref()),
        };
        f.finish(Some((filter, page)))
    }
}

/// A message, and the name of whom it tells; none of somebody who is gone, or whose name nobody knows.
type Addressed = (Told, Option<PersonName>);

async fn addressed(ctx: &Ctx, told: Vec<Told>) -> Result<Vec<Addressed>, StoreError> {
    let mut addressed = Vec::new();
    for told in told {
        let to = recipient(ctx, told.owed.to).await?;
        addressed.push((told, to));
    }
    Ok(addressed)
}

/// The channel that is tried next, or was last.
fn channel(ctx: &Ctx, told: &Told) -> Option<Channel> {
    let template = ctx.templates.of(told.owed.message.kind());
    let send = template.sends.get(told.owed.chain);
    send.and_then(|send| send.channels.get(told.owed.channel).copied())
}

/// A message to one recipient.
#[derive(Serialize, ToSchema)]
pub struct MessageRowOut {
    id: OutboxId,
    #[schema(example = "pass_issued")]
    kind: &'static str,
    /// `person`, `visitor`, `invitee`, `resident`, `caller` or `staff`.
    to_kind: &'static str,
    /// None of somebody who is gone, or whose name nobody knows.
    #[schema(value_type = Option<String>, example = "张**")]
    to: Option<Masked>,
    visit: Option<VisitId>,
    /// The channel that is tried next, or was last: `sms`, `template`, `wecom_card` …
    channel: Option<&'static str>,
    /// `due`, `sent`, `dead` or `overtaken`.
    #[schema(example = "sent")]
    state: String,
    created_at: DateTime<FixedOffset>,
    due_at: DateTime<FixedOffset>,
    done_at: Option<DateTime<FixedOffset>>,
    /// How often it was tried in vain.
    attempts: i32,
    /// An answer was lost: it may have arrived.
    doubtful: bool,
    /// Why it is not sent.
    error: Option<String>,
    receipts: Vec<ReceiptOut>,
}

/// What a provider said.
#[derive(Serialize, ToSchema)]
pub struct ReceiptOut {
    channel: String,
    /// `accepted`, `unknown`, `delivered`, or `failed: …`.
    outcome: String,
    at: DateTime<FixedOffset>,
}

impl MessageRowOut {
    fn of(ctx: &Ctx, (told, to): Addressed) -> Self {
        let (to_kind, _) = told.owed.to.as_column();
        Self {
            id: told.owed.id,
            kind: told.owed.message.kind().as_str(),
            to_kind,
            to: to.map(|name| Masked::name(name.as_str())),
            visit: told.owed.visit,
            channel: channel(ctx, &told).map(Channel::as_str),
            state: told.state,
            created_at: campus_time(told.owed.created_at),
            due_at: campus_time(told.due_at),
            done_at: told.done_at.map(campus_time),
            attempts: told.owed.attempts,
            doubtful: told.owed.doubtful,
            error: told.why,
            receipts: told.receipts.into_iter().map(ReceiptOut::of).collect(),
        }
    }
}

impl ReceiptOut {
    fn of(receipt: Receipt) -> Self {
        Self {
            channel: receipt.channel,
            outcome: receipt.outcome,
            at: campus_time(receipt.at),
        }
    }
}

/// 消息记录, newest first
#[utoipa::path(get, path = "/api/admin/messages", operation_id = "all_messages", tag = "admin",
    params(MessagesQuery),
    responses((status = 200, body = PageOut<MessageRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<PageOut<MessageRowOut>>, Problem> {
    let (filter, page) = query.filter()?;
    let found = message_list::list(&ctx.db.read, &filter, page.before, page.limit).await?;
    let found = addressed(&ctx, found).await?;
    let key = |(told, _): &Addressed| told.owed.id.to_string();
    Ok(Json(
        page.of(found, key, |row| MessageRowOut::of(&ctx, row)),
    ))
}

/// Sends a dead message again, from its first channel
#[utoipa::path(post, path = "/api/admin/messages/{id}/resend", operation_id = "resend_message",
    tag = "admin", params(("id" = OutboxId, Path)),
    responses((status = 200, body = MessageRowOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut)))]
pub async fn resend(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<OutboxId>,
) -> Result<Json<MessageRowOut>, Problem> {
    outbox::resend(&ctx, &by, id).await?;
    let told = message_list::find(&ctx.db.read, id).await?;
    let told = told.ok_or(ResendError::NotFound)?;
    let to = recipient(&ctx, told.owed.to).await?;
    Ok(Json(MessageRowOut::of(&ctx, (told, to))))
}

const SHEET: Sheet<Addressed> = Sheet {
    name: "messages",
    what: "messages.export",
    columns: &[
        ("时间", |_, (told, _)| screen_time(told.owed.created_at)),
        ("消息", |_, (told, _)| {
            words::message(told.owed.message.kind()).to_owned()
        }),
        ("接收人", |shown, (_, to)| {
            let name = to.as_ref();
            name.map_or_else(String::new, |name| shown.name(name.as_str()))
        }),
        ("单据号", |_, (told, _)| {
            told.owed
                .visit
                .map_or_else(String::new, |visit| visit.to_string())
        }),
        ("渠道", |shown, (told, _)| {
            channel(shown.ctx, told)
                .map_or("", words::channel)
                .to_owned()
        }),
        ("状态", |_, (told, _)| {
            words::state(&told.state).to_owned()
        }),
        ("完成时间", |_, (told, _)| {
            told.done_at.map_or_else(String::new, screen_time)
        }),
        ("失败次数", |_, (told, _)| {
            told.owed.attempts.to_string()
        }),
        ("原因", |_, (told, _)| {
            told.why.clone().unwrap_or_default()
        }),
        ("回执", |_, (told, _)| {
            let last = told.receipts.last();
            last.map_or_else(String::new, |receipt| receipt.outcome.clone())
        }),
    ],
};

export! {
    /// 导出 of 消息记录
    at "/api/admin/messages/export" as "export_messages",
    (ctx, by: Admin, asked: MessagesQuery) {
        let (filter, _) = asked.query.filter()?;
        let page = |before| {
            let (ctx, filter) = (&ctx, &filter);
            let page = async move {
                let found = message_list::list(&ctx.db.read, filter, before, PAGE).await?;
                addressed(ctx, found).await
            };
            page.boxed()
        };
        let key = |(told, _): &Addressed| told.owed.id;
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
