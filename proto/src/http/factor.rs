//! The second factor of an account: `GET|POST|PUT|DELETE /me/second-factor`, `DELETE /users/{name}/second-factor` (admin).

use serde::{Deserialize, Serialize};

/// Digits of a code.
pub const CODE_DIGITS: usize = 6;
/// Codes that are given for who loses the authenticator.
pub const RECOVERY_CODES: usize = 10;

/// `GET /me/second-factor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SecondFactor {
    /// Whether a code is asked for at a sign-in.
    pub enrolled: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes: u32,
}

/// Answer of `POST /me/second-factor`: what an authenticator needs. Nothing is asked for until a code was shown by
/// `PUT /me/second-factor`. 409 `factor_exists`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewSecondFactor {
    /// The secret in base32, for typing.
    pub secret: String,
    /// The same as an `otpauth://` address.
    pub uri: String,
    /// That address as a QR code, a row a string: `1` is dark, `0` is light.
    pub qr: Vec<String>,
}

/// `PUT /me/second-factor`: the first code. 403 `wrong_code`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FactorCode {
    /// Six digits.
    pub code: String,
}

/// Answer of `PUT /me/second-factor`: each of these takes the place of a code, once. They are shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
}
