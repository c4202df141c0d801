//! Evidence: who adds it, who reads it, who must not know of it; what is refused leaves nothing.

use super::{
    Cast, DAYS_16, claim_does, does,
    exceptions::{FIRST, begins},
    homes, lines,
};
use door::authz::CONTRACTS;
use entity::contracts::evidence_document;
use http::Request;
use network::contracts::document::sweep_lost;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use std::path::PathBuf;
use tests::{Actor, Reply, World};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
const CSV: &[u8] = "personne;mois\n1;\u{e9}t\u{e9}\n".as_bytes();

const DOCUMENTS: &str = "documents(first: 10) { totalCount { value } nodes { id name mediaType sizeBytes sha256 metric
    downloadUrl uploadedBy { displayName } organization { name } viewerPermissions { remove { isAllowed reason } } } }";

async fn sends(actor: &Actor, claim: &str, query: &str, kind: &str, bytes: &[u8]) -> Reply {
    let request = Request::post(format!("/claims/{claim}/documents?{query}")).header("content-type", kind);
    actor.sends(request.body(bytes.to_vec()).unwrap()).await
}

fn told(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("no JSON: {}", reply.text()))
}

/// Adds a document and returns its id.
async fn adds(actor: &Actor, claim: &str, name: &str, bytes: &[u8]) -> String {
    let reply = sends(actor, claim, &format!("name={name}"), "application/octet-stream", bytes).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    told(&reply)["document"]["id"].as_str().unwrap().to_owned()
}

/// Status, and the answer without what differs from request to request.
fn alike(reply: &Reply) -> (u16, Value) {
    let mut body = told(reply);
    body["errors"][0]["extensions"]["requestId"] = Value::Null;
    (reply.status.as_u16(), body)
}

async fn fetched(actor: &Actor, document: &str) -> Reply {
    actor.gets(&format!("/evidence-documents/{document}")).await
}

async fn drafts(cast: &Cast, (from, to): (&str, &str)) -> String {
    let claim = json!({ "contractId": cast.contract, "fromOn": from, "toOn": to,
        "lines": lines(FIRST, "quantity"), "groups": homes(&[(60, "1")]) });
    claim_does(&cast.operator, "claimCreate", claim).await.text("/claimCreate/claim/id")
}

const FIRST_HALF: (&str, &str) = ("2027-01-01", "2027-06-30");

async fn shown(actor: &Actor, claim: &str) -> tests::Answer {
    let ask = format!("query ($id: ID!) {{ node(id: $id) {{ ... on OutcomeClaim {{ {DOCUMENTS} }} }} }}");
    actor.asks(&ask, json!({ "id": claim })).await
}

async fn names(actor: &Actor, claim: &str) -> Vec<String> {
    shown(actor, claim).await.each("/node/documents/nodes", "/name")
}

async fn removes(actor: &Actor, document: &str) -> tests::Answer {
    does(actor, "evidenceDocumentRemove", json!({ "id": document }), "claim { id }").await
}

/// Files in the store, and half-made ones; and rows.
async fn kept(world: &World) -> (usize, u64) {
    fn files(dir: PathBuf) -> usize {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { files(entry.path()) } else { 1 }).sum()
    }
    let rows = evidence_document::Entity::find().count(world.pool()).await.unwrap();
    (files(world.documents()), rows)
}

