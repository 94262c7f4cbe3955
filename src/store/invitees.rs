//! Those who were invited by name.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};

use super::{StoreError, corrupt, invitations};
use crate::domain::PersonName;
use crate::domain::campus::SealedPhone;
use crate::domain::invitation::Invitee;
use crate::ids::{InvitationId, InviteeId, VisitId, VisitorId};
use crate::secret::{KeyedHash, Masked, Sealed};

row!("invitees" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    invitation_id: i64,
    name: String,
    phone_sealed: String,
    phone_hash: String,
    phone_mask: String,
    visitor_id: Option<i64>,
});

pub async fn insert(db: &impl ConnectionTrait, invitee: &Invitee) -> Result<(), StoreError> {
    let row = row::Model {
        id: invitee.id.get(),
        invitation_id: invitee.invitation.get(),
        name: invitee.name.as_str().to_owned(),
        phone_sealed: invitee.phone.sealed.as_column().to_owned(),
        phone_hash: invitee.phone.hash.as_str().to_owned(),
        phone_mask: invitee.phone.mask.as_str().to_owned(),
        visitor_id: invitee.visitor.map(VisitorId::get),
    };
    row.into_active_model().insert(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: InviteeId) -> Result<Option<Invitee>, StoreError> {
    let found = row::Entity::find_by_id(id.get());
    found.one(db).await?.map(invitee).transpose()
}

/// Those of some invitations, in the order in which they were named.
pub async fn of_invitations(
    db: &impl ConnectionTrait,
    invitations: impl IntoIterator<Item = InvitationId>,
) -> Result<Vec<Invitee>, StoreError> {
    let ids = invitations.into_iter().map(InvitationId::get);
    let theirs = row::Entity::find()
        .filter(row::Column::InvitationId.is_in(ids))
        .order_by_asc(row::Column::Id);
    theirs.all(db).await?.into_iter().map(invitee).collect()
}

/// Writes down who took the place that was kept.
pub async fn claim(
    db: &impl ConnectionTrait,
    id: InviteeId,
    visitor: VisitorId,
) -> Result<(), StoreError> {
    let change = row::ActiveModel {
        id: Set(id.get()),
        visitor_id: Set(Some(visitor.get())),
        ..Default::default()
    };
    change.update(db).await?;
    Ok(())
}

pub async fn delete(db: &impl ConnectionTrait, id: InviteeId) -> Result<(), StoreError> {
    row::Entity::delete_by_id(id.get()).exec(db).await?;
    Ok(())
}

/// Forgets those of some visits.
pub(super) async fn delete_of(
    db: &impl ConnectionTrait,
    visits: &[VisitId],
) -> Result<(), StoreError> {
    let theirs = row::Column::InvitationId.in_subquery(invitations::ids_of(visits));
    row::Entity::delete_many().filter(theirs).exec(db).await?;
    Ok(())
}

fn invitee(row: row::Model) -> Result<Invitee, StoreError> {
    let corrupt = corrupt("invitees", row.id);
    Ok(Invitee {
        id: row.id.into(),
        invitation: row.invitation_id.into(),
        name: PersonName::parse(&row.name).map_err(|_| corrupt())?,
        phone: SealedPhone {
            sealed: Sealed::from_column(row.phone_sealed),
            hash: KeyedHash::from_column(row.phone_hash),
            mask: Masked::from_column(row.phone_mask),
        },
        visitor: row.visitor_id.map(VisitorId::from),
    })
}
