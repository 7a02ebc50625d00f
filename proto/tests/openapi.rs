//! The committed description of the API, `docs/openapi.json`, says what the table of routes says.

use std::{collections::BTreeSet, fs, path::Path};

use mist_proto::http::{ProblemDetails, route::openapi};
use serde_json::Value;

/// Set to write the file anew.
const UPDATE: &str = "MIST_UPDATE_OPENAPI";

fn committed() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var_os(UPDATE).is_some() {
        let text = openapi::document().to_pretty_json().expect("JSON");
        fs::write(&path, format!("{text}\n")).expect("a file that can be written");
    }
    serde_json::from_str(&fs::read_to_string(&path).expect("docs/openapi.json")).expect("JSON")
}

/// Every operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            all.push((format!("{method} {path}"), operation));
        }
    }
    all
}

#[test]
fn the_committed_description_is_that_of_the_code() {
    let code = serde_json::to_value(openapi::document()).expect("JSON");
    assert!(
        committed() == code,
        "docs/openapi.json is not what the routes say: run this test with {UPDATE}=1 and look at what changed"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_security_and_refusals_of_one_form() {
    let document = committed();
    let mut names = BTreeSet::new();
    let schemes = document["components"]["securitySchemes"].as_object().expect("schemes");
    let refused = &document["components"]["schemas"]["ProblemDetails"];
    assert!(refused["required"].as_array().is_some_and(|r| r.contains(&Value::from("code"))), "{refused}");
    for (place, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{place} has no name"));
        assert!(names.insert(name.to_owned()), "{name} is the name of two operations");
        let security =
            operation["security"].as_array().unwrap_or_else(|| panic!("{place} names no security"));
        for requirement in security.iter().flat_map(|s| s.as_object().expect("a requirement").keys()) {
            assert!(schemes.contains_key(requirement), "{place}: {requirement}");
        }
        let open = [
            "/healthz",
            "/api/v1/openapi.json",
            "/api/v1/trust",
            "/api/v1/auth/",
            "get /api/v1/clients",
            "head /api/v1/clients",
        ];
        assert_eq!(security.is_empty(), open.iter().any(|o| place.contains(o)), "{place}: {security:?}");

        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
        for (status, response) in responses {
            let said = &response["content"][ProblemDetails::MEDIA_TYPE]["schema"]["$ref"];
            let is_refusal = status == "default"
                || status.starts_with('5')
                || ["400", "401", "403", "404", "409"].contains(&status.as_str());
            if is_refusal && !place.starts_with("head") {
                assert_eq!(said, "#/components/schemas/ProblemDetails", "{place} {status}");
            }
        }
    }
}

#[test]
fn whatever_is_referred_to_is_there() {
    let document = committed();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    found.insert(reference.to_owned());
                }
                map.values().for_each(|v| references(v, found));
            }
            Value::Array(all) => all.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in found {
        let name = reference.strip_prefix("#/components/schemas/").unwrap_or_else(|| panic!("{reference}"));
        assert!(schemas.contains_key(name), "{reference}");
    }
}
