//! Puts the API's page into the binary. Builds it first when Node is there and `ide/dist` is missing or old.

use flate2::{Compression, write::GzEncoder};
use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// What the page is made of; `ide/dist` is what it becomes.
const SOURCES: [&str; 6] = [
    "ide/src",
    "ide/examples",
    "ide/index.html",
    "ide/package.json",
    "ide/package-lock.json",
    "ide/vite.config.js",
];

fn main() -> io::Result<()> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=ide/dist/index.html");
    let dist = Path::new("ide/dist");
    if is_old(dist)
        && let Err(reason) = build()
    {
        println!("cargo::warning=GraphiQL was not built ({reason}); the API works without it");
    }
    let mut files = Vec::new();
    if dist.join("index.html").exists() {
        gather(dist, &mut files)?;
    }
    files.sort();
    embed(dist, &files)
}

/// Whether a source is newer than the page.
fn is_old(dist: &Path) -> bool {
    let Some(built) = changed(&dist.join("index.html")) else { return true };
    SOURCES.iter().any(|source| newest(Path::new(source)).is_none_or(|changed| changed > built))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn newest(path: &Path) -> Option<SystemTime> {
    let mut newest = changed(path)?;
    if path.is_dir() {
        for entry in fs::read_dir(path).ok()? {
            newest = newest.max(self::newest(&entry.ok()?.path())?);
        }
    }
    Some(newest)
}

fn build() -> Result<(), String> {
    for arguments in [&["ci", "--no-audit", "--no-fund"][..], &["run", "build"][..]] {
        let outcome = Command::new("npm").args(arguments).current_dir("ide").output();
        let output = outcome.map_err(|_| "install Node.js 20 or later, then build again".to_owned())?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            let reason =
                told.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given").to_owned();
            return Err(format!("`npm {}` failed in api/ide: {reason}", arguments.join(" ")));
        }
    }
    Ok(())
}

fn gather(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Writes each file compressed, and a table of them.
fn embed(dist: &Path, files: &[PathBuf]) -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut table = b"const ASSETS: &[Asset] = &[\n".to_vec();
    for (number, file) in files.iter().enumerate() {
        let packed = out.join(format!("asset-{number}.gz"));
        let mut encoder = GzEncoder::new(fs::File::create(&packed)?, Compression::best());
        encoder.write_all(&fs::read(file)?)?;
        encoder.finish()?;
        let path = file.strip_prefix(dist).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        let kind = kind(file);
        let packed = packed.to_string_lossy();
        writeln!(table, "    Asset {{ path: {path:?}, kind: {kind:?}, gzip: include_bytes!({packed:?}) }},")?;
    }
    table.extend(b"];\n");
    fs::write(out.join("assets.rs"), table)
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
