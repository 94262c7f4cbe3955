//! Those who come through WeChat, by each of the names WeChat has for them, and those who come by their
//! number alone.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::{
    StoreError, consents, corrupt, idempotency, outbox, photos, sessions, subscriptions, visitors,
    visits,
};
use crate::domain::PersonName;
use crate::domain::campus::SealedPhone;
use crate::ids::PersonId;
use crate::secret::{KeyedHash, Masked, Sealed};

row!("people" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    oa_openid: Option<String>,
    mini_openid: Option<String>,
    unionid: Option<String>,
    name: Option<String>,
    phone_sealed: Option<String>,
    phone_hash: Option<String>,
    phone_mask: Option<String>,
    phone_proven_at: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
});

/// An account.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: PersonId,
    pub names: WechatNames,
    /// What they last gave for themselves, to prefill the next form.
    pub name: Option<PersonName>,
    pub phone: Option<SealedPhone>,
    /// When WeChat vouched that this very number is theirs, or they had an SMS that came to it.
    pub phone_proven_at: Option<DateTime<Utc>>,
}

/// How WeChat knows somebody: a name for each app, and one across the campus's apps when they are
/// bound to one open platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WechatNames {
    pub oa_openid: Option<String>,
    pub mini_openid: Option<String>,
    pub unionid: Option<String>,
}

pub async fn insert(
    db: &impl ConnectionTrait,
    id: PersonId,
    names: &WechatNames,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: id.get(),
        oa_openid: names.oa_openid.clone(),
        mini_openid: names.mini_openid.clone(),
        unionid: names.unionid.clone(),
        name: None,
        phone_sealed: None,
        phone_hash: None,
        phone_mask: None,
        phone_proven_at: None,
        created_at: at,
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: PersonId) -> Result<Option<Person>, StoreError> {
    row::Entity::find_by_id(id.get())
        .one(db)
        .await?
        .map(person)
        .transpose()
}

/// The follower whom the account knows by this openid.
pub async fn find_follower(
    db: &impl ConnectionTrait,
    oa_openid: &str,
) -> Result<Option<Person>, StoreError> {
    let found = row::Entity::find().filter(row::Column::OaOpenid.eq(oa_openid));
    found.one(db).await?.map(person).transpose()
}

/// Holds a person's row, so that what they do happens one after the other.
pub async fn lock(db: &impl ConnectionTrait, id: PersonId) -> Result<(), StoreError> {
    row::Entity::find_by_id(id.get())
        .lock(LockType::NoKeyUpdate)
        .one(db)
        .await?;
    Ok(())
}

/// Everybody whom one of the names fits, oldest first: more than one until they are merged.
async fn lock_by_names(
    db: &impl ConnectionTrait,
    names: &WechatNames,
) -> Result<Vec<Person>, StoreError> {
    let mut any = Condition::any();
    for (column, name) in [
        (row::Column::OaOpenid, &names.oa_openid),
        (row::Column::MiniOpenid, &names.mini_openid),
        (row::Column::Unionid, &names.unionid),
    ] {
        any = any.add_option(name.as_ref().map(|name| column.eq(name.as_str())));
    }
    if any.is_empty() {
        return Ok(Vec::new());
    }
    let rows = row::Entity::find()
        .filter(any)
        .lock(LockType::NoKeyUpdate)
        .all(db)
        .await?;
    let mut people = rows
        .into_iter()
        .map(person)
        .collect::<Result<Vec<_>, _>>()?;
    people.sort_by_key(|person| person.id);
    Ok(people)
}

/// Writes down the names that are known now; a name once known is not forgotten.
pub async fn learn_names(
    db: &impl ConnectionTrait,
    id: PersonId,
    names: &WechatNames,
) -> Result<(), StoreError> {
    let known = |name: &Option<String>| name.clone().map_or(sea_orm::NotSet, |n| Set(Some(n)));
    let change = row::ActiveModel {
        id: Set(id.get()),
        oa_openid: known(&names.oa_openid),
        mini_openid: known(&names.mini_openid),
        unionid: known(&names.unionid),
        ..Default::default()
    };
    if *names != WechatNames::default() {
        change.update(db).await?;
    }
    Ok(())
}

/// Those whom WeChat knows. Anybody else is known by their proven number alone.
fn is_named() -> Condition {
    Condition::any()
        .add(row::Column::OaOpenid.is_not_null())
        .add(row::Column::MiniOpenid.is_not_null())
        .add(row::Column::Unionid.is_not_null())
}

/// The person whose number this was proven to be, last of all: numbers change hands.
pub async fn find_by_proven_phone(
    db: &impl ConnectionTrait,
    phone: &KeyedHash,
) -> Result<Option<PersonId>, StoreError> {
    let found = row::Entity::find()
        .filter(row::Column::PhoneHash.eq(phone.as_str()))
        .filter(row::Column::PhoneProvenAt.is_not_null())
        .order_by_desc(row::Column::PhoneProvenAt)
        .one(db)
        .await?;
    Ok(found.map(|row| row.id.into()))
}

/// Whoever logged in by SMS before WeChat proved that the number is `kept`'s turns out to be `kept`.
pub async fn unite_callers(
    db: &impl ConnectionTrait,
    kept: PersonId,
    phone: &KeyedHash,
) -> Result<(), StoreError> {
    let callers = row::Entity::find()
        .filter(row::Column::PhoneHash.eq(phone.as_str()))
        .filter(row::Column::PhoneProvenAt.is_not_null())
        .filter(row::Column::Id.ne(kept.get()))
        .filter(is_named().not())
        .lock(LockType::NoKeyUpdate)
        .all(db)
        .await?;
    let Some(kept) = find(db, kept).await? else {
        return Ok(());
    };
    for caller in callers {
        merge(db, &kept, &person(caller)?).await?;
    }
    Ok(())
}

