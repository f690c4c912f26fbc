/** Called around each step of decoding; what is read in one is a batch of rows at most. */
export interface Pace {
  before(step: number): Promise<void> | undefined;
  after(step: number): Promise<void> | undefined;
}
