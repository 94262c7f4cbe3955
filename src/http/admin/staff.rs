//! 教职工: who works on campus, and what they may do.

use axum::extract::State;
use axum::http::StatusCode;
use futures::FutureExt;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{self, Page, PageOut, choice, queries};
use crate::actions::staff::{
    MemberForm, add_member, leave as leaves, member_revision, role_word, save_member,
};
use crate::ctx::Ctx;
use crate::domain::actors::Admin;
use crate::domain::campus::{Member, Role};
use crate::domain::keyword::NameStart;
use crate::domain::revision::Revision;
use crate::domain::{Fault, PersonName, Phone};
use crate::http::export::{PAGE, Sheet, export};
use crate::http::extract::{Json, Path, Query};
use crate::http::fields::Fields;
use crate::http::problem::{Problem, ProblemOut};
use crate::ids::{DepartmentId, StaffId};
use crate::secret::Masked;
use crate::store::StoreError;
use crate::store::staff::{self, MemberFilter};

queries! {
    /// Whom one looks for; everything that is given must fit.
    StaffQuery {
        /// The beginning of a name.
        name,
        department,
        /// `host`, `approver`, `reader`, `guard` or `administrator`.
        role,
    }
}

impl StaffQuery {
    fn filter(&self) -> Result<(MemberFilter, Page<StaffId>), Problem> {
        let mut f = Fields::default();
        let page = self.page(&mut f);
        let filter = MemberFilter {
            name: self.name.as_deref().and_then(NameStart::parse),
            department: page::named(&mut f, "department", self.department.as_deref()),
            role: choice(&mut f, "role", self.role.as_deref(), Role::parse),
        };
        f.finish(Some((filter, page)))
    }
}

#[derive(Serialize, ToSchema)]
pub struct StaffRowOut {
    id: StaffId,
    /// In full: a form that saves it must show it.
    name: String,
    department: String,
    department_id: DepartmentId,
    userid: String,
    #[schema(value_type = String)]
    phone: Masked,
    roles: Vec<&'static str>,
    /// Whether they may do nothing any more.
    left: bool,
    /// To be sent back with what is saved.
    #[schema(value_type = String)]
    revision: Revision,
}

impl StaffRowOut {
    fn of(member: Member) -> Self {
        Self {
            revision: member_revision(&member),
            left: member.has_left(),
            roles: member.roles.iter().map(|role| role.as_str()).collect(),
            id: member.id,
            name: member.name.as_str().to_owned(),
            department: member.department_name,
            department_id: member.department,
            userid: member.wecom_userid,
            phone: member.phone.mask,
        }
    }
}

/// Somebody whom a rule names by their id, for whoever reads the rule.
#[derive(Serialize, ToSchema)]
pub struct NamedStaffOut {
    id: StaffId,
    name: String,
    department: String,
}

/// Those with these ids, each of them once.
pub(super) async fn named(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = StaffId>,
) -> Result<Vec<NamedStaffOut>, StoreError> {
    let found = staff::find_many(db, ids).await?.into_iter();
    let named = found.map(|member| NamedStaffOut {
        id: member.id,
        name: member.name.as_str().to_owned(),
        department: member.department_name,
    });
    Ok(named.collect())
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaffIn {
    #[serde(default)]
    name: String,
    #[serde(default)]
    department: String,
    /// 企业微信账号, which CAS knows them by too.
    #[serde(default)]
    userid: String,
    #[serde(default)]
    phone: String,
    /// `host`, `approver`, `reader`, `guard` or `administrator`.
    roles: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffIn {
    #[serde(default)]
    name: String,
    #[serde(default)]
    department: String,
    /// Left out, it stays as it is.
    phone: Option<String>,
    roles: Vec<String>,
    /// As it was read.
    revision: String,
}

const NO_DEPARTMENT: Fault = Fault::new("department_required", "请选择部门");

fn form(
    f: &mut Fields,
    [name, department]: [&str; 2],
    phone: Option<&str>,
    roles: &[String],
) -> Option<MemberForm> {
    let name = f.take("name", PersonName::parse(name));
    let department = f.id("department", department, NO_DEPARTMENT);
    let phone = f.maybe("phone", phone, Phone::parse);
    let none = Fault::new("roles_required", "请至少选择一个角色；离职请使用“离职”");
    let unknown = Fault::new("role_unknown", "没有这个角色");
    let chosen = { roles.iter() }
        .map(|role| Role::parse(role))
        .collect::<Option<Vec<_>>>();
    let chosen = f.take("roles", chosen.ok_or(unknown));
    let chosen = chosen.and_then(|roles| {
        f.take(
            "roles",
            if roles.is_empty() {
                Err(none)
            } else {
                Ok(roles)
            },
        )
    });
    let whole = name.zip(department).zip(chosen);
    whole.map(|((name, department), mut roles)| {
        // In one order, whatever order they were ticked in.
        roles.sort_by_key(|role| Role::ALL.iter().position(|known| known == role));
        roles.dedup();
        MemberForm {
            name,
            department,
            phone,
            roles,
        }
    })
}

/// Staff, newest first, with those who have left
#[utoipa::path(get, path = "/api/admin/staff", operation_id = "all_staff", tag = "admin",
    params(StaffQuery),
    responses((status = 200, body = PageOut<StaffRowOut>), (status = 403, body = ProblemOut)))]
