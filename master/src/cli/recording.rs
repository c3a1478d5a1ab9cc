//! The recorder of every run, by what the command line says of it.

use crate::server::BundleConfig;
use crate::timeline::{self, About, Recorder};
use crate::web::FaceConfig;

/// The recorder. It is always on: the page, the history and the report read what it keeps.
pub(super) fn recorder(face: &FaceConfig, bundle: &BundleConfig, python_version: &str) -> Recorder {
    let hash = bundle.packed.as_ref().map(|packed| packed.hash.clone());
    Recorder::new(About {
        locustfile: face.locustfile.clone(),
        // Without a bundle there is nothing to hash.
        script_hash: hash.unwrap_or_default(),
        form: face.form.clone(),
        environment: timeline::environment(python_version),
    })
}
