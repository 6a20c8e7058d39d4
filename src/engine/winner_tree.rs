//! The event list: a winner tree with one leaf for each thing that has at most one event ahead of it.
//!
//! An agent has one end of handling, a source one next arrival, a waiting contact one end of patience, a profile one wake-up: so nothing is
//! pushed or popped, a leaf is set, and its path to the root replayed in log2(leaves) steps without a branch to mispredict.
//! Knuth, The Art of Computer Programming, vol. 3, section 5.4.1 (tree of winners).

use std::hint::select_unpredictable;

/// The key of a leaf without an event.
pub(super) const NEVER: i64 = i64::MAX - 1;

#[derive(Clone, Copy, Debug)]
struct Node {
    key: i64,
    leaf: u32,
}

/// The earliest of the keys of its leaves; among equal keys the lowest leaf.
#[derive(Debug)]
pub(super) struct WinnerTree {
    /// Node 1 is the root, the children of node n are 2n and 2n + 1, the leaves are the second half.
    nodes: Vec<Node>,
}

impl WinnerTree {
    /// A tree of at least `leaves` leaves, all at [`NEVER`].
    pub(super) fn new(leaves: usize) -> WinnerTree {
        let mut tree = WinnerTree { nodes: Vec::new() };
        tree.rebuild(leaves.next_power_of_two(), |_| NEVER);
        tree
    }

    fn rebuild(&mut self, leaves: usize, key: impl Fn(usize) -> i64) {
        let mut nodes = vec![Node { key: NEVER, leaf: 0 }; 2 * leaves];
        for leaf in 0..leaves {
            nodes[leaves + leaf] = Node { key: key(leaf), leaf: leaf as u32 };
        }
        for node in (1..leaves).rev() {
            let (left, right) = (nodes[2 * node], nodes[2 * node + 1]);
            nodes[node] = if right.key < left.key { right } else { left };
        }
        self.nodes = nodes;
    }

    /// The earliest key.
    #[inline]
    pub(super) fn first_key(&self) -> i64 {
        self.nodes[1].key
    }

    /// The leaf of the earliest key; any leaf when all are at [`NEVER`].
    #[inline]
    pub(super) fn first_leaf(&self) -> usize {
        self.nodes[1].leaf as usize
    }

    /// The earliest key but that of [`WinnerTree::first_leaf`].
    #[inline]
    pub(super) fn second_key(&self) -> i64 {
        let mut node = self.nodes.len() / 2 + self.first_leaf();
        let mut second = NEVER;
        while node > 1 {
            second = second.min(self.nodes[node ^ 1].key);
            node >>= 1;
        }
        second
    }

    /// How many leaves there are.
    #[inline]
    pub(super) fn leaves(&self) -> usize {
        self.nodes.len() / 2
    }

    /// The key of a leaf.
    #[inline]
    pub(super) fn key(&self, leaf: usize) -> i64 {
        self.nodes[self.nodes.len() / 2 + leaf].key
    }

    /// Sets the key of a leaf.
    #[inline]
    pub(super) fn set(&mut self, leaf: usize, key: i64) {
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
        let nodes = std::mem::take(&mut self.nodes);
        self.rebuild(leaves, |leaf| if leaf < old { nodes[old + leaf].key } else { NEVER });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_scan(leaves in 1usize..40, steps in proptest::collection::vec((0usize..40, 0i64..6), 0..200)) {
            let mut tree = WinnerTree::new(leaves);
            let mut keys = vec![NEVER; leaves];
            for (step, (leaf, key)) in steps.into_iter().enumerate() {
                if step % 50 == 49 {
                    keys.resize(keys.len() * 3, NEVER);
                    tree.grow(keys.len());
                }
                let leaf = leaf % keys.len();
                let key = if key == 5 { NEVER } else { key };
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
