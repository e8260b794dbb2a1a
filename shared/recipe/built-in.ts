/** What a recipe gets where neither it nor `defaults` says otherwise, as one would write it in the file. */
export const BUILT_IN = {
  timezone: "UTC",
  prepare: { stop_server: false, stop_timeout: "10m", allow_live: false },
  image: {
    name: "${{ recipe }}-${{ date }}-${{ short_id }}",
    /** As Cinder and openstackclient have it; every cloud can boot it, and encrypted volumes allow no other. */
    disk_format: "raw",
    visibility: "private",
    protected: false,
  },
  /** If the newest and its twin are bad, one remains. */
  keep: 3,
  /** Friday's image is found bad on Monday. */
  cooling_off: "72h",
  /** The usual hour fails on big disks, and no limit hides a stuck run. */
  deadline: "6h",
  /** A normal run deletes one: more is a mistake. */
  max_deletes: 5,
  /** A nightly recipe that has failed for most of a week does not get well by itself. */
  pause_after_failures: 5,
  /** The image service says at once whether an image is good; clouds that report failures late need more. */
  settle: "0s",
  promote: "auto",
  /** Over a weekend, so that Friday's image can be approved on Sunday at least. */
  approve_within: "2d",
  /** A cloud that is busy takes minutes for a server, and a guest for its first boot. */
  test_boot_timeout: "10m",
  if_running: "join",
} as const;

/** Long enough for Sysprep or a backup of a database, short enough for a night. */
export const HOOK_TIMEOUT = "30m";

/** An hour apart, a captured delivery that is sent again and again costs at most 24 images a day. */
export const WEBHOOK_MIN_GAP = "1h";
