//! Pictures: what arrives is checked and drawn anew, so that nothing but the picture itself is kept (no
//! place, no camera, no hidden payload), then sealed and put into a folder.

mod redraw;

use std::path::Path as Folder;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::sync::Semaphore;

pub use redraw::{Limits, PhotoFault};

use crate::entropy::Entropy;
use crate::ids::PhotoId;
use crate::secret::KeyRing;

const PURPOSE: &str = "photo";

/// Where pictures lie.
#[derive(Clone, Debug)]
pub struct Photos {
    files: Arc<dyn ObjectStore>,
    limits: Limits,
    /// One permit a core.
    drawing: Arc<Semaphore>,
}

/// Why a picture cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error(transparent)]
    Refused(#[from] PhotoFault),
    #[error("the pictures' folder did not answer")]
    Storage(#[from] object_store::Error),
}

/// A picture that was kept.
#[derive(Debug)]
pub struct Kept {
    pub key_id: String,
    pub bytes: usize,
}

impl Photos {
    /// Uses a folder, and makes it when it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn in_folder(folder: &Folder, limits: Limits) -> Result<Self, PhotoError> {
        std::fs::create_dir_all(folder).map_err(|source| object_store::Error::Generic {
            store: "photos",
            source: Box::new(source),
        })?;
        let files = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            files: Arc::new(files),
            limits,
            drawing: Arc::new(Semaphore::new(cores())),
        })
    }

    /// The largest upload, in bytes.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.limits.max_bytes
    }

    /// Checks, draws anew, seals and stores.
    ///
    /// # Errors
    /// When it is no picture that we take, or cannot be stored.
    pub async fn keep(
        &self,
        keys: &KeyRing,
        entropy: &Entropy,
        id: PhotoId,
        upload: Vec<u8>,
    ) -> Result<Kept, PhotoError> {
        let limits = self.limits;
        // A picture unpacks to a hundred megabytes, and more at once than there are cores are no
        // faster. The permit goes along, for the work goes on when the request is given up. The
        // semaphore is never closed.
        let permit = Arc::clone(&self.drawing).acquire_owned().await;
        // Decoding is work for milliseconds, which would hold up everybody on this thread.
        let drawn = tokio::task::spawn_blocking(move || {
            let _held = permit;
            redraw::redraw(&upload, limits)
        });
        let drawn = drawn.await;
        let drawn = drawn.unwrap_or(Err(PhotoFault::Broken))?;
        let (key_id, sealed) = keys.seal_bytes(entropy, PURPOSE, &drawn);
        let kept = Kept {
            key_id: key_id.to_owned(),
            bytes: drawn.len(),
        };
        self.files.put(&place(id), sealed.into()).await?;
        Ok(kept)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A folder for each two last digits, so that none grows past what file systems like.
fn place(id: PhotoId) -> Path {
    Path::from(format!("{:02}/{id}", id.get() % 100))
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, poll};

    use super::*;
    use crate::secret::NamedKey;

    #[tokio::test]
    async fn a_picture_waits_while_every_core_draws_another() {
        let folder =
            std::env::temp_dir().join(format!("campus-pass-photos-{}", std::process::id()));
        let limits = Limits {
            max_bytes: 1000,
            max_pixels: 1000,
        };
        let photos = Photos::in_folder(&folder, limits).unwrap();
        let newest = NamedKey {
            id: "k".to_owned(),
            bytes: [1; 32],
        };
        let keys = KeyRing::new(newest, vec![], [2; 32], [3; 32]);
        let entropy = Entropy::seeded(1);

        assert_eq!(photos.drawing.available_permits(), cores());
        let busy = u32::try_from(cores()).unwrap();
        let all = photos.drawing.acquire_many(busy).await.unwrap();
        let mut kept = photos
            .keep(&keys, &entropy, 1.into(), b"no picture".to_vec())
            .boxed();
        // Polled until nothing of it is left to run: without a permit it never gets to the drawing.
        for _ in 0..100 {
            assert!(poll!(&mut kept).is_pending());
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        }
        drop(all);
        assert!(matches!(kept.await, Err(PhotoError::Refused(_))));
        assert_eq!(photos.drawing.available_permits(), cores());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
