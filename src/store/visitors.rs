//! The humans in a visit.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query, SelectStatement, UnionType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::{StoreError, corrupt, passes, people, photos, visitor_search, visits};
use crate::domain::campus::SealedPhone;
use crate::domain::id_number::IdKind;
use crate::domain::keyword::NameStart;
use crate::domain::screening::Mark;
use crate::domain::visitor::{SealedDocument, Visitor};
use crate::domain::{Items, PersonName, Plate};
use crate::ids::{PersonId, PhotoId, VisitId, VisitorId};
use crate::secret::{KeyedHash, Masked, Sealed};

row!("visitors" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    visit_id: i64,
    person_id: Option<i64>,
    place: i16,
    name: String,
    phone_sealed: String,
    phone_hash: String,
    phone_mask: String,
    id_kind: Option<String>,
    id_sealed: Option<String>,
    id_hash: Option<String>,
    id_mask: Option<String>,
    id_photo_id: Option<i64>,
    face_photo_id: Option<i64>,
    plate: Option<String>,
    items: Option<String>,
});

pub(super) use row::{Column, Entity};

pub async fn insert(db: &impl ConnectionTrait, visitor: &Visitor) -> Result<(), StoreError> {
    to_row(visitor).into_active_model().insert(db).await?;
    Ok(())
}

/// Writes every detail anew.
pub async fn update(db: &impl ConnectionTrait, visitor: &Visitor) -> Result<(), StoreError> {
    to_row(visitor)
        .into_active_model()
        .reset_all()
        .update(db)
        .await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
    row::Entity::find_by_id(id.get())
        .one(db)
        .await?
        .map(visitor)
        .transpose()
}

pub(super) async fn find_many(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = i64>,
) -> Result<Vec<Visitor>, StoreError> {
    let found = row::Entity::find().filter(row::Column::Id.is_in(ids));
    found.all(db).await?.into_iter().map(visitor).collect()
}

/// The visitors of some visits, by visit and place.
pub async fn of_visits(
    db: &impl ConnectionTrait,
    visits: impl IntoIterator<Item = VisitId>,
) -> Result<Vec<Visitor>, StoreError> {
    let theirs = row::Entity::find()
        .filter(row::Column::VisitId.is_in(visits.into_iter().map(VisitId::get)))
        .order_by_asc(row::Column::VisitId)
        .order_by_asc(row::Column::Place);
    theirs.all(db).await?.into_iter().map(visitor).collect()
}

/// Those who are one person, by their account.
pub async fn of_person(
    db: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<Visitor>, StoreError> {
    let theirs = row::Entity::find()
        .filter(row::Column::PersonId.eq(person.get()))
        .order_by_asc(row::Column::Id);
    theirs.all(db).await?.into_iter().map(visitor).collect()
}

/// Takes from some visitors everything personal; the pictures that they had are let go.
pub async fn forget(
    db: &impl ConnectionTrait,
    visitors: Vec<Visitor>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    for visitor in visitors {
        let nobody = Visitor {
            person: None,
            name: PersonName::forgotten(),
            phone: SealedPhone::forgotten(),
            document: None,
            face_photo: None,
            plate: None,
            items: None,
            ..visitor
        };
        update(db, &nobody).await?;
        for picture in visitor.pictures() {
            photos::let_go(db, picture, at).await?;
        }
    }
    Ok(())
}

/// Whether somebody has this picture.
pub async fn have_photo(db: &impl ConnectionTrait, photo: PhotoId) -> Result<bool, StoreError> {
    let theirs = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(
            Condition::any()
                .add(row::Column::IdPhotoId.eq(photo.get()))
                .add(row::Column::FacePhotoId.eq(photo.get())),
        )
        .limit(1);
    Ok(theirs.into_tuple::<i64>().one(db).await?.is_some())
}

/// Takes a face photo from every visitor who has it.
pub async fn drop_face(db: &impl ConnectionTrait, photo: PhotoId) -> Result<(), StoreError> {
    row::Entity::update_many()
        .col_expr(row::Column::FacePhotoId, Expr::value(None::<i64>))
        .filter(row::Column::FacePhotoId.eq(photo.get()))
        .exec(db)
        .await?;
    Ok(())
}

/// The ids of the pictures that visitors have.
pub(super) fn pictures() -> SelectStatement {
    // A null among them would make every other one neither in nor out.
    let filled = |column: row::Column| {
        let all = Query::select().column(column).from(row::Entity).take();
        { all }.and_where(column.is_not_null()).take()
    };
    filled(row::Column::IdPhotoId)
        .union(UnionType::All, filled(row::Column::FacePhotoId))
        .take()
}

/// The visitors with a pass that is or will be good, among whom a mark of this kind is looked for. By
/// `hash` as far as one is stored; the caller compares, since of a name none is.
pub async fn with_live_pass(
    db: &impl ConnectionTrait,
    mark: &Mark,
    hash: &KeyedHash,
    now: DateTime<Utc>,
) -> Result<Vec<Visitor>, StoreError> {
    let holders = row::Entity::find()
        .filter(row::Column::Id.in_subquery(passes::live_holders(now)))
        .order_by_asc(row::Column::Id);
    let perhaps = match mark {
        Mark::IdNumber(_) => holders.filter(row::Column::IdHash.eq(hash.as_str())),
        Mark::Phone(_) => holders.filter(row::Column::PhoneHash.eq(hash.as_str())),
        Mark::Plate(plate) => holders.filter(row::Column::Plate.eq(plate.as_str())),
        Mark::Name(_) => holders,
    };
    perhaps.all(db).await?.into_iter().map(visitor).collect()
}

/// The ids of the visitors who come in the vehicle with this plate.
pub(super) fn with_plate(plate: &Plate) -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::Plate.eq(plate.as_str()))
        .take()
}