#[tokio::test]
async fn the_operator_proves_and_those_who_judge_read() {
    let mut cast = begins().await;
    let claim = drafts(&cast, FIRST_HALF).await;
    let query = "name=Liste+n%C2%B01.csv&metric=JOB";
    let reply = sends(&cast.operator, &claim, query, "text/csv; charset=utf-8", CSV).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let document = told(&reply)["document"].clone();
    assert_eq!(
        [&document["name"], &document["mediaType"], &document["metric"], &document["sizeBytes"]],
        [&json!("Liste n°1.csv"), &json!("text/csv"), &json!("JOB"), &json!(CSV.len().to_string())]
    );
    let list = document["id"].as_str().unwrap().to_owned();
    let photo = adds(&cast.operator, &claim, "photo.png", PNG).await;

    // The same bytes again, through another server: the document that is there.
    let other = cast.world.another_server().await;
    let again = sends(&cast.operator.at(&other), &claim, "name=Autre.csv", "text/csv", CSV).await;
    assert_eq!((again.status.as_u16(), &told(&again)["document"]["id"]), (200, &json!(list)));
    assert_eq!(kept(&cast.world).await, (2, 2));

    // Operator and evaluator, on any server.
    let seen = shown(&cast.operator, &claim).await;
    assert_eq!(seen.data("/node/documents/totalCount/value"), 2);
    let first = seen.data("/node/documents/nodes/0");
    assert_eq!(first["sha256"], document["sha256"]);
    assert_eq!(first["uploadedBy"]["displayName"], json!(cast.operator.name));
    assert_eq!(first["organization"]["name"], "Roofs and Trades");
    assert_eq!(first["viewerPermissions"]["remove"]["isAllowed"], true);
    let file = fetched(&cast.lab.at(&other), &list).await;
    assert_eq!((file.status.as_u16(), file.body.as_slice()), (200, CSV));
    let headers = ["content-type", "cache-control", "x-content-type-options", "content-security-policy"];
    assert_eq!(
        headers.map(|name| file.header(name).unwrap_or_default()),
        ["text/csv", "private, no-store", "nosniff", "default-src 'none'; frame-ancestors 'none'; sandbox"]
    );
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"Liste n_1.csv\"; filename*=UTF-8''Liste%20n%C2%B01.csv")
    );

    // That the evaluator read it is in the operator's trail; that the operator did, is not.
    fetched(&cast.operator, &list).await;
    let trail = "{ auditEvents(first: 50) { nodes { action subjectId actor { displayName } } } }";
    let trail = cast.operator.asks(trail, json!({})).await;
    let reads = trail.data("/auditEvents/nodes");
    let reads: Vec<_> =
        reads.as_array().unwrap().iter().filter(|event| event["action"] == "evidenceRead").collect();
    assert_eq!(reads.len(), 1);
    assert_eq!(
        (&reads[0]["subjectId"], &reads[0]["actor"]["displayName"]),
        (&json!(list), &json!(cast.lab.name))
    );

    // To all others it is as if there were none, and openly withheld from those who see the claim.
    let strangers =
        [cast.world.visitor(), cast.world.administrator().await, cast.world.funder("Other Fund").await];
    let parties = [&cast.bank, &cast.work, &cast.investors[0]];
    for actor in parties.into_iter().chain(&strangers) {
        let absent = fetched(actor, "doc_00000000000000000000000001").await;
        assert_eq!(absent.status, 404);
        for id in [&list, &photo] {
            assert_eq!(alike(&fetched(actor, id).await), alike(&absent), "{}", actor.name);
            let node = actor.asks("query ($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
            assert!(node.data("/node").is_null(), "{}", actor.name);
            removes(actor, id).await.refused("NOT_FOUND");
        }
    }
    for actor in parties {
        let seen = shown(actor, &claim).await;
        assert!(seen.data("/node/documents").is_null(), "{}", actor.name);
        assert_eq!(seen.withheld(), ["OutcomeClaim.documents OWNER 1"]);
    }

    // A payer reads while a verification is contested, and no longer.
    let submitted = json!({ "id": claim });
    claim_does(&cast.operator, "claimSubmit", submitted.clone()).await.fine();
    claim_does(&cast.lab, "claimTake", submitted.clone()).await.fine();
    let verify = json!({ "id": claim, "lines": lines(FIRST, "accepted") });
    claim_does(&cast.lab, "claimVerify", verify.clone()).await.fine();
    assert_eq!(fetched(&cast.work, &list).await.status, 404);
    let contest = json!({ "id": claim, "grounds": "Too many." });
    claim_does(&cast.health, "claimContest", contest).await.fine();
    assert_eq!(fetched(&cast.work, &list).await.body, CSV);
    assert_eq!(names(&cast.work, &claim).await, ["Liste n°1.csv", "photo.png"]);
    assert_eq!(fetched(&cast.investors[0], &list).await.status, 404);
    let mut resolve = verify;
    resolve["resolution"] = "They were counted again.".into();
    claim_does(&cast.lab, "claimResolve", resolve).await.fine();
    assert_eq!(fetched(&cast.work, &list).await.status, 404);
    cast.later(DAYS_16).await;
    assert_eq!(fetched(&cast.lab, &list).await.status, 200, "an evaluator goes on reading");
}

