/**
 * How summaries that belong together are found: "k-means" in clusters of about the same size, "hdbscan" wherever they lie close, as many as
 * there are, with one more cluster of those that lie close to nothing.
 */
export const CLUSTERINGS = ["k-means", "hdbscan"] as const;
export type Clustering = (typeof CLUSTERINGS)[number];
