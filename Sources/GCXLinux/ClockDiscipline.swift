import CLinux

/// Whether somebody keeps the wall clock right.
package enum ClockDiscipline {
    /// What the kernel was told by whoever sets its clock; nil where it does not say.
    ///
    /// Source: adjtimex(2), STA_UNSYNC. Cost: a system call; it changes nothing.
    package static var isSynchronised: Bool? {
        switch gcx_clock_unsynchronised() {
        case 0: true
        case 1: false
        default: nil
        }
    }
}