#[tokio::test]
async fn what_is_not_taken_leaves_nothing() {
    let cast = begins().await;
    let claim = drafts(&cast, FIRST_HALF).await;
    let zip = b"PK\x03\x04 an archive, but of nothing known PK\x05\x06";
    let large = vec![b'a'; usize::try_from(tests::MOST_BYTES).unwrap() + 1];
    let table: &[(&str, &str, &[u8], u16, &str)] = &[
        ("name=a.txt", "text/plain", &large, 413, "REQUEST_TOO_LARGE"),
        ("name=a.pdf", "application/pdf", PNG, 415, "INVALID"),
        ("name=a.png", "application/pdf", PNG, 415, "INVALID"),
        ("name=a.csv", "text/csv", b"dur\xe9e", 415, "INVALID"),
        ("name=a.xlsx", "", zip, 415, "INVALID"),
        ("name=a.svg", "image/svg+xml", b"<svg/>", 415, "INVALID"),
        ("name=a.html", "text/html", b"<p>", 415, "INVALID"),
        ("name=a.pdf", "application/pdf", b"", 400, "BLANK"),
        ("", "application/pdf", PDF, 400, "BLANK"),
        ("name=..%2F..%2Fa.pdf", "application/pdf", PDF, 400, "INVALID"),
        ("name=a%5Cb.pdf", "application/pdf", PDF, 400, "INVALID"),
        ("name=a%E2%80%AEfdp.pdf", "application/pdf", PDF, 400, "INVALID"),
        ("name=a.pdf&metric=NONE", "application/pdf", PDF, 400, "NOT_FOUND"),
        ("name=a.pdf&folder=x", "application/pdf", PDF, 400, "BAD_USER_INPUT"),
    ];
    for (query, kind, bytes, status, word) in table {
        let reply = sends(&cast.operator, &claim, query, kind, bytes).await;
        assert_eq!(reply.status.as_u16(), *status, "{query} {kind}: {}", reply.text());
        let error = &told(&reply)["errors"][0];
        assert!(error.to_string().contains(word), "{query} {kind}: {error}");
    }

    // A party that is not the operator is told; who does not see the claim hears what a wrong id hears.
    let forbidden = sends(&cast.lab, &claim, "name=a.pdf", "application/pdf", PDF).await;
    assert_eq!(
        (forbidden.status.as_u16(), &told(&forbidden)["errors"][0]["extensions"]["code"]),
        (403, &json!("FORBIDDEN"))
    );
    let outsider = cast.world.funder("Other Fund").await;
    for actor in [&outsider, &cast.world.visitor()] {
        let hidden = sends(actor, &claim, "name=a.pdf", "application/pdf", PDF).await;
        let absent =
            sends(actor, "ocl_00000000000000000000000001", "name=a.pdf", "application/pdf", PDF).await;
        assert_eq!((hidden.status.as_u16(), alike(&hidden)), (404, alike(&absent)), "{}", actor.name);
    }
    assert_eq!(cast.operator.gets(&format!("/claims/{claim}/documents")).await.status, 405);
    assert_eq!(kept(&cast.world).await, (0, 0));
}

