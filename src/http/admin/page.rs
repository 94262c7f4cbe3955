//! What the console's lists share: the query of a page, and the page.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Fault;
use crate::domain::window::Span;
use crate::http::extract::page_size;
use crate::http::fields::Fields;

/// Queries with a page's key and size behind their own fields: serde cannot flatten one query into another
/// and still refuse unknown fields. Each field is a text, so that what is wrong with it is told by name.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident { $($(#[$more:meta])* $field:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$more])* $field: Option<String>,)*
            /// `next` of the page before.
            after: Option<String>,
            /// 1 to 50; 20 when left out.
            limit: Option<u64>,
        }

        impl $name {
            fn page<K: std::str::FromStr>(&self, f: &mut crate::http::fields::Fields)
                -> crate::http::admin::page::Page<K> {
                crate::http::admin::page::Page::read(f, self.after.as_deref(), self.limit)
            }
        }
    )*};
}
pub(super) use queries;

/// Which page: those before `before`, at most `limit`.
pub struct Page<K> {
    pub before: Option<K>,
    pub limit: u64,
}

const UNKNOWN: Fault = Fault::new("query_invalid", "查询参数格式不正确");

impl<K: std::str::FromStr> Page<K> {
    pub fn read(f: &mut Fields, after: Option<&str>, limit: Option<u64>) -> Self {
        Self {
            before: named(f, "after", after),
            limit: page_size(limit),
        }
    }
}

impl<K> Page<K> {
    /// The page of what was found, each with the key by which the next begins behind it.
    pub fn of<R, T>(
        &self,
        found: Vec<R>,
        key: impl Fn(&R) -> String,
        row: impl FnMut(R) -> T,
    ) -> PageOut<T> {
        let full = found.len() as u64 == self.limit;
        PageOut {
            next: found.last().filter(|_| full).map(key),
            items: found.into_iter().map(row).collect(),
        }
    }
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct PageOut<T> {
    pub items: Vec<T>,
    /// `after` of the next page; none on the last one.
    pub next: Option<String>,
}

impl<T> PageOut<T> {
    /// A register that is short enough to be told at once.
    pub fn whole<R>(all: Vec<R>, row: impl FnMut(R) -> T) -> Self {
        Self {
            items: all.into_iter().map(row).collect(),
            next: None,
        }
    }
}

/// One of a few, or an id.
pub fn named<T: std::str::FromStr>(f: &mut Fields, field: &str, text: Option<&str>) -> Option<T> {
    choice(f, field, text, |text| text.parse().ok())
}

/// The same of what is parsed by a function.
pub fn choice<T>(
    f: &mut Fields,
    field: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    f.maybe(field, text, |text| parse(text).ok_or(UNKNOWN))
}

/// Whole days on campus, both in.
pub fn days(f: &mut Fields, [from, until]: [(&str, Option<&str>); 2]) -> Span {
    let mut day = |(field, text): (&str, Option<&str>)| {
        text.filter(|text| !text.is_empty())
            .and_then(|text| f.day(field, text))
    };
    Span::of_days(day(from), day(until))
}
