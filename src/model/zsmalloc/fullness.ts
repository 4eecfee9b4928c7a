/**
 * How zspages of a class are sorted by objects in use, and which list an allocation looks at first.
 * Group 0 is "no object in use"; the last group is "all in use" and is never allocated from.
 */
export interface FullnessRule {
  readonly id: 'four-groups' | 'twelve-groups';
  readonly groups: number;
  /** The group of a zspage with so many of its objects in use. */
  readonly groupOf: (inUse: number, objects: number) => number;
  /** Groups in the order in which an allocation tries them. */
  readonly allocationOrder: readonly number[];
  /** Where compaction takes objects from, and where it puts them. */
  readonly sourceOrder: readonly number[];
  readonly destinationOrder: readonly number[];
  /** A zspage with fewer objects in use than the list's head goes behind it, else in front. */
  readonly insertsBehindFullerHead: boolean;
}

/** Up to 6.2 (mm/zsmalloc.c get_fullness_group of 6.1): empty, almost empty to 3/4, almost full, full. */
export const FOUR_GROUPS: FullnessRule = {
  id: 'four-groups',
  groups: 4,
  groupOf: (inUse, objects) => {
    if (inUse === 0) return 0;
    if (inUse === objects) return 3;
    return inUse <= Math.floor((3 * objects) / 4) ? 1 : 2;
  },
  allocationOrder: [2, 1, 0],
  sourceOrder: [1, 2],
  destinationOrder: [2, 1],
  insertsBehindFullerHead: true,
};

/** 6.3 and newer (get_fullness_group of 6.12): a group for every ten per cent. */
export const TWELVE_GROUPS: FullnessRule = {
  id: 'twelve-groups',
  groups: 12,
  groupOf: (inUse, objects) => {
    if (inUse === 0) return 0;
    if (inUse === objects) return 11;
    return Math.floor(Math.floor((100 * inUse) / objects) / 10) + 1;
  },
  allocationOrder: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  sourceOrder: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  destinationOrder: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
  insertsBehindFullerHead: false,
};

/** The rule of an id. */
export function fullnessById(id: FullnessRule['id']): FullnessRule {
  return id === FOUR_GROUPS.id ? FOUR_GROUPS : TWELVE_GROUPS;
}
