//! Where the bytes of documents are kept: a folder, or a bucket of S3. What a document is, and who may see it, areas say.
//!
//! A document arrives in a file without a name, which is gone when its sender breaks off or the server dies, and is
//! stored once it is whole. It is kept under its content's hash, so that storing it again changes nothing.

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use door::{Error, Result, authz::Pools};
use futures_util::{StreamExt, stream::BoxStream};
use gql::codes::ErrorCode;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::{Path as Key, PathPart},
};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

/// What is sent to a bucket at once; S3 takes no smaller parts than 5 MiB.
const PART: usize = 8 * 1024 * 1024;

/// A store that does not answer is away.
const ANSWER: Duration = Duration::from_secs(20);

/// How documents are kept.
#[derive(Clone, Copy, Debug)]
pub struct DocumentSettings<'s> {
    /// `file:///path` or `s3://bucket/prefix`; without it a folder in the data directory.
    pub url: Option<&'s str>,
    /// Most bytes of one document.
    pub most: u64,
    pub data_dir: &'s Path,
}

/// Keeps documents. One per server.
pub struct Documents {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    most: u64,
    /// Where files without a name are made.
    scratch: PathBuf,
    place: String,
}

/// Where a document is: whose it is and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub folder: String,
    pub sha256: String,
}

impl fmt::Display for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// Opens the store and keeps it for all requests of this server.
pub fn start(pools: &Pools, documents: Documents) {
    pools.shared().keep(Arc::new(documents));
}

impl Documents {
    /// Makes the folder or finds the bucket. Errors tell what to mend.
    pub fn open(settings: DocumentSettings<'_>) -> anyhow::Result<Self> {
        let DocumentSettings { url, most, data_dir } = settings;
        let scratch = data_dir.to_owned();
        let Some(url) = url else { return Self::folder(&data_dir.join("documents"), most, scratch) };
        if let Some(path) = url.strip_prefix("file://") {
            if !path.starts_with('/') {
                bail!("\"{url}\" names no folder; write file:///path/to/folder");
            }
            return Self::folder(Path::new(path), most, scratch);
        }
        let Some(bucket) = url.strip_prefix("s3://") else {
            bail!("\"{url}\" is no place for documents; write file:///path/to/folder or s3://bucket/prefix");
        };
        Self::bucket(url, bucket, most, scratch)
    }

    fn folder(path: &Path, most: u64, scratch: PathBuf) -> anyhow::Result<Self> {
        let place = path.display().to_string();
        make_private(path).with_context(|| format!("cannot make {place}"))?;
        let store = LocalFileSystem::new_with_prefix(path)
            .with_context(|| format!("cannot use {place}"))?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), prefix: Key::default(), most, scratch, place })
    }

    fn bucket(url: &str, bucket: &str, most: u64, scratch: PathBuf) -> anyhow::Result<Self> {
        let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        if bucket.is_empty() {
            bail!("\"{url}\" names no bucket; write s3://bucket/prefix");
        }
        // Only the first counts; that it is there already is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            max_retries: 3,
            retry_timeout: ANSWER,
            backoff: BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() },
        };
        // Options of the client are read from variables too, such as `AWS_ALLOW_HTTP`; they come first.
        let is_plain = std::env::var("AWS_ALLOW_HTTP").is_ok_and(|said| said == "true" || said == "1");
        let client = ClientOptions::new()
            .with_timeout(ANSWER)
            .with_connect_timeout(Duration::from_secs(5))
            .with_allow_http(is_plain);
        let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_client_options(client);
        if builder.get_config_value(&AmazonS3ConfigKey::AccessKeyId).is_none() {
            tracing::info!("no AWS_ACCESS_KEY_ID: credentials are asked of the machine's own service");
        }
        let store = builder.with_retry(retry).build().with_context(|| format!("cannot use \"{url}\""))?;
        let prefix = Key::parse(prefix).with_context(|| format!("\"{url}\" has a strange prefix"))?;
        Ok(Self { store: Arc::new(store), prefix, most, scratch, place: url.to_owned() })
    }

    /// Writes, reads and removes a small object, so that a wrong setting is told at the start.
    pub async fn probe(&self) -> anyhow::Result<()> {
        let key = self.prefix.clone().join(format!("probe-{}", uuid::Uuid::now_v7().simple()));
        let tried = async {
            self.store.put(&key, PutPayload::from_static(b"probe")).await?;
            self.store.head(&key).await?;
            self.store.delete(&key).await
        };
        tried
            .await
            .map_err(|fault| anyhow!("cannot write, read and remove in {}: {}", self.place, short(&fault)))
    }

    /// Most bytes of one document.
    pub const fn most(&self) -> u64 {
        self.most
    }

    /// A file without a name, to receive a document in.
    pub async fn receive(&self) -> Result<File> {
        let scratch = self.scratch.clone();
        let made = tokio::task::spawn_blocking(move || tempfile::tempfile_in(scratch)).await;
        Ok(File::from_std(made.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?))
    }

    /// Stores what was received; storing the same again is storing it once.
    pub async fn keep(&self, address: &Address, received: &mut File) -> Result<()> {
        received.rewind().await.map_err(anyhow::Error::from)?;
        let key = self.key(address);
        let first = part(received).await?;
        if first.len() < PART {
            self.store.put(&key, first.into()).await.map_err(away)?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&key).await.map_err(away)?;
        let mut next = first;
        while !next.is_empty() {
            if let Err(fault) = upload.put_part(next.into()).await {
                let _ = upload.abort().await;
                return Err(away(fault));
            }
            next = part(received).await?;
        }
        upload.complete().await.map_err(away)?;
        Ok(())
    }

    pub async fn has(&self, address: &Address) -> Result<bool> {
        match self.store.head(&self.key(address)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(fault) => Err(away(fault)),
        }
    }

    /// The bytes, as they come.
    pub async fn read(&self, address: &Address) -> Result<BoxStream<'static, std::io::Result<Bytes>>> {
        let found = self.store.get(&self.key(address)).await.map_err(away)?;
        Ok(found.into_stream().map(|part| part.map_err(std::io::Error::other)).boxed())
    }

    /// What was stored before an instant, in microseconds since 1970.
    pub async fn stored_before(&self, at: i64) -> Result<Vec<Address>> {
        let mut listed = self.store.list(Some(&self.prefix));
        let mut found = Vec::new();
        while let Some(object) = listed.next().await {
            let object = object.map_err(away)?;
            let mut parts = object.location.parts().skip(self.prefix.parts().count());
            if object.last_modified.timestamp_micros() < at
                && let (Some(folder), Some(name), None) = (parts.next(), parts.next(), parts.next())
            {
                let (folder, sha256) = (folder.as_ref().to_owned(), name.as_ref().to_owned());
                found.push(Address { folder, sha256 });
            }
        }
        Ok(found)
    }

    pub async fn remove(&self, address: &Address) -> Result<()> {
        match self.store.delete(&self.key(address)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(fault) => Err(away(fault)),
        }
    }

    fn key(&self, address: &Address) -> Key {
        let parts = [address.folder.as_str(), address.sha256.as_str()].map(PathPart::from);
        self.prefix.parts().chain(parts).collect()
    }
}

