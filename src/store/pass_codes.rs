//! The short codes of passes, and how often somebody was wrong about one.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::StoreError;
use crate::ids::PassId;

row!("pass_codes" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    code_hash: String,
    failures: i32,
});

pub async fn insert(
    db: &impl ConnectionTrait,
    pass: PassId,
    code_hash: &str,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: pass.get(),
        code_hash: code_hash.to_owned(),
        failures: 0,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// The passes with this code: one, hardly ever more.
pub async fn find(db: &impl ConnectionTrait, code_hash: &str) -> Result<Vec<PassId>, StoreError> {
    let found = row::Entity::find().filter(row::Column::CodeHash.eq(code_hash));
    let rows = found.all(db).await?.into_iter();
    Ok(rows.map(|row| row.id.into()).collect())
}

/// Takes one of the tries that are left; says whether there was one.
pub async fn take_try(
    db: &impl ConnectionTrait,
    pass: PassId,
    most: i32,
) -> Result<bool, StoreError> {
    use row::Column::{Failures, Id};
    let taken = row::Entity::update_many()
        .col_expr(Failures, Expr::col(Failures).add(1_i32))
        .filter(Id.eq(pass.get()))
        .filter(Failures.lt(most))
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Whoever was right has not used up a try.
pub async fn give_back_try(db: &impl ConnectionTrait, pass: PassId) -> Result<(), StoreError> {
    use row::Column::{Failures, Id};
    row::Entity::update_many()
        .col_expr(Failures, Expr::col(Failures).sub(1_i32))
        .filter(Id.eq(pass.get()))
        .exec(db)
        .await?;
    Ok(())
}
