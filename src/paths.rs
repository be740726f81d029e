//! Paths in JSON: text where they are UTF-8, else their bytes, so that none is lost. For `serde(with)`.

use std::path::{Path, PathBuf};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(PathBuf),
    Bytes(Vec<u8>),
}

/// # Errors
/// A serializer that fails.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => serializer.serialize_str(text),
        None => path.as_os_str().as_encoded_bytes().serialize(serializer),
    }
}

/// # Errors
/// What is no path.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Text(path) => Ok(path),
        Written::Bytes(bytes) => from_bytes(bytes).ok_or_else(|| D::Error::custom("no path")),
    }
}

#[cfg(unix)]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "super")]
        path: PathBuf,
    }

    proptest! {
        #[test]
        fn every_path_survives_json(bytes in prop::collection::vec(1u8.., 0..20)) {
            let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
            let holder = Holder { path };
            let json = serde_json::to_string(&holder).unwrap();
            prop_assert_eq!(serde_json::from_str::<Holder>(&json).unwrap(), holder);
        }
    }

    #[test]
    fn a_path_in_utf8_is_text() {
        let holder = Holder { path: "ä b".into() };
        assert_eq!(serde_json::to_string(&holder).unwrap(), r#"{"path":"ä b"}"#);
    }
}
