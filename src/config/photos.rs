//! The `[photos]` table: where pictures lie, and how large they may be.

use super::read::Reader;
use super::rules::secret;
use super::sections::{Bucket, PhotoStorage, Photos};

pub fn photos(r: &mut Reader) -> Option<Photos> {
    let bucket = r.read("photos.storage", |text| match text {
        "folder" => Ok(false),
        "s3" => Ok(true),
        _ => Err("must be \"folder\" or \"s3\""),
    });
    // Only what is in use is read, so that nobody invents keys for a bucket that is not there.
    let storage = match bucket {
        Some(true) => in_bucket(r).map(PhotoStorage::Bucket),
        _ => r
            .text("photos.folder")
            .map(|folder| PhotoStorage::Folder(folder.into())),
    };
    let max_bytes = r.number("photos.max_bytes");
    let max_pixels = r.number("photos.max_pixels");
    Some(Photos {
        storage: storage?,
        max_bytes: max_bytes?,
        max_pixels: max_pixels?,
    })
}

fn in_bucket(r: &mut Reader) -> Option<Bucket> {
    let endpoint = r.read("photos.s3.endpoint", |text| {
        if text.starts_with("https://") || text.starts_with("http://127.0.0.1:") {
            Ok(text.to_owned())
        } else {
            Err("must begin with https://")
        }
    });
    let region = r.text("photos.s3.region");
    let name = r.text("photos.s3.bucket");
    let in_path = r.read("photos.s3.bucket_in_path", str::parse::<bool>);
    let access_key_id = r.secret("photos.s3.access_key_id", secret);
    let secret_access_key = r.secret("photos.s3.secret_access_key", secret);
    Some(Bucket {
        endpoint: endpoint?,
        region: region?,
        name: name?,
        in_path: in_path?,
        access_key_id: access_key_id?,
        secret_access_key: secret_access_key?,
    })
}
