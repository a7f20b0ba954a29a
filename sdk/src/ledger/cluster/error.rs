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

/// The ledger's error.
pub(super) fn ledger_error(error: &Error) -> LedgerError {
    if let ErrorKind::RpcError(RpcError::RpcResponseError { code, data, .. }) = error.kind() {
        if let RpcResponseErrorData::SendTransactionPreflightFailure(result) = data
            && let Some(refusal) = &result.err
        {
            return LedgerError::Refused(refusal.clone().into(), result.logs.clone().unwrap_or_default());
        }
        if *code == SIGNATURES_DO_NOT_VERIFY {
            return LedgerError::Refused(TransactionError::SignatureFailure, Vec::new());
        }
    }
    LedgerError::Unreachable(words(error))
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
