/** The class that colours a run's mark: its place in the palette, or grey for one that is not drawn. */

export const tone = (place: number) => (place < 0 ? "rest" : `c${place % 10}`);
