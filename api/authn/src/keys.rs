//! Signing keys: the private half stays in this server's data directory, the public half is known to all servers.
//!
//! A server signs with its newest key. Others find the public half in the database, so that several servers take each
//! other's tokens without sharing a secret.

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use door::{Result, authz::Traffic};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use entity::At;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

/// An unknown key asks the database again, but not more often than this.
const UNKNOWN_AGAIN: i64 = 3 * At::SECOND;
/// A known key is looked up again, in case it was retired.
const KNOWN_AGAIN: i64 = At::MINUTE;
/// A key signs for so long before a new one takes over.
const SIGNS_FOR: i64 = 90 * At::DAY;

/// Keys of this server, and what it knows of the others'.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    directory: PathBuf,
    traffic: Traffic,
    signing: RwLock<Signing>,
    known: RwLock<Known>,
}

/// The key this server signs with.
#[derive(Clone)]
pub(super) struct Signing {
    pub kid: String,
    pub key: EncodingKey,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Verifying>,
    loaded_at: Option<At>,
    /// When an unknown key last made this server look.
    searched_at: Option<At>,
}

/// The public half of a key, and until when its tokens are taken.
#[derive(Clone)]
pub(super) struct Verifying {
    pub key: DecodingKey,
    retires_at: Option<At>,
}

impl Keys {
    /// Reads the keys in `<data-dir>/keys`, makes one on first start, and publishes it. Errors say what to do.
    pub async fn open(data_dir: &Path, traffic: Traffic) -> anyhow::Result<Self> {
        let directory = data_dir.join("keys");
        let seeds = read_all(&directory)?;
        let newest = match seeds.into_iter().next_back() {
            Some(seed) => seed,
            None => make(&directory)?,
        };
        let signing = RwLock::new(Signing::of(&newest)?);
        let keys = Self(Arc::new(Inner { directory, traffic, signing, known: RwLock::default() }));
        keys.publish(&newest)
            .await
            .map_err(|cause| anyhow::anyhow!("cannot publish the signing key: {cause}"))?;
        Ok(keys)
    }

    async fn publish(&self, key: &SigningKey) -> Result<()> {
        self.0
            .traffic
            .publish_key(&kid(key.verifying_key().as_bytes()), key.verifying_key().as_bytes())
            .await?;
        self.load().await
    }

    /// Signs with a new key from now on. The old one verifies until its last token has died.
    pub async fn rotate(&self, now: At) -> Result<()> {
        let old = self.signing().kid;
        let new = make(&self.0.directory)?;
        self.publish(&new).await?;
        *self.0.signing.write().unwrap_or_else(PoisonError::into_inner) = Signing::of(&new)?;
        self.0.traffic.retire_key(&old, now.plus(super::token::LIVES_FOR + super::token::LEEWAY)).await?;
        self.load().await
    }

    /// Rotates when the key has signed for long enough; to be called now and then.
    pub async fn rotate_when_old(&self, now: At) -> Result<()> {
        let kid = self.signing().kid;
        let rows = self.0.traffic.verifying_keys().await?;
        let is_young = |made: At| now < made.plus(SIGNS_FOR);
        // A key that is not listed was retired by another server in the same directory.
        let fine =
            rows.iter().any(|row| row.kid == kid && row.retires_at.is_none() && is_young(row.created_at));
        if fine { Ok(()) } else { self.rotate(now).await }
    }

