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
        // Of the nodes together: each with its reason.
        ErrorKind::Custom(reasons) => LedgerError::Unreachable(reasons.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn node(code: i64) -> Error {
        let data = RpcResponseErrorData::Empty;
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message: "no".into(), data }).into()
    }

    #[test]
    fn only_a_lost_answer_is_unreachable() {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "refused");
        let lost = ledger_error(&ErrorKind::Io(refused).into());
        assert_eq!(lost, LedgerError::Unreachable("refused".into()));
        assert!(lost.is_transient() && !lost.is_verdict());

        // The request is wrong, or this node never serves it; then: it is behind, and may serve it later.
        for (code, transient) in
            [(-32_601, false), (-32_602, false), (-32_011, false), (-32_005, true), (-32_016, true)]
        {
            let error = ledger_error(&node(code));
            assert_eq!(error, LedgerError::Node { code, message: "no".into() });
            assert_eq!((error.is_transient(), error.is_verdict()), (transient, false), "{code}");
        }
        let forged = ledger_error(&node(SIGNATURES_DO_NOT_VERIFY));
        assert_eq!(forged, LedgerError::Refused(TransactionError::SignatureFailure, Vec::new()));
        assert!(forged.is_verdict() && !forged.is_transient());

        let garbled = serde_json::from_str::<u8>("<html>").unwrap_err();
        let garbled = ledger_error(&ErrorKind::SerdeJson(garbled).into());
        assert_eq!(garbled, LedgerError::Malformed("expected value at line 1 column 1".into()));
        assert!(garbled.is_transient());
    }
}