/// As much as is sent at once, or less at the end.
async fn part(file: &mut File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(PART).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes).await.map_err(anyhow::Error::from)?;
    Ok(bytes)
}

/// What to look at; stores tell the same at length, and several times.
fn short(fault: &object_store::Error) -> String {
    use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
    match fault {
        NotFound { .. } => "there is no such bucket or folder".to_owned(),
        PermissionDenied { .. } | Unauthenticated { .. } => {
            "access is denied; look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do"
                .to_owned()
        }
        other => {
            let mut cause: &dyn std::error::Error = other;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            cause.to_string()
        }
    }
}

/// What the store says is for the log; the caller may try again.
fn away(fault: object_store::Error) -> Error {
    tracing::error!(error = ?fault.to_string(), "the store of documents does not do what it should");
    Error::Refused {
        code: ErrorCode::Unavailable,
        message: "Documents cannot be reached now; try again.".to_owned(),
        retry_after: Some(5),
    }
}

fn make_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    fn settings<'s>(url: Option<&'s str>, data_dir: &'s Path) -> DocumentSettings<'s> {
        DocumentSettings { url, most: 1_000, data_dir }
    }

    #[test]
    fn a_wrong_place_is_told_with_its_mending() {
        let dir = tempfile::tempdir().unwrap();
        for (url, fix) in [
            ("documents", "s3://bucket/prefix"),
            ("https://example.org/x", "s3://bucket/prefix"),
            ("file://documents", "file:///path"),
            ("s3:///prefix", "s3://bucket"),
            ("file:///proc/nowhere", "cannot make /proc/nowhere"),
        ] {
            let told = Documents::open(settings(Some(url), dir.path())).err().expect(url).to_string();
            assert!(told.contains(fix), "{told}");
        }
    }

    #[tokio::test]
    async fn what_is_kept_is_read_again_and_removed_with_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let documents = Documents::open(settings(None, dir.path())).unwrap();
        documents.probe().await.unwrap();
        let address = Address { folder: "contract".to_owned(), sha256: "ab".to_owned() };
        for size in [1, PART - 1, PART, PART + 1, 2 * PART + 7] {
            let bytes: Vec<u8> = (0..size).map(|place| u8::try_from(place % 251).unwrap()).collect();
            let mut received = documents.receive().await.unwrap();
            received.write_all(&bytes).await.unwrap();
            received.flush().await.unwrap();
            for _ in 0..2 {
                documents.keep(&address, &mut received).await.unwrap();
            }
            assert!(documents.has(&address).await.unwrap());
            let parts: Vec<_> = documents.read(&address).await.unwrap().collect().await;
            let read: Vec<u8> = parts.into_iter().flat_map(|part| part.unwrap().to_vec()).collect();
            assert!(read == bytes, "{size} bytes come back as they were");
            documents.remove(&address).await.unwrap();
            documents.remove(&address).await.unwrap();
            assert!(!documents.has(&address).await.unwrap());
        }
        assert_eq!(std::fs::read_dir(dir.path().join("documents")).unwrap().count(), 0, "nothing is left");
    }
}