pub async fn list(
    State(ctx): State<Ctx>,
    _: Admin,
    Query(query): Query<StaffQuery>,
) -> Result<Json<PageOut<StaffRowOut>>, Problem> {
    let (filter, page) = query.filter()?;
    let found = staff::list(&ctx.db.read, &filter, page.before, page.limit).await?;
    Ok(Json(page.of(
        found,
        |member| member.id.to_string(),
        StaffRowOut::of,
    )))
}

/// Adds somebody
#[utoipa::path(post, path = "/api/admin/staff", operation_id = "add_staff", tag = "admin",
    request_body = NewStaffIn,
    responses((status = 201, body = StaffRowOut), (status = 403, body = ProblemOut),
        (status = 422, body = ProblemOut)))]
pub async fn add(
    State(ctx): State<Ctx>,
    by: Admin,
    Json(given): Json<NewStaffIn>,
) -> Result<(StatusCode, Json<StaffRowOut>), Problem> {
    let mut f = Fields::default();
    let form = form(&mut f, [&given.name, &given.department], None, &given.roles);
    let phone = f.take("phone", Phone::parse(&given.phone));
    // https://developer.work.weixin.qq.com/document/path/90195
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '.');
    let fits = matches!(given.userid.len(), 1..=64) && given.userid.chars().all(plain);
    let fault = Fault::new("userid_invalid", "企业微信账号应为1到64个字母、数字或_-@.");
    let userid = f.take("userid", fits.then_some(given.userid.as_str()).ok_or(fault));
    let (form, (userid, phone)) = f.finish(form.zip(userid.zip(phone)))?;
    let added = add_member(&ctx, &by, (userid, &phone), &form).await?;
    Ok((StatusCode::CREATED, Json(StaffRowOut::of(added))))
}

/// Saves somebody's form; roles count from the next request on
#[utoipa::path(put, path = "/api/admin/staff/{id}", operation_id = "save_staff", tag = "admin",
    params(("id" = StaffId, Path)), request_body = StaffIn,
    responses((status = 200, body = StaffRowOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut), (status = 422, body = ProblemOut)))]
pub async fn save(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<StaffId>,
    Json(given): Json<StaffIn>,
) -> Result<Json<StaffRowOut>, Problem> {
    let mut f = Fields::default();
    let (who, phone) = (
        [given.name.as_str(), &given.department],
        given.phone.as_deref(),
    );
    let form = form(&mut f, who, phone, &given.roles);
    let form = f.finish(form)?;
    let saved = save_member(&ctx, &by, (id, &given.revision), &form).await?;
    Ok(Json(StaffRowOut::of(saved)))
}

/// Somebody leaves: no role, no session
#[utoipa::path(post, path = "/api/admin/staff/{id}/leave", operation_id = "staff_leaves", tag = "admin",
    params(("id" = StaffId, Path)),
    responses((status = 200, body = StaffRowOut), (status = 404, body = ProblemOut),
        (status = 409, body = ProblemOut)))]
pub async fn leave(
    State(ctx): State<Ctx>,
    by: Admin,
    Path(id): Path<StaffId>,
) -> Result<Json<StaffRowOut>, Problem> {
    let left = leaves(&ctx, &by, id).await?;
    Ok(Json(StaffRowOut::of(left)))
}

/// Under the headings of the list that is taken in.
const SHEET: Sheet<Member> = Sheet {
    name: "staff",
    what: "staff.export",
    columns: &[
        ("姓名", |shown, member| shown.name(member.name.as_str())),
        ("手机号", |shown, member| shown.phone(&member.phone)),
        ("部门", |_, member| member.department_name.clone()),
        ("企业微信账号", |_, member| {
            member.wecom_userid.clone()
        }),
        ("角色", |_, member| {
            let words: Vec<_> = member.roles.iter().map(|role| role_word(*role)).collect();
            words.join(" ")
        }),
    ],
};

export! {
    /// 导出 of 教职工
    at "/api/admin/staff/export" as "export_staff",
    (ctx, by: Admin, asked: StaffQuery) {
        let (filter, _) = asked.query.filter()?;
        let page = |before| staff::list(&ctx.db.read, &filter, before, PAGE).boxed();
        let key = |member: &Member| member.id;
        SHEET.take((&ctx, &by.member, asked.plain), page, key).await
    }
}