#[tokio::test]
async fn a_body_that_lies_or_breaks_off_leaves_nothing() {
    let cast = begins().await;
    let claim = drafts(&cast, FIRST_HALF).await;
    let token = cast.operator.token.clone().unwrap();
    let head = |more: &str| {
        format!(
            "POST /claims/{claim}/documents?name=a.pdf HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-type: application/pdf\r\n{more}\r\n\r\n"
        )
    };
    // Fewer bytes than announced, then nobody.
    let mut stream = TcpStream::connect(cast.world.address()).await.unwrap();
    stream.write_all(head("content-length: 5000").as_bytes()).await.unwrap();
    stream.write_all(PDF).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(!read(&mut stream).await.starts_with("HTTP/1.1 2"), "half a file is no file");
    // Without a length: counted while it comes.
    let mut stream = TcpStream::connect(cast.world.address()).await.unwrap();
    stream.write_all(head("transfer-encoding: chunked").as_bytes()).await.unwrap();
    let piece = [b"10000\r\n".as_slice(), &vec![b'a'; 65_536], b"\r\n"].concat();
    for _ in 0..17 {
        stream.write_all(&piece).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = read(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // In pieces, but whole.
    let mut stream = TcpStream::connect(cast.world.address()).await.unwrap();
    stream.write_all(head("transfer-encoding: chunked\r\nconnection: close").as_bytes()).await.unwrap();
    for byte in PDF {
        stream.write_all(&[b'1', b'\r', b'\n', *byte, b'\r', b'\n']).await.unwrap();
    }
    assert_eq!(kept(&cast.world).await, (0, 0));
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = read(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(kept(&cast.world).await, (1, 1));
}

async fn read(stream: &mut TcpStream) -> String {
    use tokio::io::AsyncReadExt;
    let mut bytes = Vec::new();
    let mut part = [0; 4_096];
    while let Ok(Ok(length)) =
        tokio::time::timeout(std::time::Duration::from_secs(5), stream.read(&mut part)).await
    {
        bytes.extend_from_slice(&part[..length]);
        if length == 0 || bytes.ends_with(b"}") {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn what_was_submitted_stays_and_the_rest_may_go() {
    let cast = begins().await;
    let (first, second) =
        (drafts(&cast, FIRST_HALF).await, drafts(&cast, ("2027-07-01", "2027-12-31")).await);
    let wrong = adds(&cast.operator, &first, "erreur.pdf", PDF).await;
    let same = adds(&cast.operator, &second, "autre.pdf", PDF).await;
    assert_eq!(kept(&cast.world).await, (1, 2), "the same bytes of one contract are kept once");
    removes(&cast.lab, &wrong).await.refused("FORBIDDEN");
    removes(&cast.operator, &wrong).await.fine();
    assert_eq!(kept(&cast.world).await, (1, 1));
    assert_eq!(fetched(&cast.operator, &wrong).await.status, 404);
    assert_eq!(fetched(&cast.operator, &same).await.body, PDF);
    removes(&cast.operator, &same).await.fine();
    assert_eq!(kept(&cast.world).await, (0, 0), "with the last document the bytes go");

    let sent = adds(&cast.operator, &first, "liste.csv", CSV).await;
    claim_does(&cast.operator, "claimSubmit", json!({ "id": first })).await.fine();
    let closed = sends(&cast.operator, &first, "name=a.pdf", "application/pdf", PDF).await;
    assert_eq!(closed.status, 409, "{}", closed.text());
    removes(&cast.operator, &sent).await.refused("STATE_INVALID");
    claim_does(&cast.lab, "claimTake", json!({ "id": first })).await.fine();
    claim_does(&cast.lab, "claimAsk", json!({ "id": first, "question": "Which?" })).await.fine();
    cast.world.later(std::time::Duration::from_secs(1));
    let loose = adds(&cast.operator, &first, "reponse.pdf", PDF).await;
    removes(&cast.operator, &sent).await.refused("STATE_INVALID");
    removes(&cast.operator, &loose).await.fine();
    let answer = adds(&cast.operator, &first, "reponse.pdf", PDF).await;
    claim_does(&cast.operator, "claimAnswer", json!({ "id": first, "answer": "These." })).await.fine();
    removes(&cast.operator, &answer).await.refused("STATE_INVALID");
    assert_eq!(names(&cast.lab, &first).await, ["liste.csv", "reponse.pdf"]);
}

/// Bytes whose document never came are removed after a day; those of documents stay.
#[tokio::test]
async fn bytes_of_no_document_are_swept_after_a_day() {
    let cast = begins().await;
    let claim = drafts(&cast, FIRST_HALF).await;
    let document = adds(&cast.operator, &claim, "a.pdf", PDF).await;
    let folder = cast.world.documents().join(&cast.contract);
    std::fs::write(folder.join("0".repeat(64)), b"a server died here").unwrap();
    std::fs::create_dir(cast.world.documents().join("lost+found")).unwrap();
    std::fs::write(cast.world.documents().join("lost+found").join("x"), b"not ours").unwrap();
    let sweeps = || async { sweep_lost(&cast.world.store_of(CONTRACTS)).await.unwrap() };
    assert_eq!((sweeps().await, kept(&cast.world).await), (0, (3, 1)), "it may still come");
    cast.world.later(std::time::Duration::from_hours(25));
    assert_eq!((sweeps().await, kept(&cast.world).await), (1, (2, 1)));
    assert_eq!(sweeps().await, 0);
    let mut operator = cast.operator.clone();
    operator.token = Some(cast.world.token_for(operator.user.unwrap()).await);
    assert_eq!(fetched(&operator, &document).await.body, PDF);
}

/// Adding and removing the same bytes at once, on two servers: whatever is there in the end can be read.
#[tokio::test]
async fn no_row_is_ever_without_its_bytes() {
    use futures_util::future::join_all;
    let cast = begins().await;
    let other = cast.world.another_server().await;
    let claim = drafts(&cast, FIRST_HALF).await;
    for _ in 0..6 {
        let id = adds(&cast.operator, &claim, "a.pdf", PDF).await;
        let adding = (0..6).map(|place| {
            let actor = if place % 2 == 0 { cast.operator.clone() } else { cast.operator.at(&other) };
            let claim = claim.clone();
            async move { sends(&actor, &claim, "name=a.pdf", "application/pdf", PDF).await.status.as_u16() }
        });
        let removing = removes(&cast.operator, &id);
        let (statuses, removed) = futures_util::future::join(join_all(adding), removing).await;
        removed.fine();
        assert!(statuses.iter().all(|status| [200, 201, 503].contains(status)), "{statuses:?}");
        for document in shown(&cast.operator, &claim).await.each("/node/documents/nodes", "/id") {
            assert_eq!(fetched(&cast.operator, &document).await.body, PDF);
            removes(&cast.operator, &document).await.fine();
        }
        assert_eq!(kept(&cast.world).await, (0, 0));
    }
}
