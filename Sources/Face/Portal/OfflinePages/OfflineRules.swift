/// How long forms stay on a device, and what comes back from it.
enum OfflineRules {
    /// A form that was taken along and not begun leaves the device after so long [ours].
    static let keptHours = 72
    /// What was answered longer ago than this is dated on the day it arrives: the clock of a device may be wrong [ours].
    static let answeredDaysMax = 31
    /// Tasks that are offered to be taken along [ours].
    static let offeredMax = 100
}