/// The same of those with this phone.
pub(super) fn with_phone(phone: &KeyedHash) -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::PhoneHash.eq(phone.as_str()))
        .take()
}

/// The same of those whose name begins so.
pub(super) fn named(start: &NameStart) -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::Name.gte(start.first()))
        .and_where(row::Column::Name.lt(start.after()))
        .take()
}

/// Whether somebody with this document waits for a visit's approval.
pub async fn wait_with_document(
    db: &impl ConnectionTrait,
    document: &KeyedHash,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    visits::may_come_of(db, visitor_search::visits_of(document), now).await
}

/// The same of whoever comes in the vehicle with this plate.
pub async fn wait_with_plate(
    db: &impl ConnectionTrait,
    plate: &Plate,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    visits::may_come_of(db, visitor_search::visits_with_plate(plate), now).await
}

/// The ids of the visitors with this document.
pub(super) fn with_document(document: &KeyedHash) -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::IdHash.eq(document.as_str()))
        .take()
}

pub(super) async fn give(
    db: &impl ConnectionTrait,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    people::give_rows::<row::Entity>(db, row::Column::PersonId, from, to).await
}

fn to_row(visitor: &Visitor) -> row::Model {
    let document = visitor.document.as_ref();
    row::Model {
        id: visitor.id.get(),
        visit_id: visitor.visit.get(),
        person_id: visitor.person.map(PersonId::get),
        place: visitor.place,
        name: visitor.name.as_str().to_owned(),
        phone_sealed: visitor.phone.sealed.as_column().to_owned(),
        phone_hash: visitor.phone.hash.as_str().to_owned(),
        phone_mask: visitor.phone.mask.as_str().to_owned(),
        id_kind: document.map(|id| id.kind.as_str().to_owned()),
        id_sealed: document.map(|id| id.sealed.as_column().to_owned()),
        id_hash: document.map(|id| id.hash.as_str().to_owned()),
        id_mask: document.map(|id| id.mask.as_str().to_owned()),
        id_photo_id: document.map(|id| id.photo.get()),
        face_photo_id: visitor.face_photo.map(PhotoId::get),
        plate: visitor
            .plate
            .as_ref()
            .map(|plate| plate.as_str().to_owned()),
        items: visitor
            .items
            .as_ref()
            .map(|items| items.as_str().to_owned()),
    }
}

pub(super) fn visitor(row: row::Model) -> Result<Visitor, StoreError> {
    let corrupt = corrupt("visitors", row.id);
    let document = document(&row)?;
    Ok(Visitor {
        id: row.id.into(),
        visit: row.visit_id.into(),
        person: row.person_id.map(PersonId::from),
        place: row.place,
        name: PersonName::parse(&row.name).map_err(|_| corrupt())?,
        phone: SealedPhone {
            sealed: Sealed::from_column(row.phone_sealed),
            hash: KeyedHash::from_column(row.phone_hash),
            mask: Masked::from_column(row.phone_mask),
        },
        document,
        face_photo: row.face_photo_id.map(PhotoId::from),
        plate: row
            .plate
            .as_deref()
            .map(Plate::parse)
            .transpose()
            .map_err(|_| corrupt())?,
        items: row
            .items
            .as_deref()
            .map(Items::parse)
            .transpose()
            .map_err(|_| corrupt())?,
    })
}

/// All of it or none.
fn document(row: &row::Model) -> Result<Option<SealedDocument>, StoreError> {
    let corrupt = corrupt("visitors", row.id);
    let row::Model {
        id_kind,
        id_sealed,
        id_hash,
        id_mask,
        id_photo_id,
        ..
    } = row.clone();
    match (id_kind, id_sealed, id_hash, id_mask, id_photo_id) {
        (Some(kind), Some(sealed), Some(hash), Some(mask), Some(photo)) => {
            Ok(Some(SealedDocument {
                kind: IdKind::parse(&kind).ok_or_else(corrupt)?,
                sealed: Sealed::from_column(sealed),
                hash: KeyedHash::from_column(hash),
                mask: Masked::from_column(mask),
                photo: photo.into(),
            }))
        }
        (None, None, None, None, None) => Ok(None),
        _ => Err(corrupt()),
    }
}
