import GCXHardware
import GCXModel
import Glibc

@testable import gcx_probe

extension FuzzEntry {
    /// An hwloc XML export of another machine, as `gcx-probe inventory --hwloc-xml` reads it: through hwloc itself.
    static let topology = FuzzEntry(name: "topology") { bytes in
        // hwloc writes to standard error what it thinks of an export.
        setenv("HWLOC_HIDE_ERRORS", "2", 1)
        var template = Array("/tmp/gcx-fuzz-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { return }
        unlink(template)
        defer { close(file) }
        guard write(file, bytes, bytes.count) == bytes.count else { return }
        guard let inventory = try? InventoryCollector.collect(.hwlocXML("/proc/self/fd/\(file)")) else { return }
        _ = InventoryTree.draw(inventory, width: 100, colour: false)
    } seeds: {
        [
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE topology SYSTEM "hwloc2.dtd">
            <topology version="2.0">
              <object type="Machine" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" allowed_cpuset="0x00000003" \
            nodeset="0x00000001" complete_nodeset="0x00000001" allowed_nodeset="0x00000001" gp_index="1">
                <info name="CPUModel" value="A processor"/>
                <object type="Package" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" \
            complete_nodeset="0x00000001" gp_index="2">
                  <object type="NUMANode" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" \
            complete_nodeset="0x00000001" gp_index="3" local_memory="4294967296"><page_type size="4096" count="1048576"/></object>
                  <object type="L3Cache" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" \
            complete_nodeset="0x00000001" gp_index="4" cache_size="33554432" depth="3" cache_linesize="64" \
            cache_associativity="16" cache_type="0">
                    <object type="Core" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001" \
            complete_nodeset="0x00000001" gp_index="5">
                      <object type="PU" os_index="0" cpuset="0x00000001" complete_cpuset="0x00000001" nodeset="0x00000001" \
            complete_nodeset="0x00000001" gp_index="6"/>
                      <object type="PU" os_index="1" cpuset="0x00000002" complete_cpuset="0x00000002" nodeset="0x00000001" \
            complete_nodeset="0x00000001" gp_index="7"/>
                    </object>
                  </object>
                </object>
                <object type="PCIDev" gp_index="8" pci_busid="0000:00:1f.2" pci_type="0106 [8086:1d02] [8086:7270] 06" \
            pci_link_speed="0.000000"/>
              </object>
            </topology>

            """
        ].map { Array($0.utf8) }
    }
}
