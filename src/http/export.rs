//! 导出: a list, page by page, into a sheet that lies in a temporary file until it has been sent. However long
//! the list is, one page of it is held. What a list is called and the columns it has is a [`Sheet`]; that
//! somebody took it is written down.

use std::cell::Cell as Told;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use form_urlencoded::{Serializer, parse};
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use tokio_util::io::ReaderStream;

use super::extract::Query;
use super::lists::xlsx;
use super::problem::Problem;
use crate::actions::exports::{self, Plain};
use crate::ctx::Ctx;
use crate::domain::campus::{Member, SealedPhone};
use crate::domain::visitor::SealedDocument;
use crate::secret::{Masked, Sealable, Sealed};
use crate::sheet::{WriteError, Writer};
use crate::store::StoreError;

/// How many rows are read at once.
pub const PAGE: u64 = 500;
/// The most rows of an export: what Excel opens without complaint, and a minute of work.
const MOST: u32 = 200_000;

/// The query of a list, and whether it is asked for without masks: `plain=true` beside what the list takes.
pub struct Export<Q> {
    pub query: Q,
    pub plain: bool,
}

impl<S: Send + Sync, Q: DeserializeOwned> FromRequestParts<S> for Export<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let given = parts.uri.query().unwrap_or_default().as_bytes();
        let plain = parse(given).find(|(name, _)| name == "plain");
        let plain = match plain.as_ref().map(|(_, value)| value.as_ref()) {
            None | Some("" | "false") => false,
            Some("true") => true,
            Some(_) => return Err(Problem::malformed("查询参数不正确")),
        };
        // What the list itself does not know is refused by it.
        let rest = parse(given).filter(|(name, _)| name != "plain");
        let rest = Serializer::new(String::new()).extend_pairs(rest).finish();
        let mut path = parts.clone();
        path.uri = format!("/?{rest}")
            .parse()
            .map_err(|_| Problem::malformed("查询参数不正确"))?;
        let Query(query) = Query::from_request_parts(&mut path, state).await?;
        Ok(Self { query, plain })
    }
}

/// What makes the cell of a row.
pub type Cell<R> = fn(&Shown<'_>, &R) -> String;

/// A list as it is taken away: the name of the file, what the audit calls it, and under each heading what
/// stands in a row.
pub struct Sheet<R: 'static> {
    pub name: &'static str,
    pub what: &'static str,
    pub columns: &'static [(&'static str, Cell<R>)],
}

impl<R> Sheet<R> {
    /// Reads the list a page at a time, for `page` gives the rows behind a key, and sends it. The file has
    /// no name, and goes when it is sent or nobody takes it.
    ///
    /// # Errors
    /// When there are too many rows, or no room for them.
    pub async fn take<'a, K>(
        &self,
        (ctx, by, plain): (&Ctx, &Member, bool),
        mut page: impl FnMut(Option<K>) -> BoxFuture<'a, Result<Vec<R>, StoreError>>,
        key: impl Fn(&R) -> K,
    ) -> Result<Response, Problem> {
        let headings: Vec<_> = self.columns.iter().map(|(heading, _)| *heading).collect();
        let mut sheet = Writer::new(&headings)?;
        let shown = Shown {
            ctx,
            plain,
            left: Told::default(),
        };
        let mut before = None;
        loop {
            let rows = page(before).await?;
            for row in &rows {
                let cells = self.columns.iter().map(|(_, cell)| cell(&shown, row));
                sheet.write(cells)?;
            }
            if sheet.rows() > MOST {
                let said = format!("一次最多导出{MOST}行，请缩小查询范围");
                return Err(Problem::field("limit", "export_too_large", said));
            }
            before = rows.last().map(&key);
            if (rows.len() as u64) < PAGE {
                break;
            }
        }
        let taken = (sheet.rows(), shown.left.get());
        exports::note(ctx, by, (self.what, self.name), taken).await?;
        let file = tokio::task::spawn_blocking(|| sheet.finish()).await;
        let file = file.map_err(|_| Problem::failure())??;
        let stream = ReaderStream::new(tokio::fs::File::from_std(file));
        let name = format!("{}.xlsx", self.name);
        Ok(xlsx(&name, Body::from_stream(stream)))
    }
}

/// How names and numbers are written: masked, or as they are. It keeps what was written as it is.
pub struct Shown<'a> {
    pub ctx: &'a Ctx,
    plain: bool,
    left: Told<Plain>,
}

impl Shown<'_> {
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        if self.plain {
            self.leaves(|left| left.names = true);
            name.to_owned()
        } else {
            Masked::name(name).to_string()
        }
    }

    #[must_use]
    pub fn phone(&self, phone: &SealedPhone) -> String {
        self.number(&phone.sealed, &phone.mask)
    }

    #[must_use]
    pub fn document(&self, document: &SealedDocument) -> String {
        self.number(&document.sealed, &document.mask)
    }

    /// Of one that is not kept any more nothing is left to show.
    fn number<T: Sealable>(&self, sealed: &Sealed<T>, mask: &Masked) -> String {
        match self.plain.then(|| self.ctx.keys.open(sealed)) {
            Some(Ok(number)) => {
                self.leaves(|left| left.numbers = true);
                number.expose().to_owned()
            }
            Some(Err(_)) | None => mask.to_string(),
        }
    }

    fn leaves(&self, what: fn(&mut Plain)) {
        let mut left = self.left.get();
        what(&mut left);
        self.left.set(left);
    }
}

/// The handler of an export. All of them take the query of their list and `plain`, and answer with a sheet.
macro_rules! export {
    ($(#[$doc:meta])* at $path:tt as $id:tt,
        ($ctx:ident, $by:ident: $who:ident, $asked:ident: $query:ident) $take:block) => {
        $(#[$doc])*
        ///
        /// What the list of the same query holds, as a sheet of Excel. With `plain=true` names and numbers
        /// are in full, for administrators only. That it was taken is written down.
        #[utoipa::path(get, path = $path, operation_id = $id, tag = "admin",
            params($query, ("plain" = Option<bool>, Query)),
            responses(
                (status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (status = 403, body = ProblemOut), (status = 422, body = ProblemOut)))]
        pub async fn export(
            axum::extract::State($ctx): axum::extract::State<Ctx>,
            $by: $who,
            $asked: crate::http::export::Export<$query>,
        ) -> Result<axum::response::Response, Problem> $take
    };
}
pub(super) use export;

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        tracing::error!(%error, "a sheet could not be written");
        Self::failure()
    }
}
