use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;

use super::*;

/// What a person's browser may load in all, compressed.
const MAX_PAGE_BYTES: usize = 250 * 1024;

async fn get_from(base: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let routes: Router = routes(base);
    let app = if base.is_empty() {
        routes
    } else {
        Router::new().nest(base, routes)
    };
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    (
        parts.status,
        parts.headers,
        to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    )
}

#[tokio::test]
async fn the_page_names_its_files_under_the_base_path_and_each_is_there() {
    let (status, headers, body) = get_from("/load", "/load", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    let html = String::from_utf8(body).unwrap();
    assert!(
        !html.contains("{{"),
        "a field of the template is not filled: {html}"
    );
    let addresses: Vec<&str> = html
        .split(['"'])
        .filter(|text| text.starts_with("/load/ui/"))
        .collect();
    assert!(addresses.len() > 20, "{addresses:?}");
    for address in addresses {
        let (status, headers, _) = get_from("/load", address, &[]).await;
        assert_eq!(status, StatusCode::OK, "{address}");
        assert_eq!(headers[CACHE_CONTROL], FOR_EVER, "{address}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{address}");
    }
}

#[tokio::test]
async fn only_our_files_and_the_import_map_may_run() {
    let (_, headers, body) = get_from("", "/", &[]).await;
    let html = String::from_utf8(body).unwrap();
    let map = html.split("<script type=\"importmap\">").nth(1).unwrap();
    let map = map.split("</script>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(map.as_bytes()));
    let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains(&format!("script-src 'self' 'sha256-{hash}';")),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-eval"), "{policy}");
}

#[tokio::test]
async fn a_file_is_compressed_for_who_takes_it_and_not_sent_twice() {
    let path = "/ui/vendor/preact.js";
    let (_, plain, plain_body) = get_from("", path, &[]).await;
    assert!(plain.get(CONTENT_ENCODING).is_none());
    let (_, packed, packed_body) = get_from("", path, &[("accept-encoding", "br;q=1, gzip")]).await;
    assert_eq!(packed[CONTENT_ENCODING], "gzip");
    assert!(packed_body.len() < plain_body.len() / 2);
    let (_, refused, _) = get_from("", path, &[("accept-encoding", "gzip;q=0")]).await;
    assert!(refused.get(CONTENT_ENCODING).is_none());
    let etag = plain[ETAG].to_str().unwrap();
    let (status, _, body) = get_from("", path, &[("if-none-match", etag)]).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(
        plain[CACHE_CONTROL], ASK_FIRST,
        "without its hash in the address it may change"
    );
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_found() {
    for path in ["/ui/nothing.js", "/ui/../Cargo.toml", "/ui/%2e%2e/Cargo.toml"] {
        let (status, _, _) = get_from("", path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn the_page_is_light() {
    let page = Page::new("");
    let loaded = page
        .files
        .iter()
        .filter(|(path, _)| !path.contains("LICENSE") && !path.ends_with(".md"));
    let files: usize = loaded.map(|(_, file)| file.gzip().len()).sum();
    let bytes = files + page.index.gzip().len();
    assert!(bytes <= MAX_PAGE_BYTES, "{bytes} bytes compressed");
}
