//! 住户: the register of the residential quarter.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{StoreError, corrupt};
use crate::domain::campus::SealedPhone;
use crate::domain::resident::Resident;
use crate::domain::{HouseNumber, PersonName};
use crate::ids::ResidentId;
use crate::secret::{KeyedHash, Masked, Sealed};

row!("residents" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    name: String,
    phone_sealed: String,
    phone_hash: String,
    phone_mask: String,
    house: String,
    moved_in_at: DateTimeUtc,
    moved_out_at: Option<DateTimeUtc>,
});

/// What names a resident: all three together, and nothing less.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub name: &'a PersonName,
    pub phone: &'a KeyedHash,
    pub house: &'a HouseNumber,
}

/// Whether somebody still lives there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Living {
    Here(ResidentId),
    MovedOut(ResidentId),
}

/// They move in.
pub async fn insert_many(
    db: &impl ConnectionTrait,
    residents: &[Resident],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if residents.is_empty() {
        return Ok(());
    }
    let row = |resident: &Resident| row::Model {
        id: resident.id.get(),
        name: resident.name.as_str().to_owned(),
        phone_sealed: resident.phone.sealed.as_column().to_owned(),
        phone_hash: resident.phone.hash.as_str().to_owned(),
        phone_mask: resident.phone.mask.as_str().to_owned(),
        house: resident.house.as_str().to_owned(),
        moved_in_at: at,
        moved_out_at: None,
    };
    let rows = residents.iter().map(row).map(row::Model::into_active_model);
    row::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Everybody with one of these numbers, whether they still live there or not.
pub async fn with_phones(
    db: &impl ConnectionTrait,
    phones: &[KeyedHash],
) -> Result<Vec<(Resident, Living)>, StoreError> {
    let phones = phones.iter().map(KeyedHash::as_str);
    let found = row::Entity::find().filter(row::Column::PhoneHash.is_in(phones));
    let rows = found.all(db).await?.into_iter();
    rows.map(|row| {
        let living = living_of(&row);
        Ok((resident(row)?, living))
    })
    .collect()
}

/// The one of this name, phone and house, who may have moved out.
pub async fn find(
    db: &impl ConnectionTrait,
    named: Named<'_>,
) -> Result<Option<Living>, StoreError> {
    let found = { by_all(named) }.one(db).await?;
    Ok(found.as_ref().map(living_of))
}

/// Everybody who lives there, by house.
pub async fn living(db: &impl ConnectionTrait) -> Result<Vec<Resident>, StoreError> {
    let here = row::Entity::find()
        .filter(row::Column::MovedOutAt.is_null())
        .order_by_asc(row::Column::House)
        .order_by_asc(row::Column::Id);
    here.all(db).await?.into_iter().map(resident).collect()
}

/// Whom one looks for among those who live there; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct ResidentFilter {
    pub name: Option<PersonName>,
    pub phone: Option<KeyedHash>,
    pub house: Option<HouseNumber>,
}

/// Newest first: those before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &ResidentFilter,
    before: Option<ResidentId>,
    limit: u64,
) -> Result<Vec<Resident>, StoreError> {
    use row::Column::{House, Id, MovedOutAt, Name, PhoneHash};
    let fits = [
        Some(MovedOutAt.is_null()),
        filter.name.as_ref().map(|name| Name.eq(name.as_str())),
        filter
            .phone
            .as_ref()
            .map(|phone| PhoneHash.eq(phone.as_str())),
        filter.house.as_ref().map(|house| House.eq(house.as_str())),
        before.map(|before| Id.lt(before.get())),
    ];
    let found = { fits.into_iter().flatten() }.fold(row::Entity::find(), Select::filter);
    let rows = found.order_by_desc(Id).limit(limit).all(db).await?;
    rows.into_iter().map(resident).collect()
}

/// Somebody who lives there.
pub async fn find_living(
    db: &impl ConnectionTrait,
    id: ResidentId,
) -> Result<Option<Resident>, StoreError> {
    let here = row::Entity::find_by_id(id.get()).filter(row::Column::MovedOutAt.is_null());
    here.one(db).await?.map(resident).transpose()
}

/// Writes down that somebody has moved out at that time, or, with none, lives there again.
pub async fn move_out(
    db: &impl ConnectionTrait,
    id: ResidentId,
    at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        moved_out_at: Set(at),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

fn living_of(row: &row::Model) -> Living {
    match row.moved_out_at {
        None => Living::Here(row.id.into()),
        Some(_) => Living::MovedOut(row.id.into()),
    }
}

fn by_all(named: Named<'_>) -> Select<row::Entity> {
    row::Entity::find()
        .filter(row::Column::PhoneHash.eq(named.phone.as_str()))
        .filter(row::Column::Name.eq(named.name.as_str()))
        .filter(row::Column::House.eq(named.house.as_str()))
}

fn resident(row: row::Model) -> Result<Resident, StoreError> {
    let corrupt = corrupt("residents", row.id);
    Ok(Resident {
        id: row.id.into(),
        name: PersonName::parse(&row.name).map_err(|_| corrupt())?,
        phone: SealedPhone {
            sealed: Sealed::from_column(row.phone_sealed),
            hash: KeyedHash::from_column(row.phone_hash),
            mask: Masked::from_column(row.phone_mask),
        },
        house: HouseNumber::parse(&row.house).map_err(|_| corrupt())?,
    })
}
