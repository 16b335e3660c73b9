import Foundation

/// What this process uses of the machine, read from `/proc`; zeros where there is no such folder.
struct ProcessUsage {
    /// Memory in use, in bytes.
    var residentBytes = 0
    /// Processor time since the start, user and system together, in seconds.
    var cpuSeconds = 0.0
    /// Open files and sockets.
    var openFiles = 0

    /// Reads the present state.
    init() {
        let page = 4096
        if let memory = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) {
            let fields = memory.split(separator: " ")
            if fields.count > 1, let pages = Int(fields[1]) { residentBytes = pages * page }
        }
        if let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        {
            // proc(5): utime and stime are fields 14 and 15, in ticks of a hundredth of a second; field 3 follows the
            // name, which may itself hold spaces.
            let fields = stat[stat.index(after: name)...].split(separator: " ")
            if fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) {
                cpuSeconds = (user + system) / 100
            }
        }
        openFiles = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }
}
