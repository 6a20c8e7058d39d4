//! The event list: a winner tree with one leaf for each thing that has at most one event ahead of it.
//!
//! An agent has one end of handling, a source one next arrival, a waiting contact one end of patience, a profile one wake-up: so nothing is
//! pushed or popped, a leaf is set, and its path to the root replayed in log2(leaves) steps without a branch to mispredict.
//! Knuth, The Art of Computer Programming, vol. 3, section 5.4.1 (tree of winners).

use std::hint::select_unpredictable;

/// The key of a leaf without an event.
pub(super) const NEVER: i64 = i64::MAX - 1;

/// The earliest of the keys of its leaves; among equal keys the lowest leaf. Keys are 0 or more.
///
/// A node is one word: the key, and below it the number of its leaf, so that the earlier of two is the smaller. Some 280 years of microseconds fit beside the
/// numbers of a thousand leaves; where a key does not fit, the tree goes on with nodes of two words.
#[derive(Debug)]
pub(super) struct WinnerTree {
    /// Node 1 is the root, the children of node n are 2n and 2n + 1, the leaves are the second half.
    nodes: Vec<u64>,
    /// The root, taken apart: it is looked at more often than it changes.
    first: i64,
    first_leaf: u32,
    /// How many bits the number of a leaf takes.
    bits: u32,
    /// In place of the above.
    wide: Option<Box<WideTree>>,
}

impl WinnerTree {
    /// A tree of at least `leaves` leaves, all at [`NEVER`].
    pub(super) fn new(leaves: usize) -> WinnerTree {
        let mut tree = WinnerTree { nodes: Vec::new(), first: NEVER, first_leaf: 0, bits: 0, wide: None };
        tree.rebuild(leaves.next_power_of_two(), |_| NEVER);
        tree
    }

    fn rebuild(&mut self, leaves: usize, key: impl Fn(usize) -> i64) {
        self.bits = leaves.trailing_zeros();
        let no_leaf = u64::MAX << self.bits;
        if (0..leaves).any(|leaf| key(leaf) != NEVER && !self.fits(key(leaf))) {
            return self.widen(WideTree::new(leaves, key));
        }
        self.nodes = vec![no_leaf; 2 * leaves];
        for leaf in 0..leaves {
            self.nodes[leaves + leaf] = self.packed(leaf, key(leaf));
        }
        for node in (1..leaves).rev() {
            self.nodes[node] = self.nodes[2 * node].min(self.nodes[2 * node + 1]);
        }
        self.takes(self.nodes[1]);
    }

    /// Whether a key has room beside a leaf, and is not taken for [`NEVER`].
    #[inline]
    fn fits(&self, key: i64) -> bool {
        (key as u64) < u64::MAX >> self.bits
    }

    /// The node of a leaf; [`NEVER`] has all bits of the key set.
    #[inline]
    fn packed(&self, leaf: usize, key: i64) -> u64 {
        let key = if key == NEVER { u64::MAX >> self.bits } else { key as u64 };
        key << self.bits | leaf as u64
    }

    #[inline]
    fn key_of(&self, node: u64) -> i64 {
        let key = node >> self.bits;
        if key == u64::MAX >> self.bits { NEVER } else { key as i64 }
    }

    /// The root is that node.
    #[inline]
    fn takes(&mut self, root: u64) {
        (self.first, self.first_leaf) = (self.key_of(root), (root & !(u64::MAX << self.bits)) as u32);
    }

    /// The earliest key.
    #[inline]
    pub(super) fn first_key(&self) -> i64 {
        self.first
    }

    /// The leaf of the earliest key; any leaf when all are at [`NEVER`].
    #[inline]
    pub(super) fn first_leaf(&self) -> usize {
        self.first_leaf as usize
    }

    /// The earliest key but that of [`WinnerTree::first_leaf`].
    #[inline]
    pub(super) fn second_key(&self) -> i64 {
        if let Some(wide) = &self.wide {
            return wide.second_key();
        }
        let mut node = self.nodes.len() / 2 + self.first_leaf();
        let mut second = u64::MAX;
        while node > 1 {
            second = second.min(self.nodes[node ^ 1]);
            node >>= 1;
        }
        self.key_of(second)
    }

    /// How many leaves there are.
    #[inline]
    pub(super) fn leaves(&self) -> usize {
        match &self.wide {
            None => self.nodes.len() / 2,
            Some(wide) => wide.nodes.len() / 2,
        }
    }

    /// The key of a leaf.
    #[inline]
    pub(super) fn key(&self, leaf: usize) -> i64 {
        match &self.wide {
            None => self.key_of(self.nodes[self.nodes.len() / 2 + leaf]),
            Some(wide) => wide.nodes[wide.nodes.len() / 2 + leaf].key,
        }
    }

