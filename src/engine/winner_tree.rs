//! The event list: a winner tree with one leaf for each thing that has at most one event ahead of it.
//!
//! An agent has one end of handling, a source one next arrival, a waiting contact one end of patience, a profile one wake-up: so nothing is
//! pushed or popped, a leaf is set, and its path to the root replayed in log2(leaves) steps without a branch to mispredict.
//! Knuth, The Art of Computer Programming, vol. 3, section 5.4.1 (tree of winners).

use std::hint::select_unpredictable;

/// The key of a leaf without an event.
pub(super) const NEVER: i64 = i64::MAX - 1;

/// The leaves of a block, and how many levels of nodes are above them.
const FAN: usize = 1 << LEVELS;
const LEVELS: u32 = 4;
/// How many blocks a path may pass below the topmost: there are less than 2^28 leaves.
/// A loop over that many is unrolled; in a loop that remains, the compiler would make branches of the comparisons that are there to avoid them.
const BLOCKS_MAX: u32 = 6;

/// A small tree: node 1 is its root, the children of node n are 2n and 2n + 1, the leaves are the second half.
type Block = [u64; 2 * FAN];

/// The earliest of the keys of its leaves; among equal keys the lowest leaf. Keys are 0 or more.
///
/// A node is one word: the key, and below it the number of its leaf, so that the earlier of two is the smaller. Some 570 years of microseconds fit beside the
/// numbers of a thousand leaves; where a key does not fit, the tree goes on with nodes of two words.
///
/// The tree is cut into blocks, whose size the compiler knows: no step within one needs a check, and what a path touches lies close together.
#[derive(Debug)]
pub(super) struct WinnerTree {
    /// Block 0, which holds the root. It has 2^`top_levels` leaves.
    top: Block,
    top_levels: u32,
    /// The others, from block 1, level by level: the root of block b is a leaf of block (b - 1) / 16.
    below: Vec<Block>,
    /// The block of leaf 0.
    first_block: usize,
    leaves: usize,
    /// The root, taken apart: it is looked at more often than it changes.
    first: i64,
    first_leaf: u32,
    /// How many bits the number of a leaf takes.
    bits: u32,
    /// Keys below it have room beside a leaf, and are not taken for [`NEVER`]. 0 where nodes are wide.
    limit: u64,
    /// In place of the above.
    wide: Option<Box<WideTree>>,
}

