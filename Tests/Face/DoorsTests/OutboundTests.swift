import Doors
import Edge
import Testing

@Suite("Where the server may send to")
struct OutboundTests {
    @Test(
        "Addresses that are not of the public internet are closed",
        arguments: [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
            "0.0.0.0", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
            "fd12::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1",
            "2002:0a00:0001::1", "2002:7f00:1::", "::10.0.0.1",
        ])
    func closed(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(!OutboundRules().permits(address))
    }

    @Test(
        "Addresses of the public internet are open",
        arguments: ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2400:3200::1", "64:ff9b::808:808", "2002:808:808::1"])
    func open(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(OutboundRules().permits(address))
    }

    @Test("What the operator opens is open")
    func opened() throws {
        let rules = OutboundRules(allowed: [try AddressRange("10.1.0.0/16")])
        #expect(rules.permits(try #require(NetworkAddress("10.1.2.3"))))
        #expect(!rules.permits(try #require(NetworkAddress("10.2.0.1"))))
    }

    @Test(
        "An endpoint is refused by its text",
        arguments: [
            "", "receiver.example", "http://receiver.example/", "ftp://receiver.example/", "https://",
            "https://user@receiver.example/", "https://receiver.example/#x", "https://127.0.0.1/", "https://[::1]/",
            "http://localhost/", "https://2130706433.example@10.0.0.1/",
        ])
    func refused(endpoint: String) throws {
        #expect(try OutboundDoor(rules: OutboundRules()).fault(of: endpoint) != nil)
    }

    @Test("An endpoint of the public internet is taken, and this machine where the operator opens it")
    func taken() throws {
        #expect(try OutboundDoor(rules: OutboundRules()).fault(of: "https://receiver.example:8443/x?y=z") == nil)
        let own = OutboundRules(allowed: [try AddressRange("127.0.0.0/8")])
        #expect(try OutboundDoor(rules: own).fault(of: "http://127.0.0.1:9000/x") == nil)
        #expect(try OutboundDoor(rules: own).fault(of: "http://10.0.0.1:9000/x") != nil)
    }

    @Test(
        "A name is held against the rules by every address that it has", arguments: [["10.0.0.1"], ["8.8.8.8", "::1"]])
    func names(addresses: [String]) async throws {
        let door = try OutboundDoor(rules: OutboundRules()) { _ in addresses.compactMap { NetworkAddress($0) } }
        let result = await door.post([], to: "https://receiver.example/", fields: [])
        guard case .later(let reason, nil) = result else {
            Issue.record("It was sent: \(result)")
            return
        }
        #expect(reason.contains("has not opened"))
        await door.shutdown()
    }

    @Test("Secrets stand in no header; their names do")
    func headers() throws {
        let door = try OutboundDoor(rules: OutboundRules(secrets: ["BRAIN": "s3cret"]))
        #expect(door.fault(ofHeader: "Authorization", "Bearer {BRAIN}") == nil)
        #expect(door.fault(ofHeader: "X-City", "hangzhou") == nil)
        #expect(door.fault(ofHeader: "Authorization", "Bearer abc") != nil)
        #expect(door.fault(ofHeader: "X-Api-Key", "abc") != nil)
        #expect(door.fault(ofHeader: "Authorization", "Bearer {OTHER}") != nil)
        #expect(door.fault(ofHeader: "Host", "example.org") != nil)
        #expect(door.fault(ofHeader: "X-A", "b\r\nX-C: d") != nil)
        #expect(door.fault(ofHeader: "", "b") != nil)
    }
}
