//! Where cookies go, when they end, and how many are kept.

use super::*;

fn jar(url: &str, cookies: &[&str]) -> SharedJar {
    let jar = SharedJar::default();
    store(&jar, url, cookies);
    jar
}

fn store(jar: &SharedJar, url: &str, cookies: &[&str]) {
    let lines: String = cookies
        .iter()
        .map(|cookie| format!("Set-Cookie: {cookie}\r\n"))
        .collect();
    let head = format!("HTTP/1.1 200 OK\r\n{lines}\r\n");
    jar.store_response(&Target::parse(url).unwrap(), head.as_bytes());
}

#[track_caller]
fn check(jar: &SharedJar, url: &str, expected: Option<&str>) {
    assert_eq!(
        jar.header_for(&Target::parse(url).unwrap()).as_deref(),
        expected,
        "{url}"
    );
}

#[test]
fn a_cookie_goes_back_to_its_host_and_path_only() {
    let jar = jar("http://a.example/shop/cart", &["id=1"]);
    check(&jar, "http://a.example/shop", Some("id=1"));
    check(&jar, "http://a.example:8080/shop/x", Some("id=1"));
    check(&jar, "http://a.example/shopping", None);
    check(&jar, "http://b.example/shop", None);
    check(&jar, "http://sub.a.example/shop", None);
}

#[test]
fn a_domain_widens_a_cookie_but_never_to_strangers() {
    let wide = jar("http://www.a.example/", &["id=1; Domain=.A.example; Path=/"]);
    check(&wide, "http://other.a.example/x", Some("id=1"));
    check(&wide, "http://nota.example/", None);
    for domain in ["b.example", "example", "x.www.a.example"] {
        assert!(
            jar("http://www.a.example/", &[&format!("id=1; Domain={domain}")]).is_empty(),
            "{domain}"
        );
    }
    let address = jar("http://127.0.0.1/", &["id=1; Domain=127.0.0.1"]);
    check(&address, "http://127.0.0.1:9/", Some("id=1"));
    assert!(jar("http://127.0.0.1/", &["id=1; Domain=0.0.1"]).is_empty());
}

#[test]
fn secure_cookies_need_tls() {
    let jar = jar("https://a.example/", &["id=1; Secure"]);
    check(&jar, "http://a.example/", None);
    check(&jar, "https://a.example/", Some("id=1"));
}

#[test]
fn longer_paths_come_first_and_values_keep_their_quotes() {
    let jar = jar(
        "http://h/a/b",
        &["one=1; Path=/", "two=\"2\"", "three=x=y; path=/a/b"],
    );
    check(&jar, "http://h/a/b", Some("three=x=y; two=\"2\"; one=1"));
}

#[test]
fn expiry_removes_and_max_age_wins() {
    let shared = jar(
        "http://h/",
        &["a=1", "b=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
    );
    check(&shared, "http://h/", Some("a=1; b=2"));
    store(
        &shared,
        "http://h/",
        &["a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
    );
    check(&shared, "http://h/", Some("b=2"));
    store(&shared, "http://h/", &["b=; Max-Age=0"]);
    assert!(shared.is_empty());
}

#[test]
fn scripts_set_and_clear_cookies() {
    let jar = SharedJar::default();
    jar.set_simple("any", "1", "", "/");
    jar.set_simple("host", "2", "a.example", "/");
    check(&jar, "http://b.example/", Some("any=1"));
    check(&jar, "http://a.example/", Some("any=1; host=2"));
    jar.clear();
    assert!(jar.is_empty() && jar.all().is_empty());
}

#[test]
fn the_jar_is_bounded_and_oversized_cookies_are_ignored() {
    let jar = SharedJar::default();
    for number in 0..COOKIES_MAX + 5 {
        jar.set_simple(&format!("c{number}"), "", "h", "/");
    }
    assert_eq!(jar.all().len(), COOKIES_MAX);
    assert_eq!(jar.all()[0].name, "c5");
    let huge = format!("x={}", "y".repeat(COOKIE_MAX_BYTES));
    let before = jar.all();
    store(&jar, "http://h/", &[&huge, "no-equals", "=nameless"]);
    assert_eq!(jar.all(), before);
}
