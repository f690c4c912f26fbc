/** Called around each step of decoding; what is read in one is a batch of rows at most. */
export interface Pace {
  before(step: number): Promise<void> | undefined;
  after(step: number): Promise<void> | undefined;
}

/** Does one step after the other, each when whoever keeps the pace lets it. */
export function inSteps(pace: Pace | undefined): <T>(act: () => Promise<T>) => Promise<T> {
  let steps = 0;
  return async (act) => {
    const step = steps++;
    await pace?.before(step);
    const result = await act();
    await pace?.after(step);
    return result;
  };
}
