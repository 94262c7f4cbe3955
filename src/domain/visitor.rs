//! The humans in a visit, who are visitors and need not be persons with an account.

use super::campus::SealedPhone;
use super::id_number::{IdKind, IdNumber};
use super::{Items, PersonName, Plate};
use crate::ids::{PersonId, PhotoId, VisitId, VisitorId};
use crate::secret::{KeyedHash, Masked, Sealed};

/// A human in a visit.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub id: VisitorId,
    pub visit: VisitId,
    pub person: Option<PersonId>,
    /// From 1, in the order in which they came in.
    pub place: i16,
    pub name: PersonName,
    pub phone: SealedPhone,
    /// None of a visitor to a resident, who needs none.
    pub document: Option<SealedDocument>,
    pub face_photo: Option<PhotoId>,
    pub plate: Option<Plate>,
    pub items: Option<Items>,
}

impl Visitor {
    /// Whether nothing personal is kept of them any more, so that nobody can be told or let in.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.phone.hash == SealedPhone::forgotten().hash
    }

    /// 证件照 and 人脸照, those that there are.
    pub fn pictures(&self) -> impl Iterator<Item = PhotoId> {
        let document = self.document.as_ref().map(|document| document.photo);
        document.into_iter().chain(self.face_photo)
    }
}

/// 证件号 as it is kept, and 证件照.
#[derive(Clone, Debug)]
pub struct SealedDocument {
    pub kind: IdKind,
    pub sealed: Sealed<IdNumber>,
    pub hash: KeyedHash,
    pub mask: Masked,
    pub photo: PhotoId,
}
