//! What the lists of the console and of staff share: the query of a page, what visits are looked through for,
//! and the page.

use serde::Serialize;
use utoipa::ToSchema;

use crate::ctx::Ctx;
use crate::domain::Fault;
use crate::domain::keyword::Keyword;
use crate::domain::mode::Mode;
use crate::domain::stage::StageKind;
use crate::domain::window::Span;
use crate::http::extract::page_size;
use crate::http::fields::Fields;
use crate::store::visit_filter::Filter;

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
pub(in crate::http) use queries;

/// Queries of lists of visits: what any of them is looked through for, and more in front.
macro_rules! visit_queries {
    ($($(#[$doc:meta])* $name:ident { $($(#[$more:meta])* $field:ident,)* })*) => {$(
        crate::http::admin::page::queries! {
            $(#[$doc])*
            $name {
                $($(#[$more])* $field,)*
                /// 单据号, a whole phone number, a plate, or the beginning of a name.
                q,
                /// 到访区域.
                area,
                /// 来访事由.
                reason,
                /// 来源: `booking`, `invitation`, `proxy`, `residential` or `group`.
                mode,
                /// 状态 as it is now: `pending`, `approved` …
                stage,
                /// 开始时间, the first day: `2026-03-02`.
                starts_from,
                /// And the last.
                starts_until,
                /// 申请时间, the first day.
                submitted_from,
                /// And the last.
                submitted_until,
            }
        }

        impl $name {
            fn sought(&self, f: &mut crate::http::fields::Fields, ctx: &crate::ctx::Ctx)
                -> crate::store::visit_filter::Filter {
                crate::http::admin::page::sought(
                    f,
                    ctx,
                    self.q.as_deref(),
                    [&self.area, &self.reason, &self.mode, &self.stage],
                    [&self.starts_from, &self.starts_until],
                    [&self.submitted_from, &self.submitted_until],
                )
            }
        }
    )*};
}
pub(in crate::http) use visit_queries;

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

/// What every list of visits is looked through for.
pub fn sought(
    f: &mut Fields,
    ctx: &Ctx,
    q: Option<&str>,
    [area, reason, mode, stage]: [&Option<String>; 4],
    [starts_from, starts_until]: [&Option<String>; 2],
    [submitted_from, submitted_until]: [&Option<String>; 2],
) -> Filter {
    let starts = [("starts_from", starts_from), ("starts_until", starts_until)];
    let submitted = [
        ("submitted_from", submitted_from),
        ("submitted_until", submitted_until),
    ];
    Filter {
        keyword: q.and_then(|text| Keyword::parse(text, &ctx.keys)),
        area: named(f, "area", area.as_deref()),
        reason: named(f, "reason", reason.as_deref()),
        mode: choice(f, "mode", mode.as_deref(), Mode::parse),
        stage: choice(f, "stage", stage.as_deref(), StageKind::parse),
        starts: days(f, starts.map(|(field, day)| (field, day.as_deref()))),
        submitted: days(f, submitted.map(|(field, day)| (field, day.as_deref()))),
        ..Filter::default()
    }
}

/// Whole days on campus, both in.
pub fn days(f: &mut Fields, [from, until]: [(&str, Option<&str>); 2]) -> Span {
    let mut day = |(field, text): (&str, Option<&str>)| {
        text.filter(|text| !text.is_empty())
            .and_then(|text| f.day(field, text))
    };
    Span::of_days(day(from), day(until))
}