impl WinnerTree {
    /// A tree of at least `leaves` leaves, all at [`NEVER`].
    pub(super) fn new(leaves: usize) -> WinnerTree {
        let leaves = leaves.next_power_of_two();
        let bits = leaves.trailing_zeros();
        let (mut top_levels, mut first_block) = (bits, 0);
        while top_levels > LEVELS {
            top_levels -= LEVELS;
            first_block = first_block * FAN + 1;
        }
        WinnerTree {
            top: [NO_EVENT; 2 * FAN],
            top_levels,
            below: if first_block == 0 { Vec::new() } else { vec![[NO_EVENT; 2 * FAN]; first_block - 1 + leaves / FAN] },
            first_block,
            leaves,
            first: NEVER,
            first_leaf: 0,
            bits,
            limit: u64::MAX >> bits,
            wide: None,
        }
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

    /// How many leaves there are.
    #[inline]
    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    /// The key of a leaf.
    #[inline]
    pub(super) fn key(&self, leaf: usize) -> i64 {
        if let Some(wide) = &self.wide {
            return wide.nodes[self.leaves + leaf].key;
        }
        match self.place(leaf) {
            (0, leaf) => self.key_of(self.top[(1 << self.top_levels | leaf) % (2 * FAN)]),
            (block, leaf) => self.key_of(self.below[block - 1][FAN + leaf]),
        }
    }

    /// Sets the key of a leaf.
    #[inline]
    pub(super) fn set(&mut self, leaf: usize, key: i64) {
        if key as u64 >= self.limit {
            return self.set_large(leaf, key);
        }
        self.replay(leaf, (key as u64) << self.bits | leaf as u64);
    }

    /// Sets the key of the first leaf, not to [`NEVER`]; the earliest of the others' keys.
    #[inline]
    pub(super) fn set_first(&mut self, key: i64) -> i64 {
        if key as u64 >= self.limit {
            return self.set_first_large(key);
        }
        self.replay_first(self.first_leaf(), (key as u64) << self.bits | self.first_leaf() as u64)
    }

    /// Sets the key of a leaf to [`NEVER`].
    #[inline]
    pub(super) fn clear(&mut self, leaf: usize) {
        if self.limit == 0 {
            return self.set_large(leaf, NEVER);
        }
        self.replay(leaf, NO_EVENT);
    }

    /// Sets a key that may not fit into a word, or any if nodes are wide.
    #[inline(never)]
    fn set_large(&mut self, leaf: usize, key: i64) {
        if key == NEVER && self.wide.is_none() {
            return self.replay(leaf, NO_EVENT);
        }
        let mut wide = match self.wide.take() {
            Some(wide) => wide,
            None => Box::new(WideTree::new(self.leaves, |leaf| self.key(leaf))),
        };
        wide.set(leaf, key);
        (self.first, self.first_leaf) = (wide.nodes[1].key, wide.nodes[1].leaf);
        (self.below, self.limit, self.wide) = (Vec::new(), 0, Some(wide));
    }

    /// As `set_large`, for the first leaf.
    #[cold]
    #[inline(never)]
    fn set_first_large(&mut self, key: i64) -> i64 {
        let leaf = self.first_leaf();
        self.set_large(leaf, key);
        self.wide.as_ref().map_or(NEVER, |wide| wide.first_but(leaf))
    }

    /// Makes room for at least `leaves` leaves.
    #[inline]
    pub(super) fn grow(&mut self, leaves: usize) {
        if leaves > self.leaves {
            self.grow_to(leaves);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow_to(&mut self, leaves: usize) {
        let small = std::mem::replace(self, WinnerTree::new(leaves));
        for leaf in 0..small.leaves {
            if small.key(leaf) != NEVER {
                self.set(leaf, small.key(leaf));
            }
        }
    }

    /// The block of a leaf, and which of the block's leaves it is.
    #[inline]
    fn place(&self, leaf: usize) -> (usize, usize) {
        debug_assert!(leaf < self.leaves);
        (self.first_block + leaf / FAN, leaf % FAN)
    }

    /// The leaf becomes that node: whoever wins on its way to the root is found anew.
    #[inline(never)]
    fn replay(&mut self, leaf: usize, node: u64) {
        self.climb(leaf, node);
    }

    /// The same for the first leaf; the earliest of the others' keys, for all of them come by on its way.
    #[inline(never)]
    fn replay_first(&mut self, leaf: usize, node: u64) -> i64 {
        let rival = self.climb(leaf, node);
        self.key_of(rival)
    }

    /// The leaf becomes that node; the earliest that it meets.
    #[inline(always)]
    fn climb(&mut self, leaf: usize, node: u64) -> u64 {
        let mut climber = Climber { winner: node, rival: NO_EVENT };
        let (mut block, mut leaf) = self.place(leaf);
        for _ in 0..BLOCKS_MAX {
            if block == 0 {
                break;
            }
            climber.pass::<LEVELS>(&mut self.below[block - 1], leaf);
            (block, leaf) = ((block - 1) / FAN, (block - 1) % FAN);
        }
        // Each number of levels has code of its own, without a loop.
        match self.top_levels {
            0 => climber.pass::<0>(&mut self.top, leaf),
            1 => climber.pass::<1>(&mut self.top, leaf),
            2 => climber.pass::<2>(&mut self.top, leaf),
            3 => climber.pass::<3>(&mut self.top, leaf),
            _ => climber.pass::<LEVELS>(&mut self.top, leaf),
        }
        (self.first, self.first_leaf) = (self.key_of(climber.winner), climber.winner as u32 & (self.leaves - 1) as u32);
        climber.rival
    }

    #[inline(always)]
    fn key_of(&self, node: u64) -> i64 {
        let key = node >> self.bits;
        if key == self.limit { NEVER } else { key as i64 }
    }
}

/// The node of a leaf at [`NEVER`]: all bits of its key are set.
const NO_EVENT: u64 = u64::MAX;

/// On the way from a leaf to the root.
struct Climber {
    winner: u64,
    /// The best of those met.
    rival: u64,
}

impl Climber {
    /// From a leaf of a block with so many levels to its root.
    #[inline(always)]
    fn pass<const LEVELS: u32>(&mut self, block: &mut Block, leaf: usize) {
        let mut at = (1 << LEVELS | leaf) % (2 * FAN);
        block[at] = self.winner;
        for _ in 0..LEVELS {
            let met = block[at ^ 1];
            self.rival = earlier(self.rival, met);
            self.winner = earlier(self.winner, met);
            at /= 2;
            block[at] = self.winner;
        }
    }
}

/// The smaller of two; nobody can tell beforehand which, so that a branch would be mispredicted half the time.
#[inline(always)]
fn earlier(a: u64, b: u64) -> u64 {
    select_unpredictable(b < a, b, a)
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

    /// The earliest key but that of a leaf.
    fn first_but(&self, leaf: usize) -> i64 {
        let mut node = self.nodes.len() / 2 + leaf;
        let mut first = NEVER;
        while node > 1 {
            first = first.min(self.nodes[node ^ 1].key);
            node >>= 1;
        }
        first
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
                if key == NEVER { tree.clear(leaf) } else { tree.set(leaf, key) }
                let first = *keys.iter().min().unwrap();
                prop_assert_eq!(tree.first_key(), first);
                prop_assert_eq!(tree.key(leaf), key);
                if first < NEVER {
                    let winner = keys.iter().position(|&k| k == first).unwrap();
                    prop_assert_eq!(tree.first_leaf(), winner);
                    let second = keys.iter().enumerate().filter(|&(l, _)| l != winner).map(|(_, &k)| k).min().unwrap_or(NEVER);
                    prop_assert_eq!(tree.set_first(first), second);
                    prop_assert_eq!(tree.first_leaf(), winner);
                }
            }
        }
    }
}
