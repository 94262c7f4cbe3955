//! What is kept, as functions over any connection or transaction.
//!
//! Rows are private to their file; what comes out is parsed into domain types, and a row that makes
//! no sense is [`StoreError::Corrupt`], never a guess. Ownership is in the query: a stranger's row is
//! not found. The unique index is the check. [`begin`] and [`commit`] are the only doors to a
//! transaction.

macro_rules! row {
    ($table:tt { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        mod row {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$meta])* pub $field: $type,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

mod forget;
mod open;

pub mod areas;
pub mod departments;
pub mod gate_list;
pub mod gates;
pub mod quarters;
pub mod reasons;
pub mod residents;
pub mod spoken;
pub mod staff;

pub mod consents;
pub mod people;
pub mod photos;
pub mod sessions;
pub mod subscriptions;

pub mod approval_steps;
pub mod approval_votes;
pub mod deciders;
pub mod delegations;
pub mod expected;
pub mod groups;
pub mod humans;
pub mod idempotency;
pub mod invitations;
pub mod invitees;
pub mod readers;
pub mod registrations;
pub mod routes;
pub mod vehicles;
pub mod visit_facts;
pub mod visit_filter;
pub mod visitor_search;
pub mod visitors;
pub mod visits;

pub mod pass_codes;
pub mod passage_list;
pub mod passages;
pub mod passes;
pub mod posts;
pub mod presences;

pub mod budgets;
pub mod cards;
pub mod deliveries;
pub mod login_codes;
pub mod message_list;
pub mod outbox;
pub mod receipts;
pub mod tokens;

pub mod audit;
pub mod blacklist;
pub mod figures;
pub mod hits;
pub mod news;
pub mod settings;

pub use open::{Db, begin, checkpoint, commit, migrate, snapshot};

use sea_orm::ColumnTrait;
use sea_orm::sea_query::SimpleExpr;

use crate::domain::actors::Account;

/// Why a query gave nothing that can be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database's own words name columns and constraints, and no values.
    #[error("the database did not do it: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// A row that the code that wrote it would not have written.
    #[error("row {id} of {table} makes no sense")]
    Corrupt { table: &'static str, id: i64 },
    /// Somebody else changed the row since it was read.
    #[error("the row has changed since it was read")]
    Changed,
}

impl StoreError {
    /// Whether a unique index refused the row.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        use sea_orm::SqlErr::UniqueConstraintViolation;
        matches!(self, Self::Database(e) if matches!(e.sql_err(), Some(UniqueConstraintViolation(_))))
    }
}

/// The rows of somebody, in a table with a column for each kind of account.
fn owned<C: ColumnTrait>(by: Account, person: C, staff: C) -> SimpleExpr {
    match by {
        Account::Person(id) => person.eq(id.get()),
        Account::Staff(id) => staff.eq(id.get()),
    }
}

/// The error of a row that makes no sense.
fn corrupt(table: &'static str, id: i64) -> impl Fn() -> StoreError {
    move || StoreError::Corrupt { table, id }
}
