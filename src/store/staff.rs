//! Members of staff.

use sea_orm::sea_query::{LockType, Query, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{StoreError, corrupt, departments};
use crate::domain::PersonName;
use crate::domain::campus::{Member, Role, SealedPhone};
use crate::domain::keyword::NameStart;
use crate::ids::{DepartmentId, StaffId};
use crate::secret::{KeyedHash, Masked, Sealed};

row!("staff" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: i64,
    name: String,
    department_id: i64,
    wecom_userid: String,
    phone_sealed: String,
    phone_hash: String,
    phone_mask: String,
    roles: String,
});

pub async fn insert(db: &impl ConnectionTrait, member: &Member) -> Result<(), StoreError> {
    to_row(member).into_active_model().insert(db).await?;
    Ok(())
}

pub async fn insert_many(db: &impl ConnectionTrait, members: &[Member]) -> Result<(), StoreError> {
    if members.is_empty() {
        return Ok(());
    }
    let rows = members
        .iter()
        .map(to_row)
        .map(row::Model::into_active_model);
    row::Entity::insert_many(rows)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Writes a member as they are now.
pub async fn update(db: &impl ConnectionTrait, member: &Member) -> Result<(), StoreError> {
    let row = to_row(member).into_active_model().reset_all();
    row.update(db).await?;
    Ok(())
}

fn to_row(member: &Member) -> row::Model {
    let roles: Vec<_> = member.roles.iter().map(|role| role.as_str()).collect();
    row::Model {
        id: member.id.get(),
        name: member.name.as_str().to_owned(),
        department_id: member.department.get(),
        wecom_userid: member.wecom_userid.clone(),
        phone_sealed: member.phone.sealed.as_column().to_owned(),
        phone_hash: member.phone.hash.as_str().to_owned(),
        phone_mask: member.phone.mask.as_str().to_owned(),
        roles: roles.join(","),
    }
}

pub async fn count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(row::Entity::find().count(db).await?)
}

pub async fn find(db: &impl ConnectionTrait, id: StaffId) -> Result<Option<Member>, StoreError> {
    Ok(members(db, row::Entity::find_by_id(id.get())).await?.pop())
}

/// Holds a member's row, so that what they do happens one after the other.
pub async fn lock(db: &impl ConnectionTrait, id: StaffId) -> Result<(), StoreError> {
    row::Entity::find_by_id(id.get())
        .lock(LockType::NoKeyUpdate)
        .one(db)
        .await?;
    Ok(())
}

pub async fn find_many(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = StaffId>,
) -> Result<Vec<Member>, StoreError> {
    let ids = ids.into_iter().map(StaffId::get);
    members(db, row::Entity::find().filter(row::Column::Id.is_in(ids))).await
}

pub async fn find_by_userid(
    db: &impl ConnectionTrait,
    userid: &str,
) -> Result<Option<Member>, StoreError> {
    let found = row::Entity::find().filter(row::Column::WecomUserid.eq(userid));
    Ok(members(db, found).await?.pop())
}

pub async fn with_userids<'a>(
    db: &impl ConnectionTrait,
    userids: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Member>, StoreError> {
    let found = row::Entity::find().filter(row::Column::WecomUserid.is_in(userids));
    members(db, found).await
}

/// The one with this number; of two who share one, nobody, for neither is known by it.
pub async fn find_by_phone(
    db: &impl ConnectionTrait,
    phone: &KeyedHash,
) -> Result<Option<Member>, StoreError> {
    let found = row::Entity::find().filter(row::Column::PhoneHash.eq(phone.as_str()));
    let mut found = members(db, found).await?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Those of exactly this name, whatever they may do.
pub async fn find_named(
    db: &impl ConnectionTrait,
    name: &PersonName,
) -> Result<Vec<Member>, StoreError> {
    let named = row::Entity::find().filter(row::Column::Name.eq(name.as_str()));
    members(db, named.order_by_asc(row::Column::Id)).await
}

/// Those who decide for a department.
pub async fn approvers_of(
    db: &impl ConnectionTrait,
    department: DepartmentId,
) -> Result<Vec<Member>, StoreError> {
    let theirs = row::Entity::find().filter(row::Column::DepartmentId.eq(department.get()));
    let mut approvers = members(db, theirs.order_by_asc(row::Column::Id)).await?;
    approvers.retain(|member| member.is(Role::Approver));
    Ok(approvers)
}

/// Those with one of these roles.
pub async fn with_role(
    db: &impl ConnectionTrait,
    roles: &[Role],
) -> Result<Vec<Member>, StoreError> {
    let mut any = Condition::any();
    for role in roles {
        any = any.add(row::Column::Roles.contains(role.as_str()));
    }
    let found = row::Entity::find().filter(any);
    members(db, found.order_by_asc(row::Column::Id)).await
}

/// Whom one looks for; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct MemberFilter {
    pub name: Option<NameStart>,
    pub department: Option<DepartmentId>,
    pub role: Option<Role>,
}

/// Newest first: those before `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &MemberFilter,
    before: Option<StaffId>,
    limit: u64,
) -> Result<Vec<Member>, StoreError> {
    use row::Column::{DepartmentId, Id, Name, Roles};
    let name = filter.name.as_ref();
    let fits = [
        name.map(|name| Name.gte(name.first())),
        name.map(|name| Name.lt(name.after())),
        filter.department.map(|id| DepartmentId.eq(id.get())),
        filter.role.map(|role| Roles.contains(role.as_str())),
        before.map(|before| Id.lt(before.get())),
    ];
    let found = { fits.into_iter().flatten() }.fold(row::Entity::find(), Select::filter);
    members(db, found.order_by_desc(Id).limit(limit)).await
}

/// The ids of those whose name begins so.
pub(super) fn named(start: &NameStart) -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::Name.gte(start.first()))
        .and_where(row::Column::Name.lt(start.after()))
        .take()
}

/// The ids of those with this phone.
pub(super) fn with_phone(phone: &KeyedHash) -> SelectStatement {
    Query::select()
        .column(row::Column::Id)
        .from(row::Entity)
        .and_where(row::Column::PhoneHash.eq(phone.as_str()))
        .take()
}

async fn members(
    db: &impl ConnectionTrait,
    select: Select<row::Entity>,
) -> Result<Vec<Member>, StoreError> {
    let rows = select.all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let departments = departments::names(db).await?;
    let member = |row: row::Model| {
        let corrupt = corrupt("staff", row.id);
        let department = DepartmentId::from(row.department_id);
        let roles = row
            .roles
            .split(',')
            .filter(|role| !role.is_empty())
            .map(Role::parse);
        Ok(Member {
            id: row.id.into(),
            name: PersonName::parse(&row.name).map_err(|_| corrupt())?,
            department,
            department_name: departments.get(&department).ok_or_else(&corrupt)?.clone(),
            wecom_userid: row.wecom_userid,
            phone: SealedPhone {
                sealed: Sealed::from_column(row.phone_sealed),
                hash: KeyedHash::from_column(row.phone_hash),
                mask: Masked::from_column(row.phone_mask),
            },
            roles: roles.collect::<Option<_>>().ok_or_else(corrupt)?,
        })
    };
    rows.into_iter().map(member).collect()
}
