//! Ids, and tables that only their own id can index.

use std::fmt;
use std::marker::PhantomData;

/// What can index a [`Table`].
///
/// ```
/// use waitline::{Id, QueueId};
/// assert_eq!(QueueId::from_index(3).index(), 3);
/// ```
pub trait Id: Copy + fmt::Debug {
    /// The id of row `index`.
    fn from_index(index: usize) -> Self;
    /// The row.
    fn index(self) -> usize;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl Id for $name {
            #[inline]
            fn from_index(index: usize) -> Self {
                $name(index as u32)
            }
            #[inline]
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(/// A queue, by its place in the scenario.
    QueueId);
id!(/// A routing profile, by its place in the scenario.
    ProfileId);
id!(/// An agent. The number decides ties (R9): a lower one goes first. Printed from 1.
    AgentId);
id!(/// A source of contacts, by its place in the scenario.
    SourceId);
id!(/// A path to service, by its place in the scenario.
    FlowId);
id!(/// A step of a flow; all flows' steps are numbered together.
    StepId);
id!(/// A service outside the center that flows call.
    ServiceId);
id!(/// A carrier: a group of telephone lines.
    CarrierId);
id!(/// Hours of operation.
    HoursId);
id!(/// Something that is the case at times.
    EventId);
id!(/// Routing criteria.
    CriteriaId);
id!(/// What an agent may be doing on shift instead of taking contacts: a break, a meeting.
    StateId);

/// A `Vec` that only its own kind of id can index.
///
/// ```
/// use waitline::{QueueId, Table};
/// let names: Table<QueueId, &str> = ["sales", "support"].into_iter().collect();
/// assert_eq!(names[QueueId(1)], "support");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Table<I, T> {
    rows: Vec<T>,
    id: PhantomData<fn(I)>,
}

impl<I: Id, T> Table<I, T> {
    /// An empty table.
    pub const fn new() -> Self {
        Table { rows: Vec::new(), id: PhantomData }
    }

    /// Adds a row and gives its id.
    pub fn push(&mut self, row: T) -> I {
        self.rows.push(row);
        I::from_index(self.rows.len() - 1)
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row, if there is one of that id.
    pub fn get(&self, id: I) -> Option<&T> {
        self.rows.get(id.index())
    }

    /// All rows in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// All rows in order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.rows.iter_mut()
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.rows.len()).map(I::from_index)
    }

    /// All rows with their ids, in order.
    pub fn enumerate(&self) -> impl Iterator<Item = (I, &T)> {
        self.rows.iter().enumerate().map(|(index, row)| (I::from_index(index), row))
    }
}

impl<I: Id, T> Default for Table<I, T> {
    fn default() -> Self {
        Table::new()
    }
}

impl<I, T: fmt::Debug> fmt::Debug for Table<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rows).finish()
    }
}

impl<I: Id, T> std::ops::Index<I> for Table<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.rows[id.index()]
    }
}

impl<I: Id, T> std::ops::IndexMut<I> for Table<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.rows[id.index()]
    }
}

impl<'a, I: Id, T> IntoIterator for &'a mut Table<I, T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<I: Id, T> FromIterator<T> for Table<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(rows: It) -> Self {
        Table { rows: rows.into_iter().collect(), id: PhantomData }
    }
}

impl<'a, I: Id, T> IntoIterator for &'a Table<I, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
