//! One side of the book: slots sorted by key in a fixed array. Finding is a binary search, inserting one move of memory.

use crate::order::{self, Order, OrderSlot};

/// The orders of one side, best first.
#[derive(Debug)]
pub struct Queue<'a> {
    slots: &'a mut [OrderSlot],
    length: usize,
}

impl<'a> Queue<'a> {
    /// A side of which the first `length` slots are orders; no more than there are.
    #[must_use]
    pub fn new(slots: &'a mut [OrderSlot], length: u16) -> Self {
        let length = usize::from(length).min(slots.len());
        Self { slots, length }
    }

    /// How many orders there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many orders have room.
    #[inline(always)]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Whether no further one has room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.length == self.slots.len()
    }

    /// The orders' slots, best first.
    #[inline(always)]
    #[must_use]
    pub fn slots(&self) -> &[OrderSlot] {
        &self.slots[..self.length]
    }

    /// The orders, best first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Order> {
        self.slots().iter().map(Order::read)
    }

    /// The worst order.
    #[must_use]
    pub fn worst(&self) -> Option<Order> {
        self.slots().last().map(Order::read)
    }

    /// Where an order of this key lies, or where it would.
    #[inline(always)]
    fn search(&self, key: u64) -> usize {
        self.slots().partition_point(|slot| order::key(slot) < key)
    }

    /// Finds an order: its place and itself.
    #[must_use]
    pub fn find(&self, key: u64) -> Option<(usize, Order)> {
        let place = self.search(key);
        let order = self.slots().get(place).map(Order::read)?;
        (order.key == key).then_some((place, order))
    }

    /// Enters an order and returns its place; `None` where the side is full.
    pub fn insert(&mut self, order: &Order) -> Option<usize> {
        if self.is_full() {
            return None;
        }
        let place = self.search(order.key);
        self.slots.copy_within(place..self.length, place + 1);
        self.slots[place] = order.slot();
        self.length += 1;
        Some(place)
    }

    /// Removes the order at a place.
    pub fn remove(&mut self, place: usize) {
        if place < self.length {
            self.slots.copy_within(place + 1..self.length, place);
            self.length -= 1;
        }
    }

    /// Removes the worst order.
    pub fn remove_worst(&mut self) {
        self.length = self.length.saturating_sub(1);
    }

    /// The order at a place.
    #[inline(always)]
    pub(crate) fn at(&self, place: usize) -> Option<Order> {
        self.slots().get(place).map(Order::read)
    }

    /// Puts an order to a place, as settlement moves the remaining ones up.
    #[inline(always)]
    pub(crate) fn put(&mut self, place: usize, order: &Order) {
        self.slots[place] = order.slot();
    }

    /// Closes the gap `kept..next` that settlement has left.
    pub(crate) fn close_gap(&mut self, kept: usize, next: usize) {
        if kept < next {
            self.slots.copy_within(next..self.length, kept);
            self.length -= next - kept;
        }
    }
}
