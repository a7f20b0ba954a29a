//! Accounts of fixed length in Borsh, and typed access to single fields of them at tested offsets.
//!
//! Every account begins with a [`Header`]. Clients decode whole accounts with [`AccountData::decode`]; the programs' hot
//! paths read and write single fields through `FIELDS` (for example `Meter::FIELDS.newest.get(data)`), which a test
//! holds against Borsh.

use {
    crate::{
        error::AccountError,
        identity::{MeterId, Prefix, Zone},
        units::{Energy, Money, Price, TokenAmount},
    },
    borsh::{BorshDeserialize, BorshSerialize},
    core::marker::PhantomData,
    solana_program::pubkey::Pubkey,
};

/// What an account is. Zero is never valid, so a fresh account parses as nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum AccountKind {
    Department = 1,
    Participant = 2,
    Meter = 3,
    TokenConfig = 4,
    Retirement = 5,
    Oracle = 6,
    IntervalRing = 7,
    Market = 8,
    Book = 9,
}

/// The layout version that this release writes.
pub const LAYOUT_VERSION: u8 = 1;

/// The first bytes of every account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Header {
    /// What the account is.
    pub kind: AccountKind,
    /// The layout version.
    pub version: u8,
    /// The bump of the account's address.
    pub bump: u8,
}

/// An account of one of our programs.
pub trait AccountData: BorshSerialize + BorshDeserialize {
    /// What the account is.
    const KIND: AccountKind;
    /// Its exact length in bytes.
    const LEN: usize;
    /// Whether more than `LEN` bytes follow: arrays whose length the account itself tells.
    const OPEN_ENDED: bool;

    /// Writes the whole account, field by field: what Borsh would write, for less compute.
    fn store(&self, data: &mut [u8]);

    /// The header of a new account at an address with this bump.
    #[must_use]
    fn header(bump: u8) -> Header {
        Header { kind: Self::KIND, version: LAYOUT_VERSION, bump }
    }

    /// Checks length, kind and version.
    ///
    /// # Errors
    /// [`AccountError::WrongLength`], [`AccountError::WrongKind`], [`AccountError::WrongVersion`].
    fn check(data: &[u8]) -> Result<(), AccountError> {
        if data.len() != Self::LEN && !(Self::OPEN_ENDED && data.len() > Self::LEN) {
            return Err(if data.is_empty() { AccountError::Missing } else { AccountError::WrongLength });
        }
        if data[0] != Self::KIND as u8 {
            return Err(AccountError::WrongKind);
        }
        if data[1] != LAYOUT_VERSION {
            return Err(AccountError::WrongVersion);
        }
        Ok(())
    }

    /// The bump in the header of a checked account.
    #[inline(always)]
    #[must_use]
    fn bump(data: &[u8]) -> u8 {
        data[2]
    }

    /// Decodes a whole account.
    ///
    /// # Errors
    /// Those of [`AccountData::check`], and [`AccountError::Malformed`] where a field holds no valid value.
    fn decode(data: &[u8]) -> Result<Self, AccountError> {
        Self::check(data)?;
        Self::try_from_slice(&data[..Self::LEN]).map_err(|_| AccountError::Malformed)
    }
}

/// A type whose Borsh form always has the same length.
pub trait FixedSize: BorshSerialize {
    /// That length in bytes.
    const SIZE: usize;

    /// Writes the Borsh form to exactly `SIZE` bytes.
    #[inline(always)]
    fn store(&self, mut bytes: &mut [u8]) {
        // It has this size, and memory takes every byte.
        let _ = self.serialize(&mut bytes);
    }
}

/// A [`FixedSize`] type for which every byte pattern is a value.
pub trait Plain: FixedSize + Copy {
    /// Reads the value from exactly `SIZE` bytes.
    fn read(bytes: &[u8]) -> Self;
    /// Writes the value to exactly `SIZE` bytes.
    fn write(self, bytes: &mut [u8]);
}

macro_rules! fixed_size {
    ($($type:ty = $size:expr),* $(,)?) => {$(
        impl $crate::account::FixedSize for $type { const SIZE: usize = $size; }
    )*};
}
pub(crate) use fixed_size;
fixed_size!(bool = 1, [u8; 8] = 8);

impl FixedSize for Header {
    const SIZE: usize = 3;
    #[inline(always)]
    fn store(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&[self.kind as u8, self.version, self.bump]);
    }
}

macro_rules! stored_as_bytes {
    ($($type:ty = $size:literal: $bytes:expr),* $(,)?) => {$(
        impl FixedSize for $type {
            const SIZE: usize = $size;
            #[inline(always)]
            fn store(&self, bytes: &mut [u8]) {
                let own: fn(&Self) -> &[u8; $size] = $bytes;
                bytes.copy_from_slice(own(self));
            }
        }
    )*};
}
stored_as_bytes!(
    Pubkey = 32: Self::as_array,
    MeterId = 16: |id| &id.0,
    Prefix = 16: |prefix| &prefix.0,
    Zone = 16: |zone| &zone.0,
);

