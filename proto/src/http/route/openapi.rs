//! The description of the API, made from the table.

use std::collections::BTreeMap;

use utoipa::{
    ToSchema,
    openapi::{
        ComponentsBuilder, Content, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder,
        Ref, RefOr, Required, ResponseBuilder, Schema,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use super::{ALL, Access, Entry, Info, Method, Payload, Place, Query, Route};
use crate::http::ProblemDetails;

/// Name of the scheme by which callers of the tracker are known.
const TOKEN: &str = "access_token";
/// Name of the scheme by which callers of a seed are known.
const CAPABILITY: &str = "capability";

/// Forms that the description names once and refers to.
#[derive(Default)]
pub struct Schemas(BTreeMap<String, RefOr<Schema>>);

impl Schemas {
    /// A reference to the form of `T`, which is listed with all that it refers to.
    pub fn refer<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let mut all = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut all);
        self.0.extend(all);
        Ref::from_schema_name(T::name()).into()
    }
}

/// What the types of a route say.
pub struct Shape {
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    answer: Option<(&'static str, Content)>,
}

/// What the types of `R` say.
pub(super) fn shape<R: Route>(schemas: &mut Schemas) -> Shape {
    let names = R::INFO.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parts = names.zip(R::Place::schemas()).map(|(name, schema)| {
        let part = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        part.required(Required::True).schema(Some(schema)).build()
    });
    let body = R::Body::content(schemas).map(|(media_type, content)| {
        RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build()
    });
    Shape {
        parameters: parts.chain(R::Query::parameters()).collect(),
        body,
        answer: R::Answer::content(schemas),
    }
}

impl Entry {
    /// Number of variable parts that its types name.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        let parameters = (self.describe)(&mut Schemas::default()).parameters;
        parameters.iter().filter(|p| matches!(p.parameter_in, ParameterIn::Path)).count()
    }
}

/// The description of the tracker and of the seeds' byte routers.
pub fn document() -> OpenApi {
    let mut schemas = Schemas::default();
    let problem = schemas.refer::<ProblemDetails>();
    let mut paths = PathsBuilder::new();
    for entry in ALL {
        let shape = (entry.describe)(&mut schemas);
        for head in [false, true] {
            if let Some(method) = method(entry.info.method, head) {
                let operation = operation(&entry.info, &shape, &problem, head);
                paths = paths.path(entry.info.path, PathItem::new(method, operation));
            }
        }
    }
    let mut components = ComponentsBuilder::new().build();
    components.schemas = schemas.0;
    components.add_security_scheme(TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cap = ApiKeyValue::with_description("cap", "Capability that the tracker signed for one resource.");
    components.add_security_scheme(CAPABILITY, SecurityScheme::ApiKey(ApiKey::Query(cap)));
    let info = InfoBuilder::new().title("Mist").version("1").description(Some(
        "Accounts, games, builds, jobs and the swarm of a Mist server, and below /seed/v1 the bytes of its seeds. Fields \
         are only ever added: ignore those that you do not know.",
    ));
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

/// The method, or for whoever wants its head the one for that; none if nobody can.
fn method(method: Method, head: bool) -> Option<HttpMethod> {
    match (method, head) {
        (Method::Get, false) => Some(HttpMethod::Get),
        (Method::Get, true) => Some(HttpMethod::Head),
        (_, true) => None,
        (Method::Post, false) => Some(HttpMethod::Post),
        (Method::Put, false) => Some(HttpMethod::Put),
        (Method::Patch, false) => Some(HttpMethod::Patch),
        (Method::Delete, false) => Some(HttpMethod::Delete),
    }
}

fn operation(info: &Info, shape: &Shape, problem: &RefOr<Schema>, head: bool) -> OperationBuilder {
    let id = if head { format!("{}Head", info.id) } else { info.id.to_owned() };
    let mut good = ResponseBuilder::new().description(info.summary);
    if let Some((media_type, content)) = shape.answer.as_ref().filter(|_| !head) {
        good = good.content(*media_type, content.clone());
    }
    let mut operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(info.summary))
        .tag(info.tag)
        .parameters(Some(shape.parameters.clone()))
        .request_body(shape.body.clone())
        .securities(Some(securities(info.access)))
        .response(info.status.to_string(), good);
    for status in info.also {
        operation =
            operation.response(status.to_string(), ResponseBuilder::new().description(meaning(*status)));
    }
    let mut refusals: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (status, code) in info.refusals() {
        refusals.entry(status).or_default().push(code);
    }
    for (status, codes) in refusals {
        operation = operation.response(status.to_string(), refusal(&codes.join(", "), problem, head));
    }
    operation.response("default", refusal("Refused: see the code.", problem, head))
}

fn refusal(description: &str, problem: &RefOr<Schema>, head: bool) -> ResponseBuilder {
    let refusal = ResponseBuilder::new().description(description);
    if head {
        refusal
    } else {
        refusal.content(ProblemDetails::MEDIA_TYPE, Content::new(Some(problem.clone())))
    }
}

fn securities(access: Access) -> Vec<SecurityRequirement> {
    match access {
        Access::Anyone => vec![],
        Access::Capability => vec![SecurityRequirement::new(CAPABILITY, [""; 0])],
        scoped => vec![SecurityRequirement::new(TOKEN, scoped.scopes().iter().map(|s| s.as_str()))],
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        202 => "It is being made: ask again.",
        204 => "There is nothing now.",
        206 => "The part that was asked for.",
        304 => "What the caller has is what is there.",
        412 => "What is there is not what the caller has.",
        416 => "There is no such part.",
        _ => "",
    }
}
