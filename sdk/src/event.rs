//! The events that the programs write to the log by `sol_log_data`. `ledger::logs` (feature `ledger`) reads them back.
//!
//! On the wire an event is its tag (`u16`, little endian; the high byte names the program) and its Borsh bytes. Each
//! program numbers the events of a department, so that a gap in the log is noticed.

use {
    crate::{oracle, registry, token, trading},
    borsh::{BorshDeserialize, BorshSerialize},
};

/// An event of a program.
pub trait Event: BorshSerialize + BorshDeserialize {
    /// The tag, which is unique among the events of all programs.
    const TAG: u16;
}

/// Declares an event.
macro_rules! event {
    (
        $(#[$doc:meta])*
        pub struct $name:ident = $tag:literal {
            $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::event::Event for $name {
            const TAG: u16 = $tag;
        }
    };
}
pub(crate) use event;

macro_rules! any_event {
    ($($variant:ident($type:ty)),* $(,)?) => {
        /// Any event of any of the programs.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum AnyEvent { $($variant($type),)* }

        impl AnyEvent {
            /// Decodes one event from its tag and Borsh bytes; `None` for anything else.
            #[must_use]
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                let (tag, body) = bytes.split_first_chunk()?;
                match u16::from_le_bytes(*tag) {
                    $(<$type>::TAG => <$type>::try_from_slice(body).ok().map(Self::$variant),)*
                    _ => None,
                }
            }

            /// Encodes the event as [`Self::decode`] reads it.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(event) => encoded(event),)*
                }
            }
        }

        #[cfg(test)]
        const TAGS: &[u16] = &[$(<$type>::TAG),*];
    };
}

any_event! {
    DepartmentInitialized(registry::event::DepartmentInitialized),
    ParticipantRegistered(registry::event::ParticipantRegistered),
    MeterRegistered(registry::event::MeterRegistered),
    MeterStatusSet(registry::event::MeterStatusSet),
    MeterKeyRotated(registry::event::MeterKeyRotated),
    MeterLimitSet(registry::event::MeterLimitSet),
    AuthorityAccepted(registry::event::AuthorityAccepted),
    DepartmentPaused(registry::event::DepartmentPaused),
    TokenInitialized(token::event::TokenInitialized),
    EnergyRetired(token::event::EnergyRetired),
    TokenConfigured(token::event::TokenConfigured),
    OracleInitialized(oracle::event::OracleInitialized),
    ReadingsAccepted(oracle::event::ReadingsAccepted),
    OracleConfigured(oracle::event::OracleConfigured),
    OracleAuthorityAccepted(oracle::event::OracleAuthorityAccepted),
    MarketInitialized(trading::event::MarketInitialized),
    SeatClaimed(trading::event::SeatClaimed),
    FundsDeposited(trading::event::FundsDeposited),
    FundsWithdrawn(trading::event::FundsWithdrawn),
    OrderPlaced(trading::event::OrderPlaced),
    OrderCancelled(trading::event::OrderCancelled),
    OrderEvicted(trading::event::OrderEvicted),
    OrdersSettled(trading::event::OrdersSettled),
    MarketCleared(trading::event::MarketCleared),
    MarketPaused(trading::event::MarketPaused),
}

fn encoded<E: Event>(event: &E) -> Vec<u8> {
    let mut bytes = E::TAG.to_le_bytes().to_vec();
    // Writing to memory does not fail.
    let _ = event.serialize(&mut bytes);
    bytes
}

/// The longest event, in bytes: `ReadingsAccepted` of 48 readings.
pub const MAX_EVENT_LENGTH: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_distinct() {
        let distinct: std::collections::HashSet<_> = TAGS.iter().collect();
        assert_eq!(distinct.len(), TAGS.len());
    }

    #[test]
    fn an_event_survives_its_bytes() {
        let event = AnyEvent::MarketPaused(trading::event::MarketPaused { sequence: 7, paused: true });
        assert_eq!(event.encode(), [0x0a, 4, 7, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(AnyEvent::decode(&event.encode()), Some(event));
    }

    #[test]
    fn foreign_and_truncated_bytes_are_no_event() {
        for bytes in [&[][..], &[1], &[1, 1], &[0xff, 0xff, 0, 0]] {
            assert_eq!(AnyEvent::decode(bytes), None);
        }
    }
}
