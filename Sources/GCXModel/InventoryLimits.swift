/// Bounds on what an inventory may claim, so that a damaged document cannot cost memory.
package enum InventoryLimits {
    /// The kernel's own ceiling is 8192 CPUs; eight times that leaves room and still fits a set of 64 KiB.
    package static let puIndexMax = 65_535
}
