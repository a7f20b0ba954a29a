//! One side of the book: slots that are sorted by key in a fixed array. An order is found by binary search and inserted by one move of
//! memory.

use crate::order::{self, Order, OrderSlot};

/// The orders of one side, best first.
#[derive(Debug)]
pub struct Queue<'a> {
    slots: &'a mut [OrderSlot],
    length: usize,
}

impl<'a> Queue<'a> {
    /// Makes a side of which the first `length` slots are orders, or all where there are fewer.
    #[must_use]
    pub fn new(slots: &'a mut [OrderSlot], length: u16) -> Self {
        let length = usize::from(length).min(slots.len());
        Self { slots, length }
    }

    /// Returns the number of orders.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Returns whether there are no orders.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns the number of orders that have room.
    #[inline(always)]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Returns whether no further order has room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.length == self.slots.len()
    }

    /// Returns the slots of the orders, best first.
    #[inline(always)]
    #[must_use]
    pub fn slots(&self) -> &[OrderSlot] {
        &self.slots[..self.length]
    }

    /// Iterates over the orders, best first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Order> {
        self.slots().iter().map(Order::read)
    }

    /// Returns the worst order.
    #[must_use]
    pub fn worst(&self) -> Option<Order> {
        self.slots().last().map(Order::read)
    }

    /// Returns the place of the order of this key, or the place where it would be inserted.
    #[inline(always)]
    fn search(&self, key: u64) -> usize {
        self.slots().partition_point(|slot| order::key(slot) < key)
    }

    /// Finds the order of this key and returns its place and itself.
    #[must_use]
    pub fn find(&self, key: u64) -> Option<(usize, Order)> {
        let place = self.search(key);
        let order = self.slots().get(place).map(Order::read)?;
        (order.key == key).then_some((place, order))
    }

    /// Inserts an order and returns its place; `None` where the side is full.
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

    /// Removes the order at a place, if there is one.
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

    /// Returns the order at a place.
    #[inline(always)]
    pub(crate) fn at(&self, place: usize) -> Option<Order> {
        self.slots().get(place).map(Order::read)
    }

    /// Writes an order to a place, as settlement moves the remaining ones up.
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
