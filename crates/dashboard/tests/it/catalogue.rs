use anyhook_domain::source::SOURCES;

use crate::fixture::Dashboard;

#[tokio::test]
async fn all_sources_are_listed_for_everybody() {
    let answer = Dashboard::new().await.get("/api/v1/sources").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=3600");
    let json = answer.json();
    let slugs: Vec<_> = json["sources"].as_array().unwrap().iter().map(|it| it["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, SOURCES.iter().map(|source| source.slug).collect::<Vec<_>>());
    assert_eq!(json["commonSettings"][0]["name"], "dedup");
    let named = |slug: &str| json["sources"][slugs.iter().position(|it| *it == slug).unwrap()].clone();
    assert_eq!((&named("generic")["secret"], &named("generic")["secretName"]), (&"none".into(), &().into()));
    let hmac = named("hmac");
    assert_eq!((&hmac["secret"], &hmac["secretName"]), (&"required".into(), &"Key".into()));
    assert_eq!((&hmac["settings"][0]["name"], &hmac["settings"][0]["required"]), (&"header".into(), &false.into()));
}
