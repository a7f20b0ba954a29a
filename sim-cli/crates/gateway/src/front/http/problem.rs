//! Errors as RFC 9457 problem documents.

use {
    crate::rejection::{Code, Rejection},
    axum::{
        http::{HeaderValue, StatusCode, header},
        response::{IntoResponse, Response},
    },
    serde::Serialize,
    std::borrow::Cow,
};

/// What was wrong: `code` is stable, `detail` is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A name for this kind of problem.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Box<str>,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A stable name of the failure.
    pub code: &'static str,
    /// What was wrong, and what is allowed.
    pub detail: String,
    /// The field at fault, if it is one field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub field: Option<Cow<'static, str>>,
    /// Seconds after which the same request may fare better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem with the request as a whole.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:campus-energy:problem:{code}").into(),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            field: None,
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }

    /// The same, of a request that may be made again after so many seconds.
    #[must_use]
    pub fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The same, of one field.
    #[must_use]
    pub fn of(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }
}

/// The HTTP status of a rejection.
const fn status(code: Code) -> StatusCode {
    match code {
        Code::UnknownMeter => StatusCode::NOT_FOUND,
        Code::InactiveMeter | Code::UnregisteredOwner | Code::WrongSignature | Code::NotAuthority => {
            StatusCode::FORBIDDEN
        }
        Code::ConflictingReading | Code::LedgerConflict | Code::BlockhashExpired | Code::NotEmbedded => {
            StatusCode::CONFLICT
        }
        Code::JournalUnavailable | Code::LedgerUnavailable | Code::SlowLedger | Code::Overloaded | Code::Stopped => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::InvalidMeterId
        | Code::InvalidTimestamp
        | Code::MisalignedTimestamp
        | Code::InvalidEnergy
        | Code::NetEnergyMismatch
        | Code::MalformedSignature
        | Code::ContradictingField
        | Code::InvalidRow
        | Code::InvalidFile
        | Code::WrongPrefix
        | Code::FutureReading
        | Code::StaleReading
        | Code::ImplausibleEnergy
        | Code::ImplausibleArray
        | Code::WrongKeyEpoch
        | Code::MalformedTransaction
        | Code::NotAdministrative
        | Code::RejectedByLedger => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<Rejection> for Problem {
    fn from(Rejection { code, field, text }: Rejection) -> Self {
        Self { field, ..Self::new(status(code), code.name(), text) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
