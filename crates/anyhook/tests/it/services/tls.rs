//! Certificates between the services, on both sides.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::cluster::{Cluster, until};

/// An authority, and a certificate that it signed for a service.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes `ca.pem`, `cert.pem` and `key.pem` for services on this machine.
    fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        std::fs::write(folder.join("ca.pem"), self.0.pem()).unwrap();
        std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    }
}

fn use_certificates(cluster: &mut Cluster, folder: &Path) {
    for (name, file) in [("CA", "ca.pem"), ("CERT", "cert.pem"), ("KEY", "key.pem")] {
        cluster.set(&format!("ANYHOOK_TENANTS_TLS_{name}_FILE"), folder.join(file).to_str().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_certificates_only_their_authoritys_services_get_in() {
    let Some(mut cluster) = Cluster::prepare().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (ours, others) = (folder.path().join("ours"), folder.path().join("others"));
    Authority::new("our authority").write(&ours);
    Authority::new("another authority").write(&others);
    cluster.migrate();
    use_certificates(&mut cluster, &ours);
    cluster.start_tenants("tenants-1").await;
    cluster.start_dashboard("tenants-1").await;
    cluster.start_ingress("ingress-1", "tenants-1").await;
    cluster.start_delivery("delivery-1", "tenants-1").await;
    cluster.make_app(serde_json::json!({})).await;
    let id = cluster.send("ingress-1", "msg_1").await;
    cluster.all_delivered(&[id]).await;

    // It trusts the server, and shows a certificate of somebody else's.
    std::fs::copy(ours.join("ca.pem"), others.join("ca.pem")).unwrap();
    use_certificates(&mut cluster, &others);
    let stranger = cluster.begin_ingress("ingress-2", "tenants-1");
    until("it listens", async || cluster.readiness(&stranger).await == Some(503)).await;
    let why = crate::client::Api::new(&stranger).get("/readyz").await.expect(503);
    assert_eq!(why["error"], "the tenants service does not answer");
    cluster.stop().await;
}