macro_rules! plain_integer {
    ($($type:ty),*) => {$(
        impl FixedSize for $type {
            const SIZE: usize = size_of::<$type>();
            #[inline(always)]
            fn store(&self, bytes: &mut [u8]) { self.write(bytes); }
        }
        impl Plain for $type {
            #[inline(always)]
            fn read(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$type>()];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }
            #[inline(always)]
            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
plain_integer!(u8, u16, u32, u64, i64, u128);

macro_rules! plain_quantity {
    ($($type:ident),*) => {$(
        impl FixedSize for $type {
            const SIZE: usize = 8;
            #[inline(always)]
            fn store(&self, bytes: &mut [u8]) { self.write(bytes); }
        }
        impl Plain for $type {
            #[inline(always)]
            fn read(bytes: &[u8]) -> Self { Self(u64::read(bytes)) }
            #[inline(always)]
            fn write(self, bytes: &mut [u8]) { self.0.write(bytes); }
        }
    )*};
}
plain_quantity!(Energy, TokenAmount, Money, Price);

impl Plain for Pubkey {
    #[inline(always)]
    fn read(bytes: &[u8]) -> Self {
        let mut own = [0; 32];
        own.copy_from_slice(bytes);
        Self::new_from_array(own)
    }
    #[inline(always)]
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(self.as_ref());
    }
}

impl<const N: usize> Plain for [u8; N]
where
    Self: FixedSize,
{
    #[inline(always)]
    fn read(bytes: &[u8]) -> Self {
        let mut own = [0; N];
        own.copy_from_slice(bytes);
        own
    }
    #[inline(always)]
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self);
    }
}

/// Implements [`Plain`] for a struct of plain fields, in order.
macro_rules! plain_struct {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        impl $crate::account::FixedSize for $name {
            const SIZE: usize = 0 $(+ <$type as $crate::account::FixedSize>::SIZE)*;
        }
        impl $crate::account::Plain for $name {
            #[inline(always)]
            fn read(bytes: &[u8]) -> Self {
                $(let ($field, bytes) = bytes.split_at(<$type as $crate::account::FixedSize>::SIZE);)*
                let _ = bytes;
                Self { $($field: <$type as $crate::account::Plain>::read($field),)* }
            }
            #[inline(always)]
            fn write(self, bytes: &mut [u8]) {
                $(
                    let (own, bytes) = bytes.split_at_mut(<$type as $crate::account::FixedSize>::SIZE);
                    self.$field.write(own);
                )*
                let _ = bytes;
            }
        }
    };
}
pub(crate) use plain_struct;

/// One field of an account: where it lies, and what it is.
#[derive(Debug)]
pub struct Field<T> {
    offset: usize,
    kind: PhantomData<T>,
}

impl<T: FixedSize> Field<T> {
    /// The field at this offset.
    #[must_use]
    pub const fn at(offset: usize) -> Self {
        Self { offset, kind: PhantomData }
    }

    /// Where the field begins.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The field's bytes. The account's length was checked when it was loaded.
    #[inline(always)]
    #[must_use]
    pub fn bytes<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        &data[self.offset..self.offset + T::SIZE]
    }

    /// The field's bytes, to be written.
    #[inline(always)]
    pub fn bytes_mut<'a>(&self, data: &'a mut [u8]) -> &'a mut [u8] {
        &mut data[self.offset..self.offset + T::SIZE]
    }
}

impl<T: Plain> Field<T> {
    /// The field's value.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, data: &[u8]) -> T {
        T::read(self.bytes(data))
    }

    /// Sets the field.
    #[inline(always)]
    pub fn set(&self, data: &mut [u8], value: T) {
        value.write(self.bytes_mut(data));
    }
}

impl Field<bool> {
    /// Whether the field is set.
    #[inline(always)]
    #[must_use]
    pub fn is_set(&self, data: &[u8]) -> bool {
        data[self.offset] != 0
    }
}

impl Field<Pubkey> {
    /// Whether the field holds this key.
    #[inline(always)]
    #[must_use]
    pub fn is(&self, data: &[u8], key: &Pubkey) -> bool {
        self.bytes(data) == key.as_ref()
    }
}

/// Declares an account: the struct, its exact length, and `FIELDS`. With `open` behind the name of the fields, more bytes
/// may follow.
macro_rules! account {
    (
        $(#[$doc:meta])*
        pub struct $name:ident ($fields:ident $($open:ident)?) {
            $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
        pub struct $name {
            /// Kind, version, bump.
            pub header: $crate::account::Header,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        #[doc = concat!("Where the fields of [`", stringify!($name), "`] lie.")]
        #[derive(Debug)]
        pub struct $fields {
            /// Kind, version, bump.
            pub header: $crate::account::Field<$crate::account::Header>,
            $($(#[$field_doc])* pub $field: $crate::account::Field<$type>,)*
        }

        impl $name {
            /// Where the fields lie, for partial reads and writes.
            pub const FIELDS: $fields = {
                let offset = <$crate::account::Header as $crate::account::FixedSize>::SIZE;
                $(
                    let $field = $crate::account::Field::at(offset);
                    let offset = offset + <$type as $crate::account::FixedSize>::SIZE;
                )*
                let _ = offset;
                $fields { header: $crate::account::Field::at(0), $($field,)* }
            };
        }

        impl $crate::account::AccountData for $name {
            const KIND: $crate::account::AccountKind = $crate::account::AccountKind::$name;
            const LEN: usize = <$crate::account::Header as $crate::account::FixedSize>::SIZE
                $(+ <$type as $crate::account::FixedSize>::SIZE)*;
            const OPEN_ENDED: bool = false $(|| stringify!($open).len() > 0)?;

            #[inline(always)]
            fn store(&self, data: &mut [u8]) {
                use $crate::account::FixedSize;
                self.header.store(Self::FIELDS.header.bytes_mut(data));
                $(self.$field.store(Self::FIELDS.$field.bytes_mut(data));)*
            }
        }
    };
}
pub(crate) use account;

#[cfg(test)]
mod tests;