    /// Sets the key of a leaf.
    #[inline]
    pub(super) fn set(&mut self, leaf: usize, key: i64) {
        if self.wide.is_some() || (!self.fits(key) && key != NEVER) {
            return self.set_wide(leaf, key);
        }
        let mut winner = self.packed(leaf, key);
        let nodes = &mut self.nodes[..];
        let mut at = nodes.len() / 2 + leaf;
        nodes[at] = winner;
        while at > 1 {
            winner = winner.min(nodes[at ^ 1]);
            at >>= 1;
            nodes[at] = winner;
        }
        self.takes(winner);
    }

    #[cold]
    #[inline(never)]
    fn set_wide(&mut self, leaf: usize, key: i64) {
        if self.wide.is_none() {
            self.widen(WideTree::new(self.leaves(), |leaf| self.key(leaf)));
        }
        if let Some(wide) = &mut self.wide {
            wide.set(leaf, key);
            (self.first, self.first_leaf) = (wide.nodes[1].key, wide.nodes[1].leaf);
        }
    }

    fn widen(&mut self, wide: WideTree) {
        (self.first, self.first_leaf) = (wide.nodes[1].key, wide.nodes[1].leaf);
        (self.nodes, self.wide) = (Vec::new(), Some(Box::new(wide)));
    }

    /// Makes room for at least `leaves` leaves.
    #[inline]
    pub(super) fn grow(&mut self, leaves: usize) {
        if leaves > self.leaves() {
            self.grow_to(leaves.next_power_of_two());
        }
    }

    #[cold]
    #[inline(never)]
    fn grow_to(&mut self, leaves: usize) {
        let old = self.leaves();
        let keys: Vec<i64> = (0..old).map(|leaf| self.key(leaf)).collect();
        self.wide = None;
        self.rebuild(leaves, |leaf| keys.get(leaf).copied().unwrap_or(NEVER));
    }
}

/// A node with a word for the key and one for the leaf.
#[derive(Clone, Copy, Debug)]
struct Node {
    key: i64,
    leaf: u32,
}

/// A winner tree for any keys.
#[derive(Debug)]
struct WideTree {
    nodes: Vec<Node>,
}

impl WideTree {
    fn new(leaves: usize, key: impl Fn(usize) -> i64) -> WideTree {
        let mut nodes = vec![Node { key: NEVER, leaf: 0 }; 2 * leaves];
        for leaf in 0..leaves {
            nodes[leaves + leaf] = Node { key: key(leaf), leaf: leaf as u32 };
        }
        for node in (1..leaves).rev() {
            let (left, right) = (nodes[2 * node], nodes[2 * node + 1]);
            nodes[node] = if right.key < left.key { right } else { left };
        }
        WideTree { nodes }
    }

    fn second_key(&self) -> i64 {
        let mut node = self.nodes.len() / 2 + self.nodes[1].leaf as usize;
        let mut second = NEVER;
        while node > 1 {
            second = second.min(self.nodes[node ^ 1].key);
            node >>= 1;
        }
        second
    }

    fn set(&mut self, leaf: usize, key: i64) {
        let nodes = &mut self.nodes[..];
        let mut at = nodes.len() / 2 + leaf;
        let mut winner = Node { key, leaf: leaf as u32 };
        nodes[at] = winner;
        while at > 1 {
            let rival = nodes[at ^ 1];
            // A rival on the left has the lower leaves, so it wins ties: it is there when `at` is odd.
            let rival_wins = rival.key < winner.key + (at & 1) as i64;
            winner.key = select_unpredictable(rival_wins, rival.key, winner.key);
            winner.leaf = select_unpredictable(rival_wins, rival.leaf, winner.leaf);
            at >>= 1;
            nodes[at] = winner;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_scan(leaves in 1usize..40, steps in proptest::collection::vec((0usize..40, 0i64..6), 0..200), large in 0u32..2) {
            let mut tree = WinnerTree::new(leaves);
            let mut keys = vec![NEVER; leaves];
            for (step, (leaf, key)) in steps.into_iter().enumerate() {
                if step % 50 == 49 {
                    keys.resize(keys.len() * 3, NEVER);
                    tree.grow(keys.len());
                }
                let leaf = leaf % keys.len();
                // Some keys leave no room for the leaf.
                let key = if key == 5 { NEVER } else { key + ((i64::from(large) * i64::from(key == 4)) << 61) };
                keys[leaf] = key;
                tree.set(leaf, key);
                let first = *keys.iter().min().unwrap();
                prop_assert_eq!(tree.first_key(), first);
                prop_assert_eq!(tree.key(leaf), key);
                if first < NEVER {
                    let winner = keys.iter().position(|&k| k == first).unwrap();
                    prop_assert_eq!(tree.first_leaf(), winner);
                    let second = keys.iter().enumerate().filter(|&(l, _)| l != winner).map(|(_, &k)| k).min().unwrap_or(NEVER);
                    prop_assert_eq!(tree.second_key(), second);
                }
            }
        }
    }
}
