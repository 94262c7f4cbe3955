//! 访客登记: what was typed about the resident of a visit. Whoever changes one holds the lock of its visit.

use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::{StoreError, corrupt};
use crate::domain::campus::SealedPhone;
use crate::domain::keyword::NameStart;
use crate::domain::resident::Registration;
use crate::domain::{HouseNumber, PersonName};
use crate::ids::{RegistrationId, ResidentId, VisitId};
use crate::secret::{KeyedHash, Masked, Sealed};

row!("registrations" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    visit_id: i64,
    name: String,
    phone_sealed: String,
    phone_hash: String,
    phone_mask: String,
    house: String,
    resident_id: Option<i64>,
    link_hash: String,
    link_generation: i32,
});

pub async fn insert(
    db: &impl ConnectionTrait,
    registration: &Registration,
    link_hash: &str,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: registration.id.get(),
        visit_id: registration.visit.get(),
        name: registration.name.as_str().to_owned(),
        phone_sealed: registration.phone.sealed.as_column().to_owned(),
        phone_hash: registration.phone.hash.as_str().to_owned(),
        phone_mask: registration.phone.mask.as_str().to_owned(),
        house: registration.house.as_str().to_owned(),
        resident_id: registration.resident.map(ResidentId::get),
        link_hash: link_hash.to_owned(),
        link_generation: registration.link_generation,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

/// Forgets the one of a visit, and with it its link.
pub async fn delete_of(db: &impl ConnectionTrait, visit: VisitId) -> Result<(), StoreError> {
    row::Entity::delete_many()
        .filter(row::Column::VisitId.eq(visit.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes from those of some visits whom they name.
pub(super) async fn forget_of(
    db: &impl ConnectionTrait,
    visits: &[VisitId],
) -> Result<(), StoreError> {
    let phone = SealedPhone::forgotten();
    let (sealed, hash, mask) = (&phone.sealed, &phone.hash, &phone.mask);
    row::Entity::update_many()
        .col_expr(
            row::Column::Name,
            Expr::value(PersonName::forgotten().as_str()),
        )
        .col_expr(row::Column::PhoneSealed, Expr::value(sealed.as_column()))
        .col_expr(row::Column::PhoneHash, Expr::value(hash.as_str()))
        .col_expr(row::Column::PhoneMask, Expr::value(mask.as_str()))
        .col_expr(
            row::Column::House,
            Expr::value(HouseNumber::forgotten().as_str()),
        )
        .col_expr(row::Column::ResidentId, Expr::value(None::<i64>))
        .filter(row::Column::VisitId.is_in(visits.iter().map(|id| id.get())))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn find(
    db: &impl ConnectionTrait,
    id: RegistrationId,
) -> Result<Option<Registration>, StoreError> {
    let found = row::Entity::find_by_id(id.get());
    found.one(db).await?.map(registration).transpose()
}

pub async fn find_by_link(
    db: &impl ConnectionTrait,
    link_hash: &str,
) -> Result<Option<Registration>, StoreError> {
    let found = row::Entity::find().filter(row::Column::LinkHash.eq(link_hash));
    found.one(db).await?.map(registration).transpose()
}

/// Those of some visits; a visit has one at most.
pub async fn of_visits(
    db: &impl ConnectionTrait,
    visits: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<Registration>, StoreError> {
    let ids = visits.into_iter().map(VisitId::get);
    let theirs = row::Entity::find().filter(row::Column::VisitId.is_in(ids));
    theirs
        .all(db)
        .await?
        .into_iter()
        .map(registration)
        .collect()
}

/// The ids of the visits to residents whose name, as it was typed, begins so.
pub(super) fn visits_named(start: &NameStart) -> SelectStatement {
    visits()
        .and_where(row::Column::Name.gte(start.first()))
        .and_where(row::Column::Name.lt(start.after()))
        .take()
}

pub(super) fn visits_with_phone(phone: &KeyedHash) -> SelectStatement {
    visits()
        .and_where(row::Column::PhoneHash.eq(phone.as_str()))
        .take()
}

fn visits() -> SelectStatement {
    Query::select()
        .column(row::Column::VisitId)
        .from(row::Entity)
        .take()
}

fn registration(row: row::Model) -> Result<Registration, StoreError> {
    let corrupt = corrupt("registrations", row.id);
    Ok(Registration {
        id: row.id.into(),
        visit: row.visit_id.into(),
        name: PersonName::parse(&row.name).map_err(|_| corrupt())?,
        phone: SealedPhone {
            sealed: Sealed::from_column(row.phone_sealed),
            hash: KeyedHash::from_column(row.phone_hash),
            mask: Masked::from_column(row.phone_mask),
        },
        house: HouseNumber::parse(&row.house).map_err(|_| corrupt())?,
        resident: row.resident_id.map(ResidentId::from),
        link_generation: row.link_generation,
    })
}