/// Writes down what somebody gave for themselves. Another number than the one that was proven is not. Who is
/// known by their number alone keeps it, whatever they type for a visit, or they would not be found again.
pub async fn learn_details(
    db: &impl ConnectionTrait,
    id: PersonId,
    name: &PersonName,
    phone: &SealedPhone,
) -> Result<(), StoreError> {
    let unproven = Expr::value(None::<DateTime<Utc>>);
    row::Entity::update_many()
        .col_expr(row::Column::PhoneProvenAt, unproven)
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::PhoneHash.ne(phone.hash.as_str()))
        .filter(is_named())
        .exec(db)
        .await?;
    let theirs = row::ActiveModel {
        phone_sealed: Set(Some(phone.sealed.as_column().to_owned())),
        phone_hash: Set(Some(phone.hash.as_str().to_owned())),
        phone_mask: Set(Some(phone.mask.as_str().to_owned())),
        ..Default::default()
    };
    row::Entity::update_many()
        .set(theirs)
        .filter(row::Column::Id.eq(id.get()))
        .filter(is_named())
        .exec(db)
        .await?;
    let change = row::ActiveModel {
        id: Set(id.get()),
        name: Set(Some(name.as_str().to_owned())),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

/// Writes down a number that was proven to be theirs.
pub async fn learn_phone(
    db: &impl ConnectionTrait,
    id: PersonId,
    phone: &SealedPhone,
    proven_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        phone_sealed: Set(Some(phone.sealed.as_column().to_owned())),
        phone_hash: Set(Some(phone.hash.as_str().to_owned())),
        phone_mask: Set(Some(phone.mask.as_str().to_owned())),
        phone_proven_at: Set(Some(proven_at)),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

/// Takes from an account every name and number. What is left is a number of ours, which other rows name; who
/// comes again under one of the names is somebody new.
pub async fn forget(db: &impl ConnectionTrait, id: PersonId) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        oa_openid: Set(None),
        mini_openid: Set(None),
        unionid: Set(None),
        name: Set(None),
        phone_sealed: Set(None),
        phone_hash: Set(None),
        phone_mask: Set(None),
        phone_proven_at: Set(None),
        created_at: sea_orm::NotSet,
    };
    change.update(db).await?;
    Ok(())
}

/// Finds the person with any of these names; rows that turn out to be one person become the oldest of
/// them, which learns all the names. `None` when nobody has any.
pub async fn unite(
    db: &impl ConnectionTrait,
    names: &WechatNames,
) -> Result<Option<PersonId>, StoreError> {
    let found = lock_by_names(db, names).await?;
    let Some((kept, others)) = found.split_first() else {
        return Ok(None);
    };
    let mut all = names.clone();
    for other in others {
        merge(db, kept, other).await?;
        all.oa_openid = all.oa_openid.or_else(|| other.names.oa_openid.clone());
        all.mini_openid = all.mini_openid.or_else(|| other.names.mini_openid.clone());
        all.unionid = all.unionid.or_else(|| other.names.unionid.clone());
    }
    learn_names(db, kept.id, &all).await?;
    Ok(Some(kept.id))
}

/// Everything of `gone` becomes `kept`'s: visits, pictures, logins, messages on the way, and the
/// details that prefill the next form.
async fn merge(db: &impl ConnectionTrait, kept: &Person, gone: &Person) -> Result<(), StoreError> {
    if let (None, Some(name), Some(phone)) = (&kept.phone, &gone.name, &gone.phone) {
        learn_details(db, kept.id, name, phone).await?;
    }
    if let (None, Some(phone), Some(at)) = (kept.phone_proven_at, &gone.phone, gone.phone_proven_at)
    {
        learn_phone(db, kept.id, phone, at).await?;
    }
    let (kept, gone) = (kept.id, gone.id);
    outbox::give(db, gone, kept).await?;
    visits::give(db, gone, kept).await?;
    visitors::give(db, gone, kept).await?;
    photos::give(db, gone, kept).await?;
    consents::give(db, gone, kept).await?;
    sessions::give(db, gone, kept).await?;
    subscriptions::give(db, gone, kept).await?;
    idempotency::give(db, gone, kept).await?;
    row::Entity::delete_by_id(gone.get()).exec(db).await?;
    Ok(())
}

/// Moves the rows of one person to another, in a table with a `person` column.
pub(super) async fn give_rows<E: EntityTrait>(
    db: &impl ConnectionTrait,
    person: E::Column,
    from: PersonId,
    to: PersonId,
) -> Result<(), StoreError> {
    E::update_many()
        .col_expr(person, Expr::value(to.get()))
        .filter(person.eq(from.get()))
        .exec(db)
        .await?;
    Ok(())
}

fn person(row: row::Model) -> Result<Person, StoreError> {
    let corrupt = corrupt("people", row.id);
    let name = row
        .name
        .as_deref()
        .map(PersonName::parse)
        .transpose()
        .map_err(|_| corrupt())?;
    let phone = match (row.phone_sealed, row.phone_hash, row.phone_mask) {
        (None, None, None) => None,
        (Some(sealed), Some(hash), Some(mask)) => Some(SealedPhone {
            sealed: Sealed::from_column(sealed),
            hash: KeyedHash::from_column(hash),
            mask: Masked::from_column(mask),
        }),
        _ => return Err(corrupt()),
    };
    let names = WechatNames {
        oa_openid: row.oa_openid,
        mini_openid: row.mini_openid,
        unionid: row.unionid,
    };
    Ok(Person {
        id: row.id.into(),
        names,
        name,
        phone,
        phone_proven_at: row.phone_proven_at,
    })
}
