//! 导出: a list, page by page, into a sheet that lies in a temporary file until it has been sent. However long
//! the list is, one page of it is held.

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

/// A sheet that was written, and how many rows it has.
pub struct Written {
    sheet: Writer,
}

impl Written {
    /// Reads the list a page at a time: `page` gives the rows behind a key, `row` the cells of one.
    ///
    /// # Errors
    /// When there are too many of them, or no room.
    pub async fn of<'a, K, R, const N: usize>(
        headings: [&str; N],
        mut page: impl FnMut(Option<K>) -> BoxFuture<'a, Result<Vec<R>, StoreError>>,
        key: impl Fn(&R) -> K,
        row: impl Fn(&R) -> [String; N],
    ) -> Result<Self, Problem> {
        let mut sheet = Writer::new(&headings)?;
        let mut before = None;
        loop {
            let rows = page(before).await?;
            for one in &rows {
                sheet.write(&row(one))?;
            }
            if sheet.rows() > MOST {
                let said = format!("一次最多导出{MOST}行，请缩小查询范围");
                return Err(Problem::field("limit", "export_too_large", said));
            }
            before = rows.last().map(&key);
            if (rows.len() as u64) < PAGE {
                return Ok(Self { sheet });
            }
        }
    }

    #[must_use]
    pub fn rows(&self) -> u32 {
        self.sheet.rows()
    }

    /// Sends it under this name. The file has none, and goes when it is sent or nobody takes it.
    ///
    /// # Errors
    /// When there is no room for it.
    pub async fn send(self, name: &str) -> Result<Response, Problem> {
        let file = tokio::task::spawn_blocking(|| self.sheet.finish()).await;
        let file = file.map_err(|_| Problem::failure())??;
        let stream = ReaderStream::new(tokio::fs::File::from_std(file));
        Ok(xlsx(&format!("{name}.xlsx"), Body::from_stream(stream)))
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        tracing::error!(%error, "a sheet could not be written");
        Self::failure()
    }
}