    /// The public keys that verify today's tokens, as RFC 7517 writes them.
    pub async fn jwks(&self) -> Result<serde_json::Value> {
        let rows = self.0.traffic.verifying_keys().await?;
        let keys = rows.iter().map(|row| {
            serde_json::json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": row.kid,
                "x": BASE64_URL_SAFE_NO_PAD.encode(&row.public_key),
            })
        });
        Ok(serde_json::json!({ "keys": keys.collect::<Vec<_>>() }))
    }

    pub(super) fn signing(&self) -> Signing {
        self.0.signing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key of this name, if its tokens are taken now.
    pub(super) async fn verifying(&self, kid: &str, now: At) -> Result<Option<Verifying>> {
        if self.is_to_be_loaded(kid, now) {
            self.load().await?;
        }
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        let live = |key: &&Verifying| key.retires_at.is_none_or(|retires_at| now < retires_at);
        Ok(known.keys.get(kid).filter(live).cloned())
    }

    /// Whether to look again. Notes the search, so that a flood of unknown names is one search.
    fn is_to_be_loaded(&self, kid: &str, now: At) -> bool {
        let since =
            |then: Option<At>, wait: i64| then.is_none_or(|then| then.plus(wait) <= now || now < then);
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.keys.contains_key(kid) {
            let due = since(known.loaded_at, KNOWN_AGAIN);
            if due {
                known.loaded_at = Some(now);
            }
            return due;
        }
        let due = since(known.searched_at, UNKNOWN_AGAIN);
        if due {
            known.searched_at = Some(now);
        }
        due
    }

    async fn load(&self) -> Result<()> {
        let rows = self.0.traffic.verifying_keys().await?;
        let keys = rows.into_iter().filter(|row| row.public_key.len() == 32).map(|row| {
            let key = DecodingKey::from_ed_der(&row.public_key);
            (row.kid, Verifying { key, retires_at: row.retires_at })
        });
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        known.keys = keys.collect();
        Ok(())
    }
}

impl Signing {
    fn of(key: &SigningKey) -> anyhow::Result<Self> {
        let der =
            key.to_pkcs8_der().map_err(|_| anyhow::anyhow!("the signing key cannot be written as PKCS#8"))?;
        Ok(Self { kid: kid(key.verifying_key().as_bytes()), key: EncodingKey::from_ed_der(der.as_bytes()) })
    }
}

/// Thumbprint of RFC 7638.
fn kid(public: &[u8]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// Whether the keys of a data directory, if there are any, can be signed with. Errors say what to do.
pub fn look(data_dir: &Path) -> anyhow::Result<()> {
    read_all(&data_dir.join("keys")).map(drop)
}

/// Keys of the directory, oldest first: their names are the times they were made.
fn read_all(directory: &Path) -> anyhow::Result<Vec<SigningKey>> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pem"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> anyhow::Result<SigningKey> {
    let shown = path.display();
    let mode = fs::metadata(path)
        .with_context(|| format!("cannot read the signing key {shown}"))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        bail!("the signing key {shown} can be read by others; run `chmod 600 {shown}`");
    }
    let pem = fs::read_to_string(path).with_context(|| format!("cannot read the signing key {shown}"))?;
    SigningKey::from_pkcs8_pem(&pem).map_err(|_| {
        anyhow::anyhow!("{shown} is not an Ed25519 key in PKCS#8; remove it and a new one is made (everybody signs in again)")
    })
}

/// Makes a key. The file appears whole or not at all; of two servers that start at once, both keys are kept.
fn make(directory: &Path) -> anyhow::Result<SigningKey> {
    let failed = || format!("cannot write a signing key to {}", directory.display());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(failed)?;
    let key = SigningKey::from_bytes(&rand::random());
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| anyhow::anyhow!(failed()))?;
    let name = uuid::Uuid::now_v7();
    let (draft, path) = (directory.join(format!("{name}.new")), directory.join(format!("{name}.pem")));
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).with_context(failed)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).with_context(failed)?;
    fs::rename(&draft, &path).with_context(failed)?;
    Ok(key)
}

impl From<Signing> for jsonwebtoken::Header {
    fn from(signing: Signing) -> Self {
        Self {
            kid: Some(signing.kid),
            typ: Some(super::token::TYP.to_owned()),
            ..Self::new(jsonwebtoken::Algorithm::EdDSA)
        }
    }
}

/// Only for messages: a key never prints itself.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.signing().kid)
    }
}
