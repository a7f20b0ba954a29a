//! What a node's errors mean.

use {
    crate::ledger::LedgerError,
    solana_rpc_client_api::{
        client_error::{Error, ErrorKind},
        request::{RpcError, RpcResponseErrorData},
    },
    solana_transaction_error::TransactionError,
};

/// The code by which a node says that signatures do not fit.
const SIGNATURES_DO_NOT_VERIFY: i64 = -32_003;

/// The ledger's error: a refusal, a node's own error, or that no answer arrived.
pub(super) fn ledger_error(error: &Error) -> LedgerError {
    if let ErrorKind::RpcError(RpcError::RpcResponseError { code, data, message }) = error.kind() {
        if let RpcResponseErrorData::SendTransactionPreflightFailure(result) = data
            && let Some(refusal) = &result.err
        {
            return LedgerError::Refused(refusal.clone().into(), result.logs.clone().unwrap_or_default());
        }
        if *code == SIGNATURES_DO_NOT_VERIFY {
            return LedgerError::Refused(TransactionError::SignatureFailure, Vec::new());
        }
        return LedgerError::Node { code: *code, message: message.clone() };
    }
    match error.kind() {
        ErrorKind::SerdeJson(_) | ErrorKind::RpcError(RpcError::ParseError(_)) => LedgerError::Malformed(words(error)),
        _ => LedgerError::Unreachable(words(error)),
    }
}

/// An error with its causes, without the request's parameters.
fn words(error: &Error) -> String {
    let mut text = error.kind().to_string();
    let mut cause = std::error::Error::source(error.kind());
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
