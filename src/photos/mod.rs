//! Pictures: what arrives is checked and drawn anew, so that nothing but the picture itself is kept (no
//! place, no camera, no hidden payload), then sealed and put into a folder or a bucket.

mod redraw;

use std::path::Path as Folder;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

use redraw::Limits;
pub use redraw::PhotoFault;

use crate::config::{self, Bucket, PhotoStorage};
use crate::entropy::Entropy;
use crate::ids::PhotoId;
use crate::secret::{KeyRing, Unopened};

const PURPOSE: &str = "photo";

/// How long a bucket may take; whoever uploads waits for it.
const ANSWER: Duration = Duration::from_secs(10);

/// Where pictures lie.
#[derive(Clone, Debug)]
pub struct Photos {
    files: Arc<dyn ObjectStore>,
    limits: Limits,
    /// One permit a core.
    drawing: Arc<Semaphore>,
}

/// Why a picture cannot be kept or shown.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error(transparent)]
    Refused(#[from] PhotoFault),
    #[error("the pictures' storage did not answer: {0}")]
    Storage(#[from] object_store::Error),
    #[error(transparent)]
    Sealed(#[from] Unopened),
}

/// A picture that was kept.
#[derive(Debug)]
pub struct Kept {
    pub key_id: String,
    pub bytes: usize,
}

impl Photos {
    /// Uses the storage of the settings, and makes a folder that is missing. A bucket must be there; it
    /// is not asked yet.
    ///
    /// # Errors
    /// When a folder cannot be made, or the settings of a bucket make no sense.
    pub fn open(settings: &config::Photos) -> Result<Self, PhotoError> {
        let limits = Limits {
            max_bytes: settings.max_bytes,
            max_pixels: settings.max_pixels,
        };
        match &settings.storage {
            PhotoStorage::Folder(folder) => Self::in_folder(folder, limits),
            PhotoStorage::Bucket(bucket) => Self::in_bucket(bucket, limits),
        }
    }

    fn in_folder(folder: &Folder, limits: Limits) -> Result<Self, PhotoError> {
        std::fs::create_dir_all(folder).map_err(|source| object_store::Error::Generic {
            store: "photos",
            source: Box::new(source),
        })?;
        let files = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self::on(files, limits))
    }

    fn in_bucket(bucket: &Bucket, limits: Limits) -> Result<Self, PhotoError> {
        let client = ClientOptions::new()
            .with_timeout(ANSWER)
            // Keys never travel in the open, but on this machine.
            .with_allow_http(bucket.endpoint.starts_with("http://127.0.0.1:"));
        let retry = RetryConfig {
            max_retries: 2,
            retry_timeout: ANSWER,
            ..RetryConfig::default()
        };
        let files = AmazonS3Builder::new()
            .with_endpoint(&bucket.endpoint)
            .with_region(&bucket.region)
            .with_bucket_name(&bucket.name)
            .with_virtual_hosted_style_request(!bucket.in_path)
            .with_access_key_id(bucket.access_key_id.expose_secret())
            .with_secret_access_key(bucket.secret_access_key.expose_secret())
            .with_client_options(client)
            .with_retry(retry)
            .build()?;
        Ok(Self::on(files, limits))
    }

    fn on(files: impl ObjectStore, limits: Limits) -> Self {
        Self {
            files: Arc::new(files),
            limits,
            drawing: Arc::new(Semaphore::new(cores())),
        }
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

    /// The JPEG again.
    ///
    /// # Errors
    /// When it is not there, or its key is not in the ring.
    pub async fn show(
        &self,
        keys: &KeyRing,
        id: PhotoId,
        key_id: &str,
    ) -> Result<Vec<u8>, PhotoError> {
        let sealed = self.files.get(&place(id)).await?.bytes().await?;
        Ok(keys.open_bytes(key_id, PURPOSE, &sealed)?)
    }

    /// Erases a picture; one that is gone already is no error.
    ///
    /// # Errors
    /// When the storage does not answer.
    pub async fn erase(&self, id: PhotoId) -> Result<(), PhotoError> {
        match self.files.delete(&place(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
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
